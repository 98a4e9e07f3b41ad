"""An order as a cart or marketplace sold it."""

from enum import StrEnum

from pydantic import Field, PositiveInt

from crossdock.domain.adjustment import RecordedAdjustment
from crossdock.domain.attachment import Attachment
from crossdock.domain.document import Document, UtcDatetime
from crossdock.domain.money import Money
from crossdock.domain.party import Address


class PaymentStatus(StrEnum):
    """Whether the goods may leave; a word of the cart that is not known is UNKNOWN, never an error."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"


class OrderStatus(StrEnum):
    """Where the order stands at the cart."""

    PENDING = "pending"
    OPEN = "open"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ManagedBy(StrEnum):
    """Who ships the order: the seller, somebody else (as Amazon does for FBA), or both.

    Of a MIXED order only the seller's parts stand in `Order.allocations`; a line without any is somebody else's.
    """

    SELLER = "seller"
    EXTERNAL = "external"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class BundleComponent(Document):
    """One part of a bundle line; `quantity` is the number of pieces in ONE bundle."""

    sku: str
    quantity: PositiveInt
    title: str = ""
    external_id: str = ""


class OrderLine(Document):
    """One line of an order; the same SKU may stand on several lines, so the key is `external_id`."""

    external_id: str
    sku: str
    quantity: PositiveInt
    title: str = ""
    product_id: str = ""
    unit_price: Money | None = None
    components: tuple[BundleComponent, ...] = ()
    gift_message: str = ""
    gift_notes: str = ""


class Allocation(Document):
    """So many pieces of one line are to leave from one distribution centre.

    `reference` is the cart's own id of this part (a ChannelAdvisor fulfillment); `shipped` says that the cart
    already counts it as gone.
    """

    line_id: str
    distribution_center: str
    quantity: PositiveInt
    reference: str = ""
    shipped: bool = False


class Order(Document):
    """A sale: who gets what, from where, how fast, and whether it may leave yet.

    `external_id` is the cart's key, unique in one connection. `number` is what people call the order; it becomes
    the number in the warehouse. `source_status` keeps the cart's own words for every status. `acknowledged` says
    whether the cart holds our mark that we have the order, where the order's own record shows it (None: it does not;
    a list may, see `Record.marked`).
    """

    external_id: str
    number: str
    profile: str = ""
    site: str = ""
    placed_at: UtcDatetime
    updated_at: UtcDatetime | None = None
    payment: PaymentStatus
    status: OrderStatus
    managed_by: ManagedBy = ManagedBy.SELLER
    source_status: dict[str, str] = Field(default_factory=dict)
    ship_to: Address
    requested_carrier: str = ""
    requested_service: str = ""
    deliver_by: UtcDatetime | None = None
    lines: tuple[OrderLine, ...]
    allocations: tuple[Allocation, ...] = ()
    total: Money | None = None
    tags: tuple[str, ...] = ()
    flag: str = ""
    notes: str = ""
    custom_fields: dict[str, str] = Field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    adjustments: tuple[RecordedAdjustment, ...] = ()
    acknowledged: bool | None = None

    def line(self, external_id: str) -> OrderLine | None:
        """The line with this key."""
        return next((line for line in self.lines if line.external_id == external_id), None)
