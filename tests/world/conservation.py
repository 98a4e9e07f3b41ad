"""What must be true of a trade: at every moment, and once everything has settled."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from crossdock.domain import StockChange, StockMeaning
from world.audit import by_order, units
from world.decided import overruled
from world.ends import UPDATE_TYPES
from world.operator import World
from world.trade import SKUS, Trade

Updates = Counter[tuple[str, int, str, int]]
"""How often a SKU, a centre, an update type and a number came together."""

TYPE_OF = {
    StockMeaning.DIFFERENCE: "Relative",
    StockMeaning.SELLABLE: "Absolute",
    StockMeaning.ON_HAND: "UnShipped",
}
NAMED = {
    "adjust_refused",
    "changed_after_release",
    "confirm_refused",
    "marketplace_refused",
    "marketplace_silent",
    "over_picked",
    "stock_refused",
    "unfetchable_order",
    "unshippable_order",
}
"""Problems that this trade may lead to; every other one is a fault of ours."""
HOLDS = ("adjust_refused", "marketplace_refused", "marketplace_silent", "unshippable_order")
"""Problems for which an order may wait for a person."""


def broken(trade: Trade) -> list[str]:
    """Every sentence in which a promise of the trade is broken at this very moment."""
    cart, requests = trade.world.cart.truth()["orders"], by_order(trade.world.warehouse.orders())
    found = [f"order {order}, which is not ours to ship, reached the warehouse" for order in _strays(trade, requests)]
    for order_id, told in cart.items():
        if int(order_id) in trade.strangers:
            found += _touched(told)
        else:
            found += _of_order(told, requests.get(order_id, {}))
    found += _asked_once(trade, cart)
    found += overruled(trade, cart, requests)
    return found + list(stock_as_asked(trade.world, SKUS))


def _strays(trade: Trade, requests: dict[str, Any]) -> list[str]:
    return sorted(requests.keys() - {str(order) for order in trade.orders})


def _touched(told: dict[str, Any]) -> Iterator[str]:
    if told["export_calls"] or told["ships"] or told["adjustments"]:
        yield f"{told['number']} is not ours, and was marked, shipped or adjusted: {told}"


def _of_order(told: dict[str, Any], requests: dict[str, Any]) -> Iterator[str]:
    number = told["number"]
    for part, order in requests.items():
        if order["creates"] != 1:
            yield f"{part}: created {order['creates']} times in the warehouse"
    picked, requested = units(told, requests, "picked"), units(told, requests, "requested")
    shipped: Counter[str] = Counter()
    for ship in told["ships"]:
        shipped.update(ship["items"])
    for line, row in told["lines"].items():
        if requested[line] > row["ordered"]:
            yield f"{number}/{line}: {row['ordered']} were ordered, the warehouse was asked for {requested[line]}"
        if shipped[line] > picked[line]:
            yield f"{number}/{line}: {picked[line]} were packed, the cart was told of {shipped[line]}"
        if told["rollup"] == "SellerManaged" and row["ordered"] != row["shipped"] + row["cancelled"] + row["open"]:
            yield f"{number}/{line}: units were lost or made: {row}"
    twice = [tracking for tracking, times in Counter(ship["tracking"] for ship in told["ships"]).items() if times > 1]
    if twice:
        yield f"{number}: boxes {twice} were confirmed more than once"


def _asked_once(trade: Trade, cart: dict[str, Any]) -> Iterator[str]:
    """Each cancellation and refund of ours once, and of no more units than were asked for."""
    for told in cart.values():
        ours = [entry for entry in told["adjustments"] if entry["source"] == "Api"]
        times = Counter((entry["seller_id"], entry["line"], entry["kind"]) for entry in ours)
        yield from (f"{told['number']}: {key} happened {number} times" for key, number in times.items() if number > 1)
        for entry in ours:
            if entry["seller_id"] not in trade.asked:
                yield f"{told['number']}: nobody asked for {entry}"
            elif (most := trade.asked[entry["seller_id"]]) is not None and entry["units"] > most:
                yield f"{told['number']}: {most} units were to be adjusted: {entry}"


def stock_as_asked(world: World, skus: Sequence[str]) -> Iterator[str]:
    """No difference twice, none that nobody asked for, what is done is there, and the levels are what came of it."""
    shelves = {sku: world.cart.ask(f"/_truth/stock?sku={sku}&profile=12345678") for sku in skus}
    there = Updates()
    for sku, told in shelves.items():
        [shelf] = told["products"].values()
        there.update(_updates(sku, shelf))
        yield from _chain(sku, shelf)
    asked, done = _promised(world, ("done",), other_states=True), _promised(world, ("done",))
    for update, times in there.items():
        if times > asked[update] and update[2] == "Relative":
            yield f"{update} came {times} times and was asked for {asked[update]} times"
        if not asked[update]:
            yield f"{update} came and nobody asked for it"
    yield from (f"{update} is done {n} times and came {there[update]} times" for update, n in (done - there).items())


def _updates(sku: str, shelf: dict[str, Any]) -> Updates:
    lines = [line for line in shelf["ledger"] if line["cause"] in UPDATE_TYPES]
    return Counter((sku, line["center"], line["cause"], line["quantity"]) for line in lines)


def _chain(sku: str, shelf: dict[str, Any]) -> Iterator[str]:
    """The ledger of each centre leads to its level."""
    for center, level in shelf["centers"].items():
        lines = [line for line in shelf["ledger"] if str(line["center"]) == center]
        for before, after in pairwise(lines):
            if before["after"] != after["before"]:
                yield f"{sku} at {center}: the ledger does not follow: {before} then {after}"
        if lines and lines[-1]["after"] != level["available"]:
            yield f"{sku} at {center}: the ledger ends with {lines[-1]} and the level is {level}"


def _promised(world: World, states: tuple[str, ...], *, other_states: bool = False) -> Updates:
    rows = world.books.promises("stock")
    wanted = [row for row in rows if other_states or row["state"] in states]
    changes = [StockChange.model_validate_json(row["document"]) for row in wanted]
    return Updates(
        (one.item.sku, int(entry.distribution_center), TYPE_OF[one.meaning], entry.quantity)
        for one in changes
        for entry in one.centers
    )


def unsettled(trade: Trade) -> list[str]:
    """Every sentence in which something is still open, or ended otherwise than it should, after all has settled."""
    world, told_of = trade.world, _Told.read(trade)
    cart, requests = world.cart.truth()["orders"], by_order(world.warehouse.orders())
    found = [f"{kind} {key} is still {state}" for kind, key, state in world.books.unfinished() if state != "rejected"]
    found += told_of.strange()
    for order in trade.orders:
        found += _ended(cart[str(order)], requests.get(str(order), {}), told_of, str(order))
    found += [f"{sku} is not the same in both accounts" for sku in trade.edited if not _same_title(trade, sku)]
    return [*broken(trade), *found]


@dataclass(frozen=True)
class _Told:
    """What people are told (`open` to them still, or at any time), and what our books say."""

    open: Mapping[str, Collection[str]]
    problems: Mapping[str, Collection[str]]
    states: Mapping[str, str]
    refused: Collection[tuple[str, str]]
    by_claims: bool

    @classmethod
    def read(cls, trade: Trade) -> "_Told":
        """The problems that are open or that a person closed, the states of orders, and what was refused."""
        books = trade.world.books
        still = {code: {row["subject"] for row in rows} for code, rows in books.problems().items()}
        problems = {code: set(subjects) for code, subjects in still.items()}
        for code, subject in trade.decided.closed:
            problems.setdefault(code, set()).add(subject)
        refused = [(kind, key) for kind, key, state in books.unfinished() if state == "rejected"]
        by_claims = trade.world.connections["cart"].get("claim") == "fulfillment"
        return cls(still, problems, books.states(), refused, by_claims)

    def about(self, code: str, name: str) -> bool:
        """Whether a problem of this kind names something (an order, or a box of it)."""
        return any(name == subject or subject.startswith((f"{name}/", f"{name}-")) for subject in self._subjects(code))

    def _subjects(self, code: str) -> Collection[str]:
        return self.problems.get(code, ())

    def strange(self) -> Iterator[str]:
        """Problems that should not be, and refusals of which nobody is told."""
        yield from (f"{code}: {sorted(subjects)}" for code, subjects in self.open.items() if code not in NAMED)
        named = {subject for subjects in self.problems.values() for subject in subjects}
        yield from (f"{kind} {key} was refused and nobody is told" for kind, key in self.refused if key not in named)


def _ended(told: dict[str, Any], requests: dict[str, Any], told_of: _Told, order: str) -> Iterator[str]:
    """What could be shipped is shipped or cancelled, or a person is told; nothing was refused that was done."""
    if told["payment"] != "Cleared":
        return
    number, lines, state = told["number"], told["lines"], told_of.states.get(order, "unknown")
    picked, requested = units(told, requests, "picked"), units(told, requests, "requested")
    shipped = sum(sum(ship["items"].values()) for ship in told["ships"])
    called_off = any(row["cancelled"] for row in lines.values())
    refused = told_of.about("confirm_refused", number)
    left = {line: row["open"] for line, row in lines.items() if row["open"]}
    held = state == "held" and any(told_of.about(code, name) for code in HOLDS for name in (number, order))
    if left and told["checkout"] != "Disabled" and not held and not (refused and called_off):
        yield f"{number}: {left} neither shipped nor cancelled, and nobody is told; it is {state}"
    if refused and not called_off:
        yield f"{number}: a shipment was refused although nothing was called off"
    too_late = told_of.about("over_picked", number)
    if too_late and not called_off:
        yield f"{number}: more was packed than is open although nothing was called off"
    if sum(picked.values()) != shipped and not refused and not too_late:
        yield f"{number}: packed {dict(picked)}, told of {told['ships']}"
    too_many = any(requested[line] > row["ordered"] - row["cancelled"] for line, row in lines.items())
    if too_many and not (too_late or refused or told_of.about("changed_after_release", number)):
        yield f"{number}: called off after its release, and nobody is told: {lines}"
    if bool(requests) and not _is_marked(told, told_of):
        yield f"{number}: the warehouse has it, and the cart was never told"
    done = {entry["seller_id"] for entry in told["adjustments"]}
    yield from (f"{key} was done, and is called refused" for kind, key in told_of.refused if key in done)


def _is_marked(told: dict[str, Any], told_of: _Told) -> bool:
    """Whether the cart knows that we have the order: by our export mark, or by a part that we claimed or shipped.

    Of an order that was called off there is no part left to claim.
    """
    if not told_of.by_claims:
        return "sandbox-application" in told["exported_for"]
    claims = {part["external_number"] for part in told["fulfillments"].values()}
    left = any(row["open"] or row["shipped"] for row in told["lines"].values())
    return told["number"] in claims or bool(told["ships"]) or not left


def _same_title(trade: Trade, sku: str) -> bool:
    return bool(trade.record.cart.product(sku)["Title"] == trade.world.cart.product(sku)["Title"])
