"""What lies in a warehouse: its areas and locations, how stock moves there, and the levels that it counts."""

from enum import StrEnum

from pydantic import PositiveInt, model_validator

from crossdock.domain.document import Document, UtcDatetime


class Area(Document):
    """A part of a warehouse, by building or purpose; `name` is what orders and stock name it by."""

    name: str
    title: str = ""


class BinLocation(Document):
    """A place where stock can lie; the sequences say in which order people walk past it."""

    name: str
    area: str = ""
    title: str = ""
    kind: str = ""
    zone: str = ""
    pick_sequence: int | None = None
    allocation_sequence: int | None = None
    putaway_sequence: int | None = None


class Place(Document):
    """Where pieces were or are; a warehouse without areas, or one that does not tell the location, leaves it empty."""

    area: str = ""
    location: str = ""


class MovementKind(StrEnum):
    """Why a quantity changed: put in, pulled out, counted anew, or carried from one place to another."""

    PUT = "put"
    PULL = "pull"
    COUNT = "count"
    MOVE = "move"


class InventoryMovement(Document):
    """One transaction of a warehouse: so many pieces of one stock unit left `origin` and came to `destination`.

    Without an origin they came in, without a destination they went out; a count has the one or the other. The same
    `external_id` is the same fact, however often it is told. `reason` is the warehouse's own code, `order_number` the
    order that was picked, where there was one.
    """

    external_id: str
    kind: MovementKind
    sku: str
    quantity: PositiveInt
    origin: Place | None = None
    destination: Place | None = None
    reason: str = ""
    order_number: str = ""
    user: str = ""
    moved_at: UtcDatetime

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "InventoryMovement":
        if self.origin is None and self.destination is None:
            raise ValueError("a movement needs an origin or a destination")
        if self.kind is MovementKind.MOVE and (self.origin is None or self.destination is None):
            raise ValueError("a move needs an origin and a destination")
        return self


class StockModel(StrEnum):
    """When a level falls: on hand at the pick, available at the sale, fulfilled at the shipment. They never mix."""

    ON_HAND = "on_hand"
    AVAILABLE = "available"
    FULFILLED = "fulfilled"


class InventoryLevel(Document):
    """So many pieces of one stock unit in one area (or one location of it), and which model the number follows.

    `allocated` is how many of them orders of the warehouse have claimed, where it tells; `counted_at` is its own word
    on when the number was true.
    """

    sku: str
    model: StockModel
    quantity: int
    place: Place = Place()
    allocated: int | None = None
    counted_at: UtcDatetime | None = None
