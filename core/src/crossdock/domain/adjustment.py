"""Cancellations and refunds: what the cart is asked for, and what it has on record."""

from decimal import Decimal
from enum import StrEnum

from pydantic import Field, PositiveInt

from crossdock.domain.document import Document


class AdjustmentKind(StrEnum):
    """Units that will not be shipped, or money for units that were; a word that is not known is UNKNOWN."""

    CANCELLATION = "cancellation"
    REFUND = "refund"
    UNKNOWN = "unknown"


class AdjustmentReason(StrEnum):
    """Why; each cart translates it into its own words."""

    GENERAL = "general"
    NOT_AVAILABLE = "not_available"
    RETURNED = "returned"
    COULD_NOT_SHIP = "could_not_ship"
    ALTERNATE_ITEM = "alternate_item"
    BUYER_CANCELLED = "buyer_cancelled"
    EXCHANGE = "exchange"
    NOT_RECEIVED = "not_received"
    UNDELIVERABLE = "undeliverable"


class AdjustedAmounts(Document):
    """Amounts to be paid back, in the order's currency; None: the cart works it out by quantity, 0: nothing of it."""

    item: Decimal | None = None
    tax: Decimal | None = None
    shipping: Decimal | None = None
    shipping_tax: Decimal | None = None
    gift_wrap: Decimal | None = None
    gift_wrap_tax: Decimal | None = None
    recycling_fee: Decimal | None = None


class OrderAdjustment(Document):
    """One cancellation or refund that the cart is asked for; `key` is our idempotency key, `number` the same as an
    integer.

    Without a `line_id` it concerns the whole order, without a `quantity` all units of the line. `restock` puts the
    units back into the cart's stock. `tell_marketplace=False` records it at the cart only.
    """

    key: str
    number: int
    order_external_id: str
    order_number: str
    kind: AdjustmentKind
    reason: AdjustmentReason = AdjustmentReason.GENERAL
    line_id: str = ""
    quantity: PositiveInt | None = None
    amounts: AdjustedAmounts | None = None
    restock: bool = False
    tell_marketplace: bool = True


class RecordedAdjustment(Document):
    """A cancellation or refund that the cart shows with an order; `key` is ours if we asked for it.

    Without a `line_id` it concerns the whole order, without a `quantity` all units of the line, and with 0 none of
    them. The quantity of the line itself stays what was ordered, and cancelled units come off when it is shipped.
    `by_buyer` says that the buyer or the marketplace began it, `refused` that somebody has said no to it.
    `source_status` keeps the cart's own words.
    """

    external_id: str
    key: str = ""
    kind: AdjustmentKind = AdjustmentKind.UNKNOWN
    line_id: str = ""
    quantity: int | None = None
    by_buyer: bool = False
    refused: bool = False
    source_status: dict[str, str] = Field(default_factory=dict)
