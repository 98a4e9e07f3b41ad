"""Whether a stock change happened, told from what the cart held before and holds after: a pure decision."""

from enum import StrEnum

from crossdock.domain import StockChange, StockReading


class Happened(StrEnum):
    """What two readings say of a change: it happened, it did not, or nobody can tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def happened(change: StockChange, after: StockReading) -> Happened:
    """Compare `change.before` with a reading made after the attempt.

    Only a cart where nothing else moved can tell: as soon as what is promised to buyers differs, or one centre moved
    otherwise than by the change, a sale or a person may have made the difference.
    """
    before = change.before
    if before is None or after.refusal or after.item.product_id != before.item.product_id:
        return Happened.UNKNOWN
    moved = {
        center: after.at(center) - before.at(center) for center in _centers(before) | _centers(after) | _wanted(change)
    }
    if after.reserved != before.reserved:
        return Happened.UNKNOWN
    if not any(moved.values()):
        return Happened.NO if any(_differences(change).values()) else Happened.YES
    wanted = _differences(change)
    return Happened.YES if all(moved[center] == wanted.get(center, 0) for center in moved) else Happened.UNKNOWN


def both_numbers(change: StockChange, after: StockReading) -> str:
    """What was read before and after, and what was to happen, in a sentence for a person."""
    before = change.before
    wanted = ", ".join(f"{quantity:+d} at centre {center}" for center, quantity in _differences(change).items())
    centers = sorted(_wanted(change))
    then = ", ".join(f"{before.at(center)} at {center}" for center in centers) if before else "not known"
    now = after.refusal or ", ".join(f"{after.at(center)} at {center}" for center in centers)
    promised = f"; promised to buyers {before.reserved} before, {after.reserved} now" if before else ""
    return f"{change.item.sku}: {wanted}. Before it was sent the cart held {then}, now {now}{promised}"


def _differences(change: StockChange) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in change.centers:
        sums[one.distribution_center] = sums.get(one.distribution_center, 0) + one.quantity
    return sums


def _wanted(change: StockChange) -> set[str]:
    return {one.distribution_center for one in change.centers}


def _centers(reading: StockReading) -> set[str]:
    return {one.distribution_center for one in reading.available}
