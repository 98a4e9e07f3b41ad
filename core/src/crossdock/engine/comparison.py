"""The comparison of both sides of a pipeline's stock, reading by reading; pure.

What agrees is counted and forgotten. What does not, or has something on the way to the cart, is kept for a second look.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from crossdock.domain import StockItem, StockMeaning, StockReading
from crossdock.engine.listings import centers_told, level_of, listings_of
from crossdock.engine.positions import Position, StockTaking
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Aliases

NOTHING = Position()


@dataclass(frozen=True, slots=True)
class Held:
    """What the cart has of one product: for sale by centre, and promised to buyers in all.

    `refusal` says why nothing can be said of it; with a `product_id`, because the cart works it out itself.
    """

    sku: str
    product_id: str = ""
    at: Mapping[str, int] = field(default_factory=dict)
    reserved: int = 0
    refusal: str = ""

    @property
    def is_unknown(self) -> bool:
        """Whether the cart has no such product, or several."""
        return bool(self.refusal) and not self.product_id

    @property
    def is_computed(self) -> bool:
        """Whether its stock is not for us to tell: that of a bundle, a parent, an alias, or what others look after."""
        return bool(self.refusal) and bool(self.product_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the cart should have of a product for sale at a centre, the level that says so, and what it is made of."""

    quantity: int
    level: int
    position: Position = NOTHING


@dataclass(frozen=True, slots=True)
class Product:
    """One product as it should be: `sku` is the cart's name of it, `stock_unit` the warehouse's.

    `listed`: the warehouse tells of it.
    """

    sku: str
    stock_unit: str
    wanted: Mapping[str, Wanted]
    listed: bool = True


def difference(wanted: int, has: int) -> int:
    """By how much the cart differs from what it should have; below zero, it has nothing for sale either."""
    return 0 if wanted <= 0 and has <= 0 else max(wanted, 0) - has


class Comparison:
    """What the warehouse has against what the cart says: `see` each of its readings, then `miss` the rest.

    `moving` are the products, with their letters folded, of which something is on the way. `suspects` holds those that
    need a second look, `compared` counts products at centres.
    """

    def __init__(self, rules: PipelineRules, taking: StockTaking, aliases: Aliases, moving: Collection[str]) -> None:
        self.centers = centers_told(rules)
        self._rules = rules
        heard = taking if rules.stock.sets else _without_others(taking)
        self._listings = listings_of(heard, rules, aliases, meaning=StockMeaning.SELLABLE)
        self._moving = moving
        self._names = {name.casefold(): name for name, _ in self._listings.quantities if self._is_told(name)}
        self._seen: dict[str, str] = {}
        self.suspects: dict[str, Held] = {}
        self.compared = 0

    @property
    def names(self) -> Collection[str]:
        """The products that the warehouse tells of, by the cart's names."""
        return self._names.values()

    def see(self, reading: StockReading) -> None:
        """Compare what the cart has of one product; a later reading of the same product takes the earlier's place."""
        subject = reading.item.sku.casefold()
        held = held_of(reading, self.centers)
        earlier = self._seen.get(subject)
        if earlier is not None and earlier != held.product_id:  # a list that shifts may show the same one twice
            held = Held(held.sku, refusal=f"the SKU '{held.sku}' stands for several products of the cart")
        self._seen[subject] = held.product_id
        self.suspects.pop(subject, None)
        if held.is_computed:
            return
        self.compared += self._counted(subject, held) if earlier is None else 0
        if not self._agrees(subject, held):
            self.suspects[subject] = held

    def miss(self) -> None:
        """The cart has told all: what it has not told of is not there."""
        for subject, name in self._names.items():
            if subject not in self._seen:
                self.see(StockReading(item=StockItem(sku=name), refusal=f"the cart has no product '{name}'"))

    def product(self, subject: str) -> Product:
        """What a product should be at each centre that can be compared."""
        name = self._names.get(subject)
        if name is None:
            sku = self.suspects[subject].sku
            unit = self._unit(sku)
            centers = [center for center in self.centers if self._listings.missing(sku, unit, center) == 0]
            return Product(sku, unit, dict.fromkeys(centers, Wanted(0, 0)), listed=False)
        wanted = {center: self._wanted(name, center) for center in self.centers}
        return Product(name, self._listings.unit(name), wanted)

    def _wanted(self, name: str, center: str) -> Wanted:
        quantity, position = self._listings.quantities[name, center], self._listings.position(name, center)
        level = quantity if name in self._listings.bundles else level_of(position, self._rules.stock)
        return Wanted(quantity, level, position)

    def _counted(self, subject: str, held: Held) -> int:
        return len(self.centers) if subject in self._names else len(self._offered(held))

    def _agrees(self, subject: str, held: Held) -> bool:
        """Whether it needs no second look."""
        name = self._names.get(subject)
        if name is None:
            return not self._offered(held)
        wanted = {center: self._listings.quantities[name, center] for center in self.centers}
        if held.is_unknown:
            return not any(wanted.values())
        return subject not in self._moving and not any(
            difference(quantity, held.at.get(center, 0)) for center, quantity in wanted.items()
        )

    def _offered(self, held: Held) -> Collection[str]:
        """The centres at which the cart offers pieces of a product that should have none: no warehouse tells of it."""
        if held.is_unknown or held.sku in self._rules.bundles:
            return ()
        unit = self._unit(held.sku)
        offered = [center for center, quantity in held.at.items() if quantity > 0]
        return [center for center in offered if self._listings.missing(held.sku, unit, center) == 0]

    def _unit(self, sku: str) -> str:
        """What the warehouse would call a product of the cart; empty where no alias stands for it."""
        unit = self._listings.unit(sku)
        return unit if self._listings.aliases.name_of(unit) == sku else ""

    def _is_told(self, name: str) -> bool:
        return self._rules.stock.sets or name not in self._listings.bundles


def _without_others(taking: StockTaking) -> StockTaking:
    """The same, as a cart should have it that is told differences."""
    positions = {place: one.without_others if one.of_others else one for place, one in taking.positions.items()}
    return replace(taking, positions=positions)


def held_of(reading: StockReading, centers: Collection[str]) -> Held:
    """What the cart has, as far as it concerns these centres."""
    at = {one.distribution_center: one.quantity for one in reading.available if one.distribution_center in centers}
    return Held(reading.item.sku, reading.item.product_id, at, reading.reserved, reading.refusal)
