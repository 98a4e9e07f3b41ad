"""Stock: changes that a cart is told, and what it holds."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from crossdock.domain.document import Document, UtcDatetime


class StockMeaning(StrEnum):
    """What the numbers of a change mean: a signed difference, a level that may be sold as it is, or what lies on the
    shelf, from which the cart itself subtracts what it has promised to buyers."""

    DIFFERENCE = "difference"
    SELLABLE = "sellable"
    ON_HAND = "on_hand"


class CenterQuantity(Document):
    """So many pieces at one distribution centre (the cart's own id of it, which may be 0 or negative)."""

    distribution_center: str
    quantity: int


class StockItem(Document):
    """One stock unit as the cart knows it; `product_id` is the cart's own id where we know it."""

    sku: str
    product_id: str = ""


class StockReading(Document):
    """What the cart holds of one stock unit at one moment; `refusal` says why nothing can be said or changed.

    `available` is what may still be sold at each centre, `reserved` what is promised to buyers in all.
    """

    item: StockItem
    available: tuple[CenterQuantity, ...] = ()
    reserved: int = 0
    refusal: str = ""

    def at(self, distribution_center: str) -> int:
        """What is available at a centre; one that is not listed holds nothing."""
        found = (one.quantity for one in self.available if one.distribution_center == distribution_center)
        return next(found, 0)


class StockChange(Document):
    """One change of one stock unit's quantities; `key` is our idempotency key.

    A movement between centres is one DIFFERENCE with two entries. `before` is what the cart held at `read_at`, just
    before a DIFFERENCE was sent: with it, doubt can be settled. Without it, the DIFFERENCE was not sent.
    """

    key: str
    item: StockItem
    meaning: StockMeaning
    centers: Annotated[tuple[CenterQuantity, ...], Field(min_length=1)]
    reason: str = ""
    before: StockReading | None = None
    read_at: UtcDatetime | None = None
