"""Goods that come in: what a warehouse is told to expect, and what was put away of it."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock.domain.document import Document, UtcDatetime
from crossdock.domain.warehouse import Place


class ExpectedLine(Document):
    """So many pieces that are expected; `id` is ours, unique in the purchase order, and comes back with putaways.

    A line is never taken away: what is not expected any more is expected 0 times.
    """

    id: str
    sku: str
    quantity: NonNegativeInt


class PurchaseOrder(Document):
    """Goods that a warehouse is to expect under `number`, which is unique there."""

    number: str
    supplier: str = ""
    area: str = ""
    expected_at: UtcDatetime | None = None
    notes: str = ""
    lines: Annotated[tuple[ExpectedLine, ...], Field(min_length=1)]


class Putaway(Document):
    """One transaction of received goods: so many pieces of a purchase order were put to a place.

    The same `external_id` is the same fact. `line_id` is the id of the expected line; empty where the warehouse added
    a line by itself.
    """

    external_id: str
    purchase_order: str
    sku: str
    quantity: PositiveInt
    line_id: str = ""
    place: Place = Place()
    user: str = ""
    put_at: UtcDatetime
