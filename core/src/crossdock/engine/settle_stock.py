"""Whether a stock change happened, told from what the cart held before and holds after: a pure decision."""

from datetime import datetime, timedelta
from enum import StrEnum

from crossdock.domain import StockChange, StockReading

TELLS_FOR = timedelta(hours=1)
"""How long a reading can be compared: later, what was sold meanwhile may have left the house, too."""


class Happened(StrEnum):
    """What two readings say of a change: it happened, it did not, or nobody can tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def happened(change: StockChange, after: StockReading, now: datetime) -> Happened:
    """Compare `change.before` with a reading made now, after the attempt.

    YES and NO are right as long as whatever else moves a level meanwhile also moves what is promised to buyers, as a
    sale does, or moves some centre by another number than the change. Two things deceive it: pieces that are sold while
    as many others leave the house or are not wanted any more, and somebody else who makes the very same change, or
    undoes it. Both take time, so readings that are further apart than `TELLS_FOR` tell nothing.
    """
    before = change.before
    if before is None or change.read_at is None or now - change.read_at > TELLS_FOR:
        return Happened.UNKNOWN
    if after.refusal or after.item.product_id != before.item.product_id or after.reserved != before.reserved:
        return Happened.UNKNOWN
    wanted = _differences(change)
    moved = {center: after.at(center) - before.at(center) for center in _centers(before) | _centers(after) | {*wanted}}
    if all(moved[center] == wanted.get(center, 0) for center in moved):
        return Happened.YES
    return Happened.UNKNOWN if any(moved.values()) else Happened.NO


def both_numbers(change: StockChange, after: StockReading) -> str:
    """What was read before and after, and what was to happen, in a sentence for a person."""
    before = change.before
    wanted = ", ".join(f"{quantity:+d} at centre {center}" for center, quantity in _differences(change).items())
    then = f" at {change.read_at:%Y-%m-%d %H:%M} UTC" if change.read_at else ""
    promised = f"; promised to buyers {before.reserved} before, {after.reserved} now" if before else ""
    held = _listed(change, before) if before else "what nobody read"
    now = _listed(change, after)
    return f"{change.item.sku}: {wanted}. Before it was sent{then}, the cart held {held}, now {now}{promised}"


def _listed(change: StockChange, reading: StockReading) -> str:
    centers = sorted({one.distribution_center for one in change.centers})
    return reading.refusal or ", ".join(f"{reading.at(center)} at {center}" for center in centers)


def _differences(change: StockChange) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in change.centers:
        sums[one.distribution_center] = sums.get(one.distribution_center, 0) + one.quantity
    return sums


def _centers(reading: StockReading) -> set[str]:
    return {one.distribution_center for one in reading.available}
