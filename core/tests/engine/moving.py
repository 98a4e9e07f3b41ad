"""A warehouse in memory that tells how its stock moves, one queue for everything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from crossdock.domain import InventoryLevel, InventoryMovement, MovementKind, Place, Shipment, StockModel
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.pipeline import Bound
from crossdock.hooks.records import Cursor, Page, Record
from crossdock.mapping import AreaRule, Areas

from .builders import NOON, rules_that_map_all
from .remote import QueueingWarehouse, Remote
from .shelf import EAST, WEST, Shelf, with_shelf
from .world import World

TWO_CENTRES = Areas(
    (AreaRule("QUARANTINE", None), AreaRule("MAIN", EAST), AreaRule("BULK*", EAST), AreaRule("W", WEST))
)


def a_movement(
    key: str,
    quantity: int = 1,
    origin: str | None = None,
    destination: str | None = None,
    *,
    sku: str = "A",
    reason: str = "",
    order: str = "",
    minute: int = 0,
) -> InventoryMovement:
    """So many pieces that left an area, came to one, or both."""
    ways = {(True, True): MovementKind.MOVE, (True, False): MovementKind.PULL, (False, True): MovementKind.PUT}
    return InventoryMovement(
        external_id=key,
        kind=ways[origin is not None, destination is not None],
        sku=sku,
        quantity=quantity,
        origin=None if origin is None else Place(area=origin, location="01-01"),
        destination=None if destination is None else Place(area=destination),
        reason=reason,
        order_number=order,
        user="ada",
        moved_at=NOON + timedelta(minutes=minute),
    )


class TellingWarehouse(QueueingWarehouse):
    """Tells its boxes and its movements in one queue until they are acknowledged."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.queue: list[Record] = []

    def move(self, *movements: InventoryMovement) -> None:
        self.queue += [Record(f"m-{one.external_id}", b"m" + one.model_dump_json().encode()) for one in movements]

    def pack(self, *boxes: Shipment) -> None:
        self.queue += [Record(f"b-{box.external_id}", b"b" + box.model_dump_json().encode()) for box in boxes]

    def _page(self, offset: int) -> Page:
        waiting = [record for record in self.queue if record.id not in self.saved]
        return Page(tuple(waiting[: self.page_size]), more=len(waiting) > self.page_size)

    def read_shipment(self, record: Record) -> Shipment | None:
        return Shipment.model_validate_json(record.data[1:]) if record.data[:1] == b"b" else None

    def read_movement(self, record: Record) -> InventoryMovement | None:
        return InventoryMovement.model_validate_json(record.data[1:]) if record.data[:1] == b"m" else None


class StockRoom(Remote):
    """An inventory source that asks for nothing to be acknowledged and is entered where it was left."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: list[InventoryMovement] = []

    async def fetch_movements(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("fetch_movements", lambda: self._page(int(cursor or 0)))

    def _page(self, offset: int) -> Page:
        end = min(offset + 3, len(self.moved))
        records = tuple(Record(one.external_id, one.model_dump_json().encode()) for one in self.moved[offset:end])
        return Page(records, cursor=str(end), more=end < len(self.moved), checkpoint=str(end))

    def read_movement(self, record: Record) -> InventoryMovement | None:
        return InventoryMovement.model_validate_json(record.data)

    async def fetch_levels(self, cursor: Cursor | None) -> Page:
        return Page(())

    def read_levels(self, record: Record) -> Sequence[InventoryLevel]:
        return (InventoryLevel(sku="A", model=StockModel.ON_HAND, quantity=1),)


def with_movements(world: World, *skus: str, areas: Areas = TWO_CENTRES, cart: str = "shop") -> Shelf:
    """The world's warehouse tells its movements to the pipeline, whose cart is told of stock."""
    world.warehouse = TellingWarehouse()
    shelf = with_shelf(world, *skus)
    world.rules = replace(rules_that_map_all(), areas=areas)
    world.changes |= {
        "inventory_sink": Bound(cart, shelf, 4),
        "inventory_source": Bound("warehouse", StockRoom()),
        "hearers": {"warehouse": (Hearer("main", sells=True),)},
    }
    return shelf


def warehouse_of(world: World) -> TellingWarehouse:
    """The world's warehouse as one that tells."""
    assert isinstance(world.warehouse, TellingWarehouse)
    return world.warehouse
