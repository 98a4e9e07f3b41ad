"""A warehouse in memory that counts what lies where, and a pipeline that takes stock of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crossdock.domain import InventoryLevel, Place, StockModel
from crossdock.engine.claims import Sharer
from crossdock.engine.pipeline import Bound
from crossdock.engine.positions import Position, StockTaking
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.engine.stock_taking import take_stock
from crossdock.hooks.records import Cursor, Page, Record
from crossdock.mapping import AreaRule, Areas

from .builders import rules_that_map_all
from .moving import StockRoom
from .shelf import EAST, WEST, with_shelf
from .world import World

AREAS = Areas((AreaRule("Q", None), AreaRule("MAIN", EAST), AreaRule("BULK*", EAST), AreaRule("W", WEST)))
CENTERS = {EAST: DistributionCenterRule("MAIN", "warehouse"), WEST: DistributionCenterRule("W", "warehouse")}


def a_level(
    sku: str,
    quantity: int,
    area: str = "MAIN",
    *,
    model: StockModel = StockModel.ON_HAND,
    allocated: int | None = None,
    counted_at: datetime | None = None,
) -> InventoryLevel:
    """So many pieces in an area."""
    place = Place(area=area, location="01-01")
    return InventoryLevel(
        sku=sku, model=model, quantity=quantity, place=place, allocated=allocated, counted_at=counted_at
    )


class CountingRoom(StockRoom):
    """An inventory source that lists what lies where; `repeats` rows slip to the next page."""

    def __init__(self, *levels: InventoryLevel, page_size: int = 2, repeats: int = 0) -> None:
        super().__init__()
        self.levels: list[InventoryLevel] = list(levels)
        self.page_size, self.repeats = page_size, repeats
        self.broken: set[str] = set()

    async def fetch_levels(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("fetch_levels", lambda: self._levels_from(int(cursor or 0)))

    def _levels_from(self, start: int) -> Page:
        end = start + self.page_size
        rows = enumerate(self.levels[max(start - self.repeats, 0) : end], start=max(start - self.repeats, 0))
        records = tuple(Record(str(number), level.model_dump_json().encode()) for number, level in rows)
        return Page(records, cursor=str(end), more=end < len(self.levels))

    def read_levels(self, record: Record) -> Sequence[InventoryLevel]:
        if record.id in self.broken:
            raise ZeroDivisionError("a bug of the plugin")
        return (InventoryLevel.model_validate_json(record.data),)


def own_rules(**changes: object) -> PipelineRules:
    """Two centres of one warehouse, and what counts for them."""
    return replace(rules_that_map_all(), distribution_centers=CENTERS, areas=AREAS, **changes)  # type: ignore[arg-type]


def own_sharer(rules: PipelineRules) -> Sharer:
    """The pipeline itself among those that share its stock."""
    return Sharer(rules, {"warehouse"}, {EAST: (EAST,), WEST: (WEST,)}, (EAST, WEST))


def with_counting(world: World, *levels: InventoryLevel, sharers: Sequence[Sharer] = ()) -> CountingRoom:
    """The world's pipeline takes stock of this room; its cart is also the one that it tells."""
    room, rules = CountingRoom(*levels), own_rules()
    with_shelf(world)
    world.rules = rules
    world.changes |= {
        "inventory_sink": Bound("cart", world.changes["inventory_sink"].role, 4),
        "inventory_source": Bound("warehouse", room),
        "sharers": (own_sharer(rules), *sharers),
        "shipper": Bound("warehouse", world.warehouse),
    }
    return room


async def taken(world: World) -> StockTaking:
    """What the pipeline finds when it takes stock now."""
    return await take_stock(world.pipeline())


def numbers(found: Position) -> tuple[int, int, int, int]:
    """On hand, allocated, in flight, of others."""
    return found.on_hand, found.allocated, found.in_flight, found.of_others
