"""What laws are tried with: each kind is drawn for one config, aimed at its rules, written down and said in words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hypothesis import strategies as st
from pydantic import TypeAdapter

from crossdock.domain import Allocation, Order, OrderEvent
from crossdock.mapping import Asked, Direction
from crossdock.testing.mapping.orders import HOME, STRANGERS, aimed_orders, drawn_orders, texts
from crossdock.testing.mapping.patterns import spellings

if TYPE_CHECKING:
    from crossdock.testing.mapping.subject import MappingSubject

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Way:
    """A way to ship that somebody asks for."""

    direction: Direction
    carrier: str = ""
    service: str = ""
    site: str = ""

    @property
    def asked(self) -> Asked:
        """What the rules of its direction are asked."""
        return Asked(self.carrier, self.service, self.site)

    def __str__(self) -> str:
        return f"{self.direction} {self.asked}"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to an order of a site."""

    event: OrderEvent
    site: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Pieces that move in a warehouse; None is a place outside of it."""

    sku: str
    quantity: int
    origin: str | None = None
    destination: str | None = None
    of_its_order: bool = False

    def __str__(self) -> str:
        places = (("outside" if place is None else f"area '{place}'") for place in (self.origin, self.destination))
        return f"{self.quantity} of '{self.sku}' from {' to '.join(places)}{' for its order' * self.of_its_order}"


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind: `drawn` at random, `aimed` at each rule in turn, `said` as the operator would say it."""

    name: str
    shape: Any
    drawn: "Callable[[MappingSubject], st.SearchStrategy[T]]"
    aimed: "Callable[[MappingSubject], Iterable[T]]"
    said: Callable[[T], str]

    def written(self, given: T) -> Any:
        """As JSON, without what goes without saying."""
        return TypeAdapter(self.shape).dump_python(given, mode="json", exclude_defaults=True)

    def read(self, written: Any) -> T:
        """From JSON; raises `ValueError` where it is no such thing."""
        value: T = TypeAdapter(self.shape).validate_python(written)
        return value


def ways_named(subject: "MappingSubject") -> Iterator[Way]:
    """What each rule for ship methods names, as it is written."""
    for direction, ways in subject.words.ways.items():
        yield from (Way(direction, one.carrier, one.service, one.site) for one in ways)


def _ways_around(subject: "MappingSubject") -> Iterator[Way]:
    """What rules name, also in other letters and with blanks, and what nobody names."""
    for way in ways_named(subject):
        yield way
        for service in spellings(way.service):
            yield Way(way.direction, way.carrier.swapcase(), service, way.site)
        yield Way(way.direction, way.carrier, way.service, "elsewhere")
        yield Way(way.direction, f"{way.carrier}?", way.service, way.site)
    yield from (Way(direction, text, text, text) for direction in Direction for text in STRANGERS)


def _drawn_ways(subject: "MappingSubject") -> st.SearchStrategy[Way]:
    words = subject.words
    parts = {"carrier": texts(*words.carriers), "service": texts(*words.services), "site": texts(*words.sites)}
    return st.builds(Way, direction=st.sampled_from(Direction), **parts)


def _happenings(subject: "MappingSubject") -> Iterator[Happening]:
    sites = dict.fromkeys(spelled for site in (*subject.words.sites, "elsewhere") for spelled in spellings(site))
    yield from (Happening(event, site) for event in OrderEvent for site in sites)


def _areas_around(subject: "MappingSubject") -> Iterator[str]:
    yield from (spelled for area in subject.words.areas for spelled in spellings(area))
    yield from STRANGERS


def _moves_between(subject: "MappingSubject") -> Iterator[tuple[Move, ...]]:
    """One piece from each area to the next, in and out, back again, and for an order."""
    places = (None, *subject.words.areas, "nowhere", None)
    skus = (*subject.words.skus[:3], "A-1")
    for sku in skus:
        for one, other in pairwise(places):
            out, back = Move(sku, 3, one, other), Move(sku, 2, other, one)
            yield from ((out,), (out, back), (out, Move(sku, 3, other, one)), (Move(sku, 1, one, other, True),))


def _drawn_moves(subject: "MappingSubject") -> st.SearchStrategy[tuple[Move, ...]]:
    areas = st.none() | texts(*subject.words.areas)
    skus = st.sampled_from((*subject.words.skus, "A-1"))
    move = st.builds(Move, skus, st.integers(1, 9), areas, areas, st.booleans())
    return st.lists(move, min_size=1, max_size=4).map(tuple)


def _pairs_around(subject: "MappingSubject") -> Iterator[tuple[tuple[str, str], ...]]:
    table = tuple(subject.rules.stock.aliases.of.items())
    yield table
    yield from ((("A", "1"), ("B", "2")), (("A", "1"), ("A", "2")), (("A", "1"), ("B", "1")), (("A", "B"), ("B", "A")))
    yield (("A", "1"), ("B", "1"), ("B", "2"), *((sku, "7") for sku in "CDEFGH"))


def _drawn_pairs(subject: "MappingSubject") -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    names = st.sampled_from((*subject.words.skus[:4], "A", "B", "C", "a", "1", "2"))
    return st.lists(st.tuples(names, names), max_size=6).map(tuple)


def _patterns(subject: "MappingSubject") -> Sequence[str]:
    """Every pattern of the config, and a few that are hard."""
    rules = subject.rules
    parts = [
        part
        for methods in rules.ship_methods.values()
        for rule in methods.rules
        for part in (rule.site, rule.carrier, rule.service)
    ]
    named = [*parts, *(rule.area for rule in rules.areas.rules), *rules.stock.leave_out]
    return list(dict.fromkeys([*named, "", "*", "?", "A*", "*a", "?b", "a?*", "*b*", "[a]", "ß*"]))


def said_order(order: Order) -> str:
    """An order in words: what is not as in the simplest one."""
    plain = {
        "external_id",
        "number",
        "placed_at",
        "lines",
        "allocations",
        "adjustments",
        "ship_to",
        "payment",
        "status",
    }
    told = order.model_dump(mode="json", exclude_defaults=True)
    words = [f"{name.replace('_', ' ')} {_said(value)}" for name, value in told.items() if name not in plain]
    words += [f"{name} {told[name]}" for name in ("payment", "status") if told[name] not in ("paid", "open")]
    home = HOME.model_dump()
    words += [f"{name} {_said(value)}" for name, value in order.ship_to.model_dump().items() if value != home[name]]
    words += [_said_line(order, line.external_id) for line in order.lines]
    words += [_said_place(part) for part in order.allocations]
    words += [f"{one.kind} of {one.quantity or 'all'} of line {one.line_id}" for one in order.adjustments]
    return f"an order with {', '.join(words) or 'nothing in it'}"


def _said_place(part: Allocation) -> str:
    gone = " shipped already" if part.shipped else ""
    return f"{part.quantity} of line {part.line_id} at centre '{part.distribution_center}'{gone}"


def _said_line(order: Order, key: str) -> str:
    line = order.line(key)
    assert line is not None
    parts = " + ".join(f"{part.quantity} '{part.sku}'" for part in line.components)
    return f"line {key}: {line.quantity} of '{line.sku}'{f' (each {parts})' if parts else ''}"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_said(inner)}" for name, inner in value.items())
    return ", ".join(map(_said, value)) if isinstance(value, list) else f"'{value}'"


def _quoted(text: str) -> str:
    return f"'{text}'"


WAY = Kind("way", Way, _drawn_ways, _ways_around, str)
AREA = Kind("area", str, lambda one: texts(*one.words.areas), _areas_around, lambda area: f"area '{area}'")
HAPPENING = Kind(
    "event",
    Happening,
    lambda one: st.builds(Happening, st.sampled_from(OrderEvent), texts(*one.words.sites)),
    _happenings,
    lambda it: f"{it.event} of an order of site '{it.site}'",
)
ORDER = Kind(
    "order",
    Order,
    lambda one: drawn_orders(one.rules, one.words),
    lambda one: aimed_orders(one.rules, one.words),
    said_order,
)
MOVES = Kind("moves", tuple[Move, ...], _drawn_moves, _moves_between, lambda moves: "; ".join(map(str, moves)))
SKU = Kind(
    "sku",
    str,
    lambda one: texts(*one.words.skus),
    lambda one: (*one.words.skus, *STRANGERS),
    lambda sku: f"SKU '{sku}'",
)
PAIRS = Kind(
    "aliases",
    tuple[tuple[str, str], ...],
    _drawn_pairs,
    _pairs_around,
    lambda pairs: "a table with " + (", ".join(f"{sku} = {alias}" for sku, alias in pairs) or "nothing in it"),
)
PATTERNS = Kind(
    "patterns",
    tuple[str, str],
    lambda one: st.tuples(*[st.sampled_from(_patterns(one)) | st.text("aAbß*?[]", max_size=5)] * 2),
    lambda one: ((first, second) for first in _patterns(one) for second in _patterns(one)[:25]),
    lambda pair: f"the patterns '{pair[0]}' and '{pair[1]}'",
)
RULE = Kind("rule", str, lambda one: st.just(""), lambda one: (), lambda rule: rule)
"""A rule of the config by its name; each law that judges rules says which."""
KINDS = {kind.name: kind for kind in (WAY, AREA, HAPPENING, ORDER, MOVES, SKU, PAIRS, PATTERNS, RULE)}
