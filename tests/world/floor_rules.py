"""What must be true of a trade over a warehouse with stock: at every moment, and once everything has settled."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from world.audit import by_order, units
from world.conservation import stock_as_asked
from world.floor_operator import still_ruled_out
from world.floor_overruled import cancelled_by_us, cancelled_too_much, overruled
from world.floor_trade import GOODS, FloorTrade, Sold, is_of
from world.floor_ways import AREAS
from world.stock_books import lost_or_invented, not_the_sum

NAMED = {
    "adjust_refused",
    "changed_after_release",
    "confirm_refused",
    "over_picked",
    "release_refused",
    "reversed_after_confirm",
    "short_pick",
    "unknown_shipment",
    "unshippable_order",
    "withdraw_refused",
}
"""Problems that this trade may lead to; every other one is a fault of ours."""
TOLD_TOO_MUCH = ("reversed_after_confirm",)
"""Of these orders a person knows that the cart was told of more than stands in the warehouse."""
OF_SHORT_PICKS = ("short_pick", "adjust_refused")
CHANGED = ("changed_after_release", "unshippable_order", "withdraw_refused")
STOPPED = (*TOLD_TOO_MUCH, *CHANGED, "confirm_refused", "release_refused")
"""Problems for which something of an order may be left open."""

Requests = Mapping[str, dict[str, Any]]
"""The orders of the warehouse that are (a part of) one order of the cart, by number."""


def broken(trade: FloorTrade) -> list[str]:
    """Every sentence in which a promise is broken at this very moment."""
    warehouse = trade.world.warehouse.truth()
    ours = [order for order in warehouse["orders"] if order["key"]]
    cart, requests = trade.world.cart.truth()["orders"], by_order({order["number"]: order for order in ours})
    found = [*not_the_sum(trade.world), *_twice(ours), *_created_too_often(trade, warehouse)]
    for order in trade.orders:
        found += _of_order(trade, order, cart[str(order.id)], requests.get(str(order.id), {}))
        found += cancelled_too_much(trade, order, cart[str(order.id)])
    return [*found, *overruled(trade), *_unmapped_in_silence(trade), *stock_as_asked(trade.world, GOODS)]


def _twice(ours: list[dict[str, Any]]) -> Iterator[str]:
    keys = Counter(order["key"] for order in ours)
    yield from (f"{key} is {times} times in the warehouse" for key, times in keys.items() if times > 1)


def _created_too_often(trade: FloorTrade, warehouse: Mapping[str, Any]) -> Iterator[str]:
    """An order is created anew when we took it back; one that people deleted only if somebody asked for it again."""
    by_host = Counter(gone["number"] for gone in warehouse["deletions"] if gone["by"] == "host")
    by_people = Counter(gone["number"] for gone in warehouse["deletions"] if gone["by"] == "person")
    asked = tuple(order.number for order in trade.orders if order.id in trade.asked)
    for order in warehouse["orders"]:
        number = order["number"]
        most = 1 + by_host[number] + (by_people[number] if is_of(number, asked) else 0)
        if order["creates"] > most:
            yield f"{number} was created {order['creates']} times, and {most} times at most it should have been"


def _unmapped_in_silence(trade: FloorTrade) -> Iterator[str]:
    named = {row["subject"] for row in trade.world.books.problems().get("unmapped_area", ())}
    for row in trade.world.books.movements():
        if row["state"] == "unmapped" and not named & {row["from_area"], row["to_area"]}:
            yield f"movement {row['external_id']} waits for an area, and nobody is told"


def _of_order(trade: FloorTrade, order: Sold, told: dict[str, Any], requests: Requests) -> Iterator[str]:
    shipped, reported = _shipped(told), units(told, _ever(trade, order), "reported")
    requested = units(told, dict(requests), "requested")
    for line, row in told["lines"].items():
        if requested[line] > trade.most[line]:
            yield f"{order.number}/{line}: the warehouse was asked for {requested[line]}, of {trade.most[line]}"
        if shipped[line] > min(reported[line], trade.most[line]):
            yield f"{order.number}/{line}: {reported[line]} were ever packed, the cart was told of {shipped[line]}"
        if row["ordered"] != row["shipped"] + row["cancelled"] + row["open"]:
            yield f"{order.number}/{line}: units were lost or made at the cart: {row}"
    keys = Counter(ship["seller_fulfillment_id"] for ship in told["ships"])
    yield from (f"{order.number}: shipment {key} was told {times} times" for key, times in keys.items() if times > 1)


def _ever(trade: FloorTrade, order: Sold) -> dict[str, Any]:
    """All that was ever packed (or picked) of an order, as if it stood there."""
    numbers: dict[str, list[dict[str, Any]]] = {}
    for (number, line), pieces in trade.reported.items():
        if is_of(number, (order.number,)):
            numbers.setdefault(number, []).append({"host_id": line, "reported": pieces, "requested": pieces})
    return {number: {"lines": lines} for number, lines in numbers.items()}


def _shipped(told: Mapping[str, Any]) -> Counter[str]:
    shipped: Counter[str] = Counter()
    for ship in told["ships"]:
        shipped.update(ship["items"])
    return shipped


def unsettled(trade: FloorTrade) -> list[str]:
    """Every sentence in which something is open, or ended otherwise than it should, after all has settled."""
    world, told_of = trade.world, _Told.read(trade)
    cart = world.cart.truth()["orders"]
    requests = by_order({number: order for number, order in world.warehouse.orders().items() if order["key"]})
    open_now = [(kind, key, state) for kind, key, state in world.books.unfinished() if state not in ENDED]
    found = [f"{kind} {key} is still {state}" for kind, key, state in open_now]
    found += told_of.strange()
    for order in trade.orders:
        found += _ended(trade, order, cart[str(order.id)], requests.get(str(order.id), {}), told_of)
    states = Counter(row["state"] for row in world.books.movements())
    found += [f"{n} movements are {state}" for state, n in states.items() if state not in ("planned", "nothing")]
    return [*found, *still_ruled_out(trade), *lost_or_invented(world, GOODS, AREAS)]


ENDED = ("rejected", "withdrawn")


@dataclass(frozen=True)
class _Told:
    """What a person would read."""

    problems: Mapping[str, Collection[str]]
    states: Mapping[str, str]
    deleted: Collection[str]

    @classmethod
    def read(cls, trade: FloorTrade) -> "_Told":
        """The open problems, the states of orders, and what people deleted in the warehouse."""
        books = trade.world.books
        problems = {code: {row["subject"] for row in rows} for code, rows in books.problems().items()}
        deletions = trade.world.warehouse.truth()["deletions"]
        deleted = {gone["number"] for gone in deletions if gone["by"] == "person"}
        return cls(problems, books.states(), deleted)

    def about(self, number: str, *codes: str) -> bool:
        """Whether a problem of one of these kinds names an order or a part of it."""
        return any(is_of(subject, (number,)) for code in codes for subject in self.problems.get(code, ()))

    def strange(self) -> Iterator[str]:
        """Problems that should not be."""
        yield from (f"{code}: {sorted(subjects)}" for code, subjects in self.problems.items() if code not in NAMED)
        for number in self.problems.get("short_pick", ()):
            if not self.about(number, *CHANGED):
                yield f"{number}: a person did what the problem says, and it is open"


def _ended(trade: FloorTrade, order: Sold, told: dict[str, Any], requests: Requests, told_of: _Told) -> Iterator[str]:
    """What the cart wants is packed and told, or a person keeps the order, or a problem names it."""
    number, state = order.number, told_of.states.get(str(order.id), "unknown")
    shipped, done = _shipped(told), units(told, dict(requests), trade.way.reports)
    refused, too_much = told_of.about(number, "confirm_refused"), told_of.about(number, *TOLD_TOO_MUCH)
    came_after_all = cancelled_by_us(told) and told_of.about(number, "over_picked")
    if not refused and not came_after_all and (done - shipped or (shipped != done and not too_much)):
        yield f"{number}: {dict(done)} left the warehouse, the cart was told of {dict(shipped)}"
    over = any(is_of(one, (number,)) for one in trade.over)
    if told_of.about(number, "over_picked") and not over and not too_much and not came_after_all:
        yield f"{number}: no more was picked than was asked for, and a problem says otherwise"
    if order.id not in trade.asked and (refused or told_of.about(number, *CHANGED)):
        yield f"{number}: nobody changed it, and a problem says otherwise"
    if state == "held" and requests and not told_of.about(number, *STOPPED):
        yield f"{number} is held here, and the warehouse has {sorted(requests)}"
    if state in ("held", "skipped") or any(is_of(gone, (number,)) for gone in told_of.deleted):
        return
    left = {line: row["open"] for line, row in told["lines"].items() if row["open"]}
    picked_short = any(row["picked"] < row["requested"] for one in requests.values() for row in one["lines"])
    waits = picked_short and (trade.way.short_picks == "wait" or told_of.about(number, *OF_SHORT_PICKS))
    if left and not waits and told["checkout"] != "Disabled" and not told_of.about(number, *STOPPED):
        yield f"{number}: {left} neither left nor were cancelled, and nobody is told; it is {state}"
    requested = units(told, dict(requests), "requested")
    wanted = Counter({line: row["ordered"] - row["cancelled"] for line, row in told["lines"].items()})
    as_cancelled = wanted + cancelled_by_us(told)
    fits = all(requested[line] in (wanted[line], as_cancelled[line]) for line in as_cancelled | requested)
    if not fits and not told_of.about(number, *STOPPED):
        yield f"{number}: the cart wants {dict(+wanted)}, the warehouse has {dict(requested)}, and nobody is told"
