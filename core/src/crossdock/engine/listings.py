"""Listings: how much of each product a cart is to be told at each centre, worked out from a stock taking; pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

from crossdock.domain import StockMeaning
from crossdock.engine.bundles import Bundles
from crossdock.engine.positions import Position, SkuAtCenter, StockTaking
from crossdock.engine.rules import PipelineRules
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Aliases

Listed = tuple[str, str]
"""A product by the cart's name of it, and a distribution centre."""
AtCenters = Mapping[str, Position]
"""What there is of one SKU, by centre."""
NOTHING = Position()


@dataclass(frozen=True)
class Listings:
    """All levels of one moment: `quantities` is what the cart is to be told.

    `bundles` are among the names those whose level is made of their parts: it is what may be sold, whatever the
    pipeline's levels mean. `left_out` counts the SKUs of which nothing is told by the operator's wish, `nameless` those
    that have no name at the cart.
    """

    rules: PipelineRules
    aliases: Aliases
    positions: "Positions" = field(repr=False)
    quantities: Mapping[Listed, int]
    bundles: frozenset[str]
    left_out: int
    nameless: int

    def position(self, name: str, center: str) -> Position:
        """What the level of a product at a centre is made of; of a bundle, the whole ones that there are parts for."""
        if name in self.bundles:
            return Position(on_hand=self.positions.bundled(name, center))
        return self.positions.at(self.unit(name), center)

    def unit(self, name: str) -> str:
        """What the warehouse calls a product."""
        return name if name in self.bundles else self.aliases.sku_of(name)

    def meaning(self, name: str) -> StockMeaning:
        """What the level of a product means."""
        return StockMeaning.SELLABLE if name in self.bundles else self.rules.stock.meaning

    def missing(self, name: str, unit: str, center: str) -> int | None:
        """What a level becomes that was told before and is not listed: none is there, unless it is not ours to tell."""
        stays = (
            (name, center) in self.quantities
            or not self.rules.is_ours(center)
            or self.rules.stock.leaves_out(unit)
            or (self.positions.knows(unit) and self.aliases.name_of(unit) is None)
        )
        return None if stays else 0


def listings_of(
    taking: StockTaking, rules: PipelineRules, aliases: Aliases, *, meaning: StockMeaning | None = None
) -> Listings:
    """What a cart is to be told of each product at each centre; `meaning` instead of that of the rules."""
    if meaning is not None:
        rules = replace(rules, stock=replace(rules.stock, meaning=meaning))
    positions, centers = Positions(rules, aliases, taking.positions), centers_told(rules)
    names = _Names(rules.stock, aliases, positions)
    quantities: dict[Listed, int] = {}
    for place, there in positions.of.items():
        if (name := names[place[0]]) is not None and place[1] in centers:
            quantities[place if name is place[0] else (name, place[1])] = level_of(there, rules.stock)
    told = [name for name in names.values() if name is not None]
    if len(quantities) < len(told) * len(centers):  # somewhere nothing lies of a product that lies elsewhere
        nothing = level_of(NOTHING, rules.stock)
        for name, center in product(told, centers):
            quantities.setdefault((name, center), nothing)
    bundles = frozenset(name for name in positions.parts if not rules.stock.leaves_out(name))
    for name in bundles:
        for center in centers:
            quantities[name, center] = at_least(positions.bundled(name, center), rules.stock)
    return Listings(rules, aliases, positions, quantities, bundles, names.left_out, names.nameless)


class _Names(dict[str, str | None]):
    """By which name the cart knows each SKU of the warehouse; None where it is told nothing of it."""

    def __init__(self, rules: StockRules, aliases: Aliases, positions: "Positions") -> None:
        super().__init__()
        self._rules, self._aliases, self._bundles = rules, aliases, positions.parts
        self.left_out = self.nameless = 0
        if not (rules.leave_out or aliases.type or positions.parts):  # most carts: nothing to be asked of each
            self.update((unit, unit) for unit, _ in positions.of)

    def __missing__(self, unit: str) -> str | None:
        self[unit] = name = None if unit in self._bundles else self._name(unit)
        return name

    def _name(self, unit: str) -> str | None:
        if self._rules.leave_out and self._rules.leaves_out(unit):
            self.left_out += 1
            return None
        name = self._aliases.name_of(unit)
        self.nameless += name is None
        return name


def centers_told(rules: PipelineRules) -> Sequence[str]:
    """The centres at which the cart is told how much there is: where all stock counts, or where that of some area.

    Those whose stock is told at another one too: there, none of it is for sale.
    """
    named = {rule.center for rule in rules.areas.rules} | {rules.areas.everywhere, rules.stock.combined_at}
    return sorted(center for center in named if center is not None)


def level_of(position: Position, rules: StockRules) -> int:
    """What a cart is told of a position: nothing where too little may be sold."""
    sellable = at_least(position.free - rules.buffer, rules)
    return position.before_the_cart - rules.buffer if sellable and rules.meaning is StockMeaning.ON_HAND else sellable


def at_least(quantity: int, rules: StockRules) -> int:
    """What may be sold, or zero where that is less than the smallest level."""
    return quantity if quantity > 0 and quantity >= rules.minimum else 0


class Positions:
    """What there is by SKU and centre, as the rules add it up, and what bundles can be made of it."""

    def __init__(self, rules: PipelineRules, aliases: Aliases, positions: Mapping[SkuAtCenter, Position]) -> None:
        self._rules = rules.stock
        self._apart = self.of = positions
        if (at := rules.stock.combined_at) is not None:
            self.of = {(unit, at): together(there, at) for unit, there in _by_unit(positions).items()}
        self.parts = _parts(rules.bundles, aliases)

    def at(self, unit: str, center: str) -> Position:
        """What there is of a SKU at a centre."""
        return self.of.get((unit, center), NOTHING)

    def knows(self, unit: str) -> bool:
        """Whether there is anything of a SKU, be it no more than an order that wants it."""
        return any((unit, center) in self._apart for center in self._centers)

    def bundled(self, name: str, center: str) -> int:
        """How many whole bundles may be sold: each is put together at one centre, whatever is told together."""
        parts = self.parts[name]
        whole = _whole(at_least(self.at(unit, center).free - self._rules.buffer, self._rules) // n for unit, n in parts)
        if self._rules.combined_at is None:
            return whole
        return min(whole, sum(self._at_one(parts, center) for center in self._centers))

    def _at_one(self, parts: Sequence[tuple[str, int]], center: str) -> int:
        return _whole(max(self._apart.get((unit, center), NOTHING).free, 0) // n for unit, n in parts)

    @cached_property
    def _centers(self) -> frozenset[str]:
        """Where anything is at all."""
        return frozenset(center for _, center in self._apart)


def together(there: AtCenters, at: str) -> Position:
    """What there is at all centres, told at one: the cart subtracts there only what it keeps there."""
    told = there.get(at, NOTHING)
    if len(there) == 1 and told is not NOTHING:
        return told
    elsewhere = sum(one.allocated + one.in_flight for center, one in there.items() if center != at)
    return Position(
        on_hand=sum(one.on_hand for one in there.values()),
        allocated=sum(one.allocated for one in there.values()),
        in_flight=sum(one.in_flight for one in there.values()),
        of_others=told.of_others + elsewhere,
        untold=told.untold,
        doubtful=sum(one.doubtful for one in there.values()),
    )


def _by_unit(positions: Mapping[SkuAtCenter, Position]) -> Mapping[str, AtCenters]:
    by_unit: defaultdict[str, dict[str, Position]] = defaultdict(dict)
    for (unit, center), position in positions.items():
        by_unit[unit][center] = position
    return by_unit


def _parts(bundles: Bundles, aliases: Aliases) -> Mapping[str, Sequence[tuple[str, int]]]:
    """How many pieces of which SKU of the warehouse are in each bundle."""
    parts: dict[str, Counter[str]] = {}
    for name, components in bundles.items():
        pieces = parts.setdefault(name, Counter())
        for part in components:
            pieces[aliases.sku_of(part.sku)] += part.quantity
    return {name: tuple(pieces.items()) for name, pieces in parts.items()}


def _whole(numbers: Iterator[int]) -> int:
    return min(numbers, default=0)
