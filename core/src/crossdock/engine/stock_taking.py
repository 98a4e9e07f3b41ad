"""Stock taking: what a warehouse has of each stock unit at each centre, and who has a claim on it.

The warehouse says what lies there. Orders that it has and has not picked yet have allocated a part of it; orders that
it does not have yet are in flight. Whatever was picked before the warehouse counted has left the number already.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from crossdock.domain import InventoryLevel, StockModel
from crossdock.engine.aliasing import aliases_of
from crossdock.engine.bundles import bundles_there, by_table
from crossdock.engine.claim_ports import ClaimingOrder
from crossdock.engine.claims import Claim, Sharer, claims_of, units_waiting, untold
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.positions import Position, SkuAtCenter, StockTaking
from crossdock.engine.release_plan import KnownBundles
from crossdock.hooks.errors import CrossdockError, Unreadable, Unsupported
from crossdock.hooks.records import Page, Record
from crossdock.hooks.roles import InventorySource
from crossdock.mapping import Aliases, Areas

ORDERS_AT_ONCE = 500


async def take_stock(pipeline: Pipeline) -> StockTaking:
    """Read all levels of the warehouse, and what every order that is shipped from them waits for.

    It may take minutes: a flow keeps its lease meanwhile. Raises `Unreadable` where a level cannot be read, since a
    hole would look like an empty shelf, and `Unsupported` where the levels follow a model that does not tell what lies
    there.
    """
    source = pipeline.need(pipeline.inventory_source, "inventory source")
    began_at = pipeline.clock.now()
    shelves = Shelves(pipeline.rules.areas, areas_of_others(pipeline), began_at)
    async for record in _records(source):
        shelves.add(_levels(source, record))
    shelves.check(source.connection)
    claimed = await _claimed(pipeline, shelves)
    return StockTaking(
        began_at, shelves.counted_at, shelves.positions(claimed), dict(shelves.unmapped), dict(claimed.waiting)
    )


def areas_of_others(pipeline: Pipeline) -> Areas:
    """The areas of the pipeline's warehouse that are somebody else's."""
    source = pipeline.need(pipeline.inventory_source, "inventory source")
    hearers = pipeline.hearers.get(source.connection, ())
    return next((hearer.others for hearer in hearers if hearer.pipeline == pipeline.name), Areas())


async def _records(source: Bound[InventorySource]) -> AsyncIterator[Record]:
    """Every record of levels; one that slipped to the next page while stock moved comes once."""
    before, cursor = frozenset[str](), None
    while True:
        page = await source.role.fetch_levels(cursor)
        for record in page.records:
            if record.id not in before:
                yield record
        if not page.more:
            return
        before, cursor = _ids(page), page.cursor
        if page.wait:
            await asyncio.sleep(page.wait)


def _ids(page: Page) -> frozenset[str]:
    return frozenset(record.id for record in page.records)


def _levels(source: Bound[InventorySource], record: Record) -> Sequence[InventoryLevel]:
    try:
        return source.role.read_levels(record)
    except Exception as error:  # a plugin's bug, too, leaves a hole
        why = str(error) if isinstance(error, CrossdockError) else f"{type(error).__name__}: {error}"
        raise Unreadable(
            f"level {record.id} of {source.connection} cannot be read, so that none of its levels is used: {why}"
        ) from error


class _Nowhere(Enum):
    """Why the stock of an area counts at no centre."""

    LEFT_OUT = auto()
    UNMAPPED = auto()


class _Places(dict[str, str | _Nowhere]):
    """Where the stock of each area counts; each is worked out once."""

    def __init__(self, areas: Areas, others: Areas) -> None:
        super().__init__()
        self._areas, self._others = areas, others

    def __missing__(self, area: str) -> str | _Nowhere:
        self[area] = place = self._place(area)
        return place

    def _place(self, area: str) -> str | _Nowhere:
        counted = self._areas.count(area)
        if self._others.count(area) is not None or (counted is not None and counted.center is None):
            return _Nowhere.LEFT_OUT
        return _Nowhere.UNMAPPED if counted is None or counted.center is None else counted.center


@dataclass
class Claimed:
    """What orders claim, by SKU and centre: pieces that the warehouse knew of when it counted, those that it did not,
    which of these it may have known of, how many of both the cart that is told does not keep by itself, and what it was
    not told of; and the units for which its buyers wait."""

    there: Counter[SkuAtCenter] = field(default_factory=Counter)
    in_flight: Counter[SkuAtCenter] = field(default_factory=Counter)
    doubtful: Counter[SkuAtCenter] = field(default_factory=Counter)
    of_others: Counter[SkuAtCenter] = field(default_factory=Counter)
    untold: Counter[SkuAtCenter] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)

    @property
    def keys(self) -> Set[SkuAtCenter]:
        """Where anything is claimed, or not told."""
        return self.there.keys() | self.in_flight.keys() | self.untold.keys()

    def add(self, claim: Claim, key: SkuAtCenter, *, kept: bool) -> None:
        """Take in one claim at one centre; `kept`: the cart that is told keeps the pieces by itself."""
        (self.there if claim.there else self.in_flight)[key] += claim.pieces
        if claim.doubtful:
            self.doubtful[key] += claim.pieces
        if not kept:
            self.of_others[key] += claim.pieces


class _Plain(dict[int, Position]):
    """The position of so many pieces on which nobody has a claim: most are like many others, and are made once."""

    def __missing__(self, quantity: int) -> Position:
        self[quantity] = position = Position(quantity)
        return position


class Shelves:
    """Adds up levels by SKU and centre; what lies in areas of others, or is not for sale, stays out.

    Where the numbers follow different models they are never added up: `check` refuses them.
    """

    def __init__(self, areas: Areas, others: Areas, began_at: datetime) -> None:
        self.counted_at = began_at
        self.unmapped: Counter[tuple[str, str]] = Counter()
        self._sums: dict[SkuAtCenter, int] = {}
        self._allocated: dict[SkuAtCenter, int] = {}
        self._models: set[StockModel] = set()
        self._places = _Places(areas, others)

    def add(self, levels: Sequence[InventoryLevel]) -> None:
        """Take in the levels of one record."""
        for level in levels:
            place = self._places[level.place.area]
            if place is _Nowhere.LEFT_OUT:
                continue
            self._models.add(level.model)
            if level.counted_at is not None and level.counted_at < self.counted_at:
                self.counted_at = level.counted_at
            if isinstance(place, _Nowhere):
                if level.quantity:
                    self.unmapped[level.sku, level.place.area] += level.quantity
                continue
            key = level.sku, place
            self._sums[key] = self._sums.get(key, 0) + level.quantity
            if level.allocated is not None:
                self._allocated[key] = self._allocated.get(key, 0) + level.allocated

    def check(self, connection: str) -> None:
        """Raise `Unsupported`, which pauses no warehouse, where nobody can tell from the numbers what lies there."""
        if StockModel.FULFILLED in self._models:
            raise Unsupported(
                f"the levels of {connection} fall only when something is shipped, so that they hold pieces that were "
                "sold and picked: bind an inventory_source that tells what is on hand or available"
            )
        if len(self._models) > 1:
            names = " and ".join(sorted(model.value.replace("_", " ") for model in self._models))
            raise Unsupported(
                f"{connection} tells levels of several models ({names}): added up, pieces would count twice; set up "
                "the connection so that it tells one of them"
            )

    def positions(self, claimed: Claimed) -> Mapping[SkuAtCenter, Position]:
        """The position of every SKU at every centre at which something lies or is claimed."""
        plain = _Plain()
        positions = {key: plain[quantity] for key, quantity in self._sums.items()}
        told = {key for key, pieces in self._allocated.items() if pieces}
        positions |= {key: self._position(key, claimed) for key in told | claimed.keys}
        return positions

    def spellings(self) -> Mapping[str, str]:
        """By the folded name, each SKU that the warehouse has, where no two differ in their letters' case alone."""
        found: dict[str, str | None] = {}
        for sku in {sku for sku, _ in self._sums}:
            folded = sku.casefold()
            found[folded] = None if folded in found else sku
        return {folded: sku for folded, sku in found.items() if sku is not None}

    def _position(self, key: SkuAtCenter, claimed: Claimed) -> Position:
        there, in_flight, of_others = claimed.there[key], claimed.in_flight[key], claimed.of_others[key]
        told = self._allocated.get(key, 0)
        on_hand, allocated = self._sums.get(key, 0), max(there, told)
        if StockModel.AVAILABLE in self._models:  # the warehouse has subtracted what its orders have allocated
            on_hand += told if key in self._allocated else there
        doubtful = claimed.doubtful[key] if told else 0
        return Position(on_hand, allocated, in_flight, of_others + allocated - there, claimed.untold[key], doubtful)


async def _claimed(pipeline: Pipeline, shelves: Shelves) -> Claimed:
    """What the open orders of all pipelines claim that share the stock."""
    claimed = Claimed()
    cart = _cart(pipeline)
    for sharer in pipeline.sharers:
        skus = _Skus(await _aliases(pipeline, sharer), shelves)
        async for orders in _claiming(pipeline, sharer, shelves.counted_at):
            known = await _known_bundles(pipeline, sharer, orders)
            for found in orders:
                own = found.connection == cart
                _claim(claimed, found, sharer, known, skus, own=own)
                if own:
                    _wait(claimed, found, sharer, skus)
    return claimed


def _claim(
    claimed: Claimed, found: ClaimingOrder, sharer: Sharer, known: KnownBundles, skus: Mapping[str, str], *, own: bool
) -> None:
    for claim in claims_of(found, sharer, known) if sharer.claims else ():
        for center in claim.centers:
            claimed.add(claim, (skus[claim.sku], center), kept=own and claim.kept)


def _wait(claimed: Claimed, found: ClaimingOrder, sharer: Sharer, skus: Mapping[str, str]) -> None:
    for sku, units in units_waiting(found):
        claimed.waiting[sku] += units
    for sku, centers, pieces in untold(found, sharer) if sharer.claims else ():
        for center in centers:
            claimed.untold[skus[sku], center] += pieces


def _cart(pipeline: Pipeline) -> str:
    """The connection of the cart that is told."""
    bound = pipeline.inventory_sink or pipeline.order_source
    return bound.connection if bound else ""


async def _claiming(pipeline: Pipeline, sharer: Sharer, counted_at: datetime) -> AsyncIterator[Sequence[ClaimingOrder]]:
    after = 0
    while orders := await pipeline.store.claiming_orders(sharer.rules.name, counted_at, ORDERS_AT_ONCE, after=after):
        yield orders
        after = orders[-1].id


async def _aliases(pipeline: Pipeline, sharer: Sharer) -> Aliases:
    """By which names the orders of a pipeline call the warehouse's products."""
    rules = sharer.rules.stock
    if sharer.rules.name == pipeline.name:
        return await aliases_of(pipeline)
    if rules.aliases.type or not (rules.alias_type and sharer.catalogue and sharer.claims):
        return rules.aliases
    pairs = await pipeline.store.product_codes(sharer.rules.name, sharer.catalogue, rules.alias_type, None)
    return Aliases.from_pairs(rules.alias_type, pairs)


async def _known_bundles(pipeline: Pipeline, sharer: Sharer, orders: Collection[ClaimingOrder]) -> KnownBundles:
    """The bundles that the warehouse knows among what it was not asked for yet."""
    planned = [found.order for found in orders if found.order and found.waits and not found.released]
    if pipeline.shipper is None or not planned or not sharer.claims:
        return {}
    asked = [by_table(order, sharer.rules.bundles) for order in planned]
    bundles = await bundles_there(pipeline.shipper.role, asked)
    return {pipeline.shipper.connection: bundles, "": bundles}


class _Skus(dict[str, str]):
    """What each SKU of an order is in the warehouse: the product that has this alias, spelled as the warehouse does."""

    def __init__(self, aliases: Aliases, shelves: Shelves) -> None:
        super().__init__()
        self._aliases, self._shelves = aliases, shelves
        self._spellings: Mapping[str, str] | None = None

    def __missing__(self, name: str) -> str:
        self[name] = sku = self._spelled(self._aliases.sku_of(name))
        return sku

    def _spelled(self, sku: str) -> str:
        if self._spellings is None:
            self._spellings = self._shelves.spellings()
        return self._spellings.get(sku.casefold(), sku)
