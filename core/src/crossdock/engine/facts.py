"""What a warehouse tells of its work, and a shipping system of its parcels, and who told it."""

from dataclasses import dataclass
from enum import StrEnum

from crossdock.domain import InventoryMovement, Parcel, Putaway, RequestRefusal, Shipment, ShipmentReversal, Shortage
from crossdock.engine.lease import named
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.problems import Code
from crossdock.hooks.records import Record

Fact = Shipment | ShipmentReversal | Shortage | RequestRefusal | InventoryMovement | Putaway | Parcel
"""What a warehouse tells of its work, or a shipping system of its parcels."""


class RecordKind(StrEnum):
    """As what raw records of facts are kept, by the flow that reads them."""

    SHIPMENT = "shipment"
    MOVEMENT = "movement"
    PARCEL = "parcel"


@dataclass(frozen=True, slots=True)
class FactSource:
    """Who tells the facts: the connection, as what its raw records are kept, and who hears of stock that moves.

    Two warehouses may count their records alike: of one that is not the pipeline's own, `place` tells them apart.
    """

    connection: str
    kind: RecordKind
    hearers: tuple[Hearer, ...] = ()
    place: str = ""

    @property
    def kept_as(self) -> str:
        """As what the raw records are kept."""
        return named(self.kind.value, self.place)

    @property
    def unreadable(self) -> Code:
        """What kind of problem a record is that cannot be read."""
        return Code.UNREADABLE_PARCEL if self.kind is RecordKind.PARCEL else Code.UNREADABLE_SHIPMENT

    def kept_id(self, record_id: str) -> str:
        """What a record is called in the store."""
        return f"{self.place}/{record_id}" if self.place else record_id

    def told_id(self, kept_id: str) -> str:
        """What the warehouse calls a record of the store."""
        return kept_id.removeprefix(f"{self.place}/") if self.place else kept_id


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One record of a warehouse's work; without facts it was unreadable, or tells nothing of ours."""

    record: Record
    digest: bytes
    facts: tuple[Fact, ...] = ()
