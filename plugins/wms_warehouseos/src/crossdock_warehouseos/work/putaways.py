"""Received goods that were put away."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from crossdock.domain import InventoryMovement, MovementKind, Place, Putaway
from crossdock_warehouseos.models import GoodsPutAway, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import moment, number_in, number_or_content


class PutawayReader:
    """Reads putaways under a tenant's names; pure."""

    def __init__(self, settings: WarehouseOSSettings) -> None:
        self._zone = ZoneInfo(settings.time_zone)
        self._put_away = renamed(GoodsPutAway, settings.profile.putaway.model_dump())
        self.by_trigger: Mapping[str, Callable[[bytes], Putaway | None]] = {
            settings.profile.triggers.putaway: self.putaway
        }

    def putaway(self, body: bytes) -> Putaway | None:
        """What was put away; None where nothing was."""
        told = self._put_away.model_validate_json(body)
        if not told.quantity:
            return None
        return Putaway(
            external_id=number_in(told.number, number_or_content(told.id, body)),
            purchase_order=told.number,
            sku=told.item,
            quantity=told.quantity,
            line_id=told.host_id or "",
            place=Place(area=told.area or "", location=told.location or ""),
            user=told.user or "",
            put_at=moment(told.at, self._zone),
        )

    def movement(self, body: bytes) -> InventoryMovement | None:
        """The same as stock that was put in, for a tenant that tells it in no other message."""
        fact = self.putaway(body)
        if fact is None:
            return None
        return InventoryMovement(
            external_id=f"putaway/{fact.external_id}",
            kind=MovementKind.PUT,
            sku=fact.sku,
            quantity=fact.quantity,
            destination=fact.place,
            user=fact.user,
            moved_at=fact.put_at,
        )
