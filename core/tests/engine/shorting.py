"""A warehouse that finds less than it was asked for, in memory."""

from collections.abc import Sequence
from datetime import timedelta

from crossdock.domain import Shipment, ShipmentReversal, Shortage
from crossdock.hooks.records import Page, Record

from .builders import NOON
from .remote import Warehouse

Told = Shipment | ShipmentReversal | Shortage
KINDS: dict[str, type[Told]] = {"Shipment": Shipment, "ShipmentReversal": ShipmentReversal, "Shortage": Shortage}


class ShortingWarehouse(Warehouse):
    """Tells boxes, reversals and shortages in whatever order it is told to."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.facts: list[Told] = []

    def tell(self, *facts: Told) -> None:
        self.facts.extend(facts)

    def _page(self, offset: int) -> Page:
        end = min(offset + self.page_size, len(self.facts))
        told = ((f"{type(self.facts[place]).__name__} {place}", self.facts[place]) for place in range(offset, end))
        records = tuple(Record(name, fact.model_dump_json().encode()) for name, fact in told)
        return Page(records, cursor=str(end), more=end < len(self.facts), checkpoint=str(end))

    def _fact(self, record: Record) -> Told:
        return KINDS[record.id.split()[0]].model_validate_json(record.data)

    def read_shipment(self, record: Record) -> Shipment | ShipmentReversal | None:  # type: ignore[override]
        fact = self._fact(record)
        return None if isinstance(fact, Shortage) else fact

    def read_shortages(self, record: Record) -> Sequence[Shortage]:
        fact = self._fact(record)
        return [fact] if isinstance(fact, Shortage) else []


def a_shortage(
    key: str, line: str, quantity: int, *, number: str = "N1", reason: str = "", minute: int = 0
) -> Shortage:
    """Pieces of a line that will not come."""
    at = NOON + timedelta(minutes=minute)
    return Shortage(
        external_id=key, request_number=number, line_id=line, quantity=quantity, reason=reason, noticed_at=at
    )
