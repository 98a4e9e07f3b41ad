"""A warehouse that takes work back, in memory."""

from collections.abc import Sequence
from datetime import timedelta

from crossdock.domain import Shipment, ShipmentReversal
from crossdock.hooks.records import Page, Record

from .builders import NOON
from .remote import Warehouse


class ReversingWarehouse(Warehouse):
    """Tells boxes and reversals in whatever order it is told to."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.facts: list[Shipment | ShipmentReversal] = []

    def tell(self, *facts: Shipment | ShipmentReversal) -> None:
        self.facts.extend(facts)

    def _page(self, offset: int) -> Page:
        end = min(offset + self.page_size, len(self.facts))
        records = tuple(_record(number, self.facts[number]) for number in range(offset, end))
        return Page(records, cursor=str(end), more=end < len(self.facts), checkpoint=str(end))

    def read_shipment(self, record: Record) -> Shipment | ShipmentReversal | None:  # type: ignore[override]
        if record.id.startswith("back"):
            return ShipmentReversal.model_validate_json(record.data)
        return Shipment.model_validate_json(record.data)


def _record(number: int, fact: Shipment | ShipmentReversal) -> Record:
    kind = "back" if isinstance(fact, ShipmentReversal) else "box"
    return Record(f"{kind}{number}", fact.model_dump_json().encode())


def a_reversal(key: str, number: str, *, minute: int = 30, boxes: Sequence[str] = ()) -> ShipmentReversal:
    """Work taken back at this minute: these boxes, or all before."""
    at = NOON + timedelta(minutes=minute)
    return ShipmentReversal(external_id=key, request_number=number, reversed_at=at, shipments=tuple(boxes))
