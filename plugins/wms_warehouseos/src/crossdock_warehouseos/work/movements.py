"""Stock that was put, pulled, counted or moved."""

from collections.abc import Callable, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from crossdock.domain import InventoryMovement, MovementKind, Place
from crossdock_warehouseos.models import StockCounted, StockMoved, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import moment, number_or_content
from crossdock_warehouseos.work.putaways import PutawayReader


class MovementReader:
    """Reads transactions of stock under a tenant's names; pure.

    Transaction numbers are taken to be unique among those of one kind only. A count tells by how much the level
    changed, with a sign, and its place on either side.
    """

    def __init__(self, settings: WarehouseOSSettings) -> None:
        self._zone = ZoneInfo(settings.time_zone)
        names = settings.profile.movement.model_dump()
        self._moved = renamed(StockMoved, names)
        self._counted = renamed(StockCounted, names)
        triggers = settings.profile.triggers
        readers: dict[str, Callable[[bytes], InventoryMovement | None]] = {
            triggers.stock_put: partial(self._one_way, MovementKind.PUT),
            triggers.stock_pull: partial(self._one_way, MovementKind.PULL),
            triggers.stock_count: self._count,
            triggers.stock_move: self._move,
        }
        if settings.putaways_move_stock:
            readers[triggers.putaway] = PutawayReader(settings).movement
        self.by_trigger: Mapping[str, Callable[[bytes], InventoryMovement | None]] = readers

    def _one_way(self, kind: MovementKind, body: bytes) -> InventoryMovement | None:
        told = self._moved.model_validate_json(body)
        if kind is MovementKind.PUT:
            return self._movement(kind, told, body, None, told.to_place)
        return self._movement(kind, told, body, told.from_place, None)

    def _move(self, body: bytes) -> InventoryMovement | None:
        told = self._moved.model_validate_json(body)
        return self._movement(MovementKind.MOVE, told, body, told.from_place, told.to_place)

    def _count(self, body: bytes) -> InventoryMovement | None:
        told = self._counted.model_validate_json(body)
        if told.quantity < 0:
            return self._movement(MovementKind.COUNT, told, body, _first_told(told.from_place, told.to_place), None)
        return self._movement(MovementKind.COUNT, told, body, None, _first_told(told.to_place, told.from_place))

    def _movement(
        self, kind: MovementKind, told: StockMoved, body: bytes, origin: Place | None, destination: Place | None
    ) -> InventoryMovement | None:
        """The fact; None where no piece moved."""
        if not told.quantity:
            return None
        return InventoryMovement(
            external_id=f"{kind}/{number_or_content(told.id, body)}",
            kind=kind,
            sku=told.item,
            quantity=abs(told.quantity),
            origin=origin,
            destination=destination,
            reason=told.reason or "",
            order_number=told.order_number or "",
            user=told.user or "",
            moved_at=moment(told.at, self._zone),
        )


def _first_told(expected: Place, other: Place) -> Place:
    return other if expected == Place() else expected
