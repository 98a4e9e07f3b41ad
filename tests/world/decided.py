"""What an operator has decided, as he remembers it: what may not leave by his word, and what may not run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from world.operator import World

STANDARD = "Standard"
"""The only service for which the config has a rule."""
WINDOW = timedelta(hours=2)
REQUIRED = "custom_fields.gate"
REVIEWED = "eBay"
"""The site whose orders a person looks at, where a rule says so."""
PLANNED = ("releasing", "released", "part_shipped", "shipped")


@dataclass(frozen=True)
class Sold:
    """What was asked for with an order, and when."""

    site: str
    service: str
    at: datetime


@dataclass
class Decided:
    """By the cart's ids of orders: `here` until when (None: until resumed), `there` with how many pieces picked, what
    was `corrected`, who was `approved`; the services for which there are rules; what paused services had done; the
    problems that a person closed.
    """

    sold: dict[int, Sold] = field(default_factory=dict)
    here: dict[int, datetime | None] = field(default_factory=dict)
    there: dict[int, int] = field(default_factory=dict)
    corrected: dict[int, dict[str, str]] = field(default_factory=dict)
    approved: set[int] = field(default_factory=set)
    mapped: set[str] = field(default_factory=lambda: {STANDARD})
    paused: dict[str, int] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    closed: set[tuple[str, str]] = field(default_factory=set)
    left: set[int] = field(default_factory=set)

    def goes_on(self, order: int) -> None:
        """Nobody holds it any more."""
        self.here.pop(order, None)
        self.there.pop(order, None)

    def corrects(self, order: int, fields: Mapping[str, str]) -> None:
        """What the warehouse is told of it from now on, unless it was told before."""
        self.corrected.setdefault(order, {}).update(fields)

    def service_of(self, order: int) -> str:
        """The service that is asked for."""
        return self.corrected.get(order, {}).get("requested_service", self.sold[order].service)


class Operated(Protocol):
    """A world with orders in it and an operator who decides."""

    world: World
    orders: list[int]
    later: timedelta
    decided: Decided

    def run(self) -> None: ...


def now(trade: Operated) -> datetime:
    """By the clock of the runners."""
    return datetime.now(UTC) + trade.later


def overruled(trade: Operated, cart: Mapping[str, Any], requests: Mapping[str, Any]) -> Iterator[str]:
    """Every sentence in which something was done that the operator had ruled out. Ask it after every step: what began
    before he ruled it out may go on.
    """
    decided = trade.decided
    planned = {int(order) for order, state in trade.world.books.states().items() if state in PLANNED}
    left = (planned | {int(order) for order in requests}) & decided.sold.keys()
    for order in sorted(left - decided.left):
        yield from (f"{cart[str(order)]['number']} left although {why}" for why in _hindrances(trade, order, cart))
        yield from _uncorrected(trade, order, requests.get(str(order), {}))
    decided.left = left
    for order, before in decided.there.items():
        if (picked := pieces(requests.get(str(order), {}))) > before:
            yield f"{order}: {picked} pieces were picked, {before} when the warehouse was told to hold it"
    yield from decided.ran
    for service, before in decided.paused.items():
        if service in EFFECTS and (after := EFFECTS[service](trade.world)) != before:
            yield f"{service} is paused and went on: {after} now, {before} before"


def pieces(requests: Mapping[str, Any]) -> int:
    """How many were picked for an order."""
    return sum(line["picked"] for order in requests.values() for line in order["lines"])


def _hindrances(trade: Operated, order: int, cart: Mapping[str, Any]) -> Iterator[str]:
    """Why an order may not go to the warehouse at this moment."""
    decided, rules = trade.decided, trade.world.pipeline
    if order in decided.here and ((until := decided.here[order]) is None or until > now(trade)):
        yield f"a person holds it until {until or 'it is resumed'}"
    if (service := decided.service_of(order)) not in decided.mapped:
        yield f"there is no rule for {service}"
    if cart[str(order)]["payment"] != "Cleared":
        yield "it is not paid"
    if any(decided.sold[order].site in one["match"] for one in rules.get("order_filters", ())):
        yield "a filter leaves it out"
    yield from _by_holds(trade, order, rules.get("holds", {}))


def _by_holds(trade: Operated, order: int, holds: Mapping[str, Any]) -> Iterator[str]:
    decided = trade.decided
    if REQUIRED in holds.get("required_fields", ()) and REQUIRED not in decided.corrected.get(order, {}):
        yield f"it has no {REQUIRED}"
    if order in decided.approved:
        return
    if holds.get("review") == "all" or ("review_when" in holds and decided.sold[order].site == REVIEWED):
        yield "nobody has looked at it"
    if "window" in holds and decided.sold[order].at + WINDOW > now(trade):
        yield "its window is not over"


def _uncorrected(trade: Operated, order: int, requests: Mapping[str, Any]) -> Iterator[str]:
    wanted = trade.decided.corrected.get(order, {}).get("ship_to.line1")
    for number in requests if wanted else ():
        if wanted not in str(document := trade.world.warehouse.document(number)):
            yield f"{number} went to another address than {wanted}, which a person corrected: {document}"


def _asked(kind: str) -> Callable[[World], int]:
    return lambda world: int(world.cart.truth()["requests"].get(kind, 0))


def _sent(kind: str) -> Callable[[World], int]:
    return lambda world: int(world.warehouse.truth()["counts"].get(kind, 0))


def _adjusted(world: World) -> int:
    stories = world.cart.truth()["orders"].values()
    return sum(entry["source"] == "Api" for told in stories for entry in told["adjustments"])


EFFECTS: Mapping[str, Callable[[World], int]] = {
    "release": _sent("AddOrder"),
    "collect": _sent("GetMessages"),
    "confirm": _asked("ship"),
    "acknowledge": _asked("export"),
    "adjust": _adjusted,
}
"""What services do at the other end, as a number that grows."""
