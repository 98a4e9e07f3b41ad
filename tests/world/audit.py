"""The auditor: what must be true at both ends once everything has settled, whatever went wrong on the way."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from world.operator import World
from world.sales import BUNDLES

READY_CHECKOUT = ("Completed", "CompletedAndVisited", "CompletedOffline")


def disagreements(world: World) -> list[str]:
    """Every sentence in which cart and warehouse do not agree; none when each effect happened exactly once."""
    cart, requests = world.cart.truth()["orders"], by_order(world.warehouse.orders())
    stray = sorted(requests.keys() - cart.keys())
    found = [f"the warehouse has orders {stray} that nobody sold"] if stray else []
    for order_id, told in cart.items():
        found += _disagreements(told, requests.get(order_id, {}))
    return found


def by_order(orders: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The warehouse's orders by the order of the cart that they are (a part of)."""
    parts: dict[str, dict[str, Any]] = {}
    for number, order in orders.items():
        _, order_id, _ = order["key"].split(":")
        parts.setdefault(order_id, {})[number] = order
    return parts


def _disagreements(told: dict[str, Any], requests: dict[str, Any]) -> Iterator[str]:
    number = told["number"]
    yield from _taken_once(number, told, requests)
    picked, requested = units(told, requests, "picked"), units(told, requests, "requested")
    if _is_all_ours(told):
        ordered = {line: row["ordered"] for line, row in told["lines"].items()}
        if requested != ordered:
            yield f"{number}: {ordered} were ordered, the warehouse was asked for {requested}"
    shipped: Counter[str] = Counter()
    for ship in told["ships"]:
        shipped.update(ship["items"])
    if +shipped != picked:
        yield f"{number}: whole units packed {dict(picked)}, confirmed {dict(shipped)}"
    yield from _boxes_told_once(number, told, requests)


def _taken_once(number: str, told: dict[str, Any], requests: dict[str, Any]) -> Iterator[str]:
    for part, order in requests.items():
        if order["creates"] != 1:
            yield f"{part}: created {order['creates']} times in the warehouse"
    if bool(requests) != bool(told["export_calls"]):
        yield f"{number}: {len(requests)} orders in the warehouse, marked as taken {told['export_calls']}"


def _boxes_told_once(number: str, told: dict[str, Any], requests: dict[str, Any]) -> Iterator[str]:
    boxes = {box["tracking_number"] for order in requests.values() for box in order["boxes"]}
    confirmed = Counter(ship["tracking"] for ship in told["ships"])
    if twice := [tracking for tracking, times in confirmed.items() if times > 1]:
        yield f"{number}: boxes {twice} were confirmed more than once"
    if unknown := confirmed.keys() - boxes:
        yield f"{number}: boxes {sorted(unknown)} were confirmed and never packed"
    if _every_box_counts(told, requests) and (silent := boxes - confirmed.keys()):
        yield f"{number}: boxes {sorted(silent)} were packed and never confirmed"


def _every_box_counts(told: dict[str, Any], requests: dict[str, Any]) -> bool:
    """Whether no box can be without a whole unit that was asked for: no bundles, nothing picked beyond the order."""
    bundles = any(row["sku"] in BUNDLES for row in told["lines"].values())
    over = any(line["picked"] > line["requested"] for order in requests.values() for line in order["lines"])
    return not bundles and not over


def _is_all_ours(told: dict[str, Any]) -> bool:
    """Whether every piece is the seller's to ship, and may be shipped."""
    ready = told["payment"] == "Cleared" and told["checkout"] in READY_CHECKOUT and told["shipping"] != "Canceled"
    return ready and told["rollup"] == "SellerManaged"


def units(told: dict[str, Any], requests: dict[str, Any], what: str) -> Counter[str]:
    """Whole units per order line that the pieces of a kind make, centre by centre, no more than was asked for."""
    units: Counter[str] = Counter()
    for order in requests.values():
        pieces = {line["host_id"]: min(line[what], line["requested"]) for line in order["lines"]}
        units.update({line: _whole(line, row["sku"], pieces) for line, row in told["lines"].items()})
    return +units


def _whole(line: str, sku: str, pieces: Mapping[str, int]) -> int:
    if sku not in BUNDLES:
        return pieces.get(line, 0)
    parts = enumerate(BUNDLES[sku], start=1)
    return min(pieces.get(f"{line}.{position}", 0) // part.quantity for position, part in parts)
