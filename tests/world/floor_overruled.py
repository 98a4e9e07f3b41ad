"""What may not happen against an operator's word: held orders stay, services rest, corrections count."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from world.audit import by_order
from world.decided import EFFECTS
from world.floor_trade import FloorTrade, Sold, is_of
from world.operator import World


def _created(world: World) -> int:
    truth = world.warehouse.truth()
    return sum(one["number"].startswith("O-") for one in (*truth["orders"], *truth["deletions"]))


def _taken_back(world: World) -> int:
    return sum(gone["by"] == "host" for gone in world.warehouse.truth()["deletions"])


PAUSED: Mapping[str, Callable[[World], int]] = {
    **{name: EFFECTS[name] for name in ("collect", "confirm", "adjust")},
    "release": _created,
    "amend": _taken_back,
}
"""What services that a person may pause do at the other end, as a number that grows."""


def overruled(trade: FloorTrade) -> Iterator[str]:
    """Every sentence in which something was done that the operator had ruled out."""
    for order, kept in trade.word.kept.items():
        if kept.until and kept.until <= datetime.now(UTC) + trade.later:
            continue
        if (creates := created(trade, order)) > kept.creates:
            yield f"{order}: a person holds it, and it went to the warehouse {creates - kept.creates} times"
    for service, before in trade.word.paused.items():
        if (after := PAUSED[service](trade.world)) != before:
            yield f"{service} is paused and went on: {after} now, {before} before"
    for sold in trade.orders:
        yield from _uncorrected(trade, sold)


def created(trade: FloorTrade, order: int) -> int:
    """How often an order of the cart, or a part of it, came to the warehouse: each time it stands there, or is gone."""
    truth, number = trade.world.warehouse.truth(), next(sold.number for sold in trade.orders if sold.id == order)
    return sum(is_of(one["number"], (number,)) for one in (*truth["orders"], *truth["deletions"]))


def taken_back(trade: FloorTrade, number: str) -> int:
    """How often we had the warehouse forget an order, or a part of it."""
    gone = trade.world.warehouse.truth()["deletions"]
    return sum(one["by"] == "host" and is_of(one["number"], (number,)) for one in gone)


def _uncorrected(trade: FloorTrade, sold: Sold) -> Iterator[str]:
    """What goes out after a correction has the corrected address."""
    wish = trade.word.corrected.get(sold.id)
    if wish is None or created(trade, sold.id) <= wish.creates:
        return
    if wish.told and taken_back(trade, sold.number) <= wish.deletions:
        return
    for number in by_order(trade.ours()).get(str(sold.id), {}):
        try:
            document = str(trade.world.warehouse.document(number))
        except OSError:  # our look has no better network than others have
            continue
        if wish.address not in document:
            yield f"{number} went to another address than {wish.address}, which a person had corrected: {document}"


def cancelled_by_us(told: Mapping[str, Any]) -> Counter[str]:
    """Units by line that the cart cancelled because we asked."""
    units: Counter[str] = Counter()
    for entry in told["adjustments"]:
        if entry["source"] == "Api":
            units[str(entry["line"])] += entry["units"]
    return units


def cancelled_too_much(trade: FloorTrade, sold: Sold, told: Mapping[str, Any]) -> Iterator[str]:
    """What people gave up is cancelled, where that is wanted, and nothing else."""
    for line, units in cancelled_by_us(told).items():
        most = sum(lost for (_, _, of), lost in trade.given_up.items() if of == line)
        if units > (most if trade.way.short_picks != "wait" else 0):
            yield f"{sold.number}/{line}: {units} were cancelled by us, {most} were given up"
