"""What one distribution centre is asked to ship, what it packed, and what the cart is told."""

from enum import StrEnum

from pydantic import Field, PositiveInt

from crossdock.domain.attachment import Attachment
from crossdock.domain.document import Document, UtcDatetime
from crossdock.domain.parcel import Dimensions, Weight
from crossdock.domain.party import Address


class BundleParent(Document):
    """The order line of which a request line is a component; `per_bundle` pieces make one bundle."""

    sku: str
    per_bundle: PositiveInt


class RequestLine(Document):
    """So many pieces of one stock unit; `id` is unique in the request and comes back with every pick."""

    id: str
    order_line_id: str
    sku: str
    quantity: PositiveInt
    title: str = ""
    bundle: BundleParent | None = None
    gift_message: str = ""
    gift_notes: str = ""


class FulfillmentRequest(Document):
    """The intent to ship (a part of) one order from one distribution centre.

    `key` is our idempotency key and `number` the order number in the warehouse, unique there. Both are decided
    once, before the first attempt, and never change. `source` is what the operator calls the place where it was sold,
    where he says so; `site` is the cart's word.
    """

    key: str
    number: str
    order_external_id: str
    order_number: str
    distribution_center: str
    area: str = ""
    placed_at: UtcDatetime
    deliver_by: UtcDatetime | None = None
    ship_to: Address
    carrier: str
    service_level: str
    site: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""
    custom_fields: dict[str, str] = Field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    lines: tuple[RequestLine, ...]

    def line(self, line_id: str) -> RequestLine | None:
        """The line with this id."""
        return next((line for line in self.lines if line.id == line_id), None)


class PackedLine(Document):
    """So many pieces of one request line in one package; `line_id` is the `RequestLine.id` that we sent."""

    line_id: str
    sku: str
    quantity: PositiveInt


class Package(Document):
    """One parcel: what is in it and how it travels; without a tracking number it is empty text.

    `weight` and `dimensions` are those of the closed box, where the warehouse knows them.
    """

    lines: tuple[PackedLine, ...]
    tracking_number: str = ""
    carrier: str = ""
    service_level: str = ""
    weight: Weight | None = None
    dimensions: Dimensions | None = None


class OrderEvent(StrEnum):
    """What can happen to an order on our side of which its cart may be told.

    The warehouse has accepted all of it; pieces were picked, were packed, got a tracking number, have left the house;
    units will not be shipped.
    """

    RELEASED = "released"
    PICKED = "picked"
    PACKED = "packed"
    TRACKING_ADDED = "tracking_added"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class OrderNotice(Document):
    """What the cart is told of an event that is no shipment and no cancellation; `key` is our idempotency key."""

    key: str
    order_external_id: str
    order_number: str
    event: OrderEvent
    happened_at: UtcDatetime


class ShipmentStage(StrEnum):
    """How far the work on a package has come."""

    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"


class Shipment(Document):
    """The fact that a warehouse picked or packed one package for one request number.

    `external_id` is the warehouse's id of this fact: the same id is the same fact, however often it is told. `stage`
    says how far the work had come when it was told.
    """

    external_id: str
    request_number: str
    shipped_at: UtcDatetime
    package: Package
    stage: ShipmentStage = ShipmentStage.PACKED


class ShipmentReversal(Document):
    """The fact that a warehouse took work back: what it had reported before `reversed_at` for a request did not leave.

    `shipments` are the `external_id`s of the shipments meant, or their ends behind a "/" (of "7/B1" the box "B1", which
    may have been closed before under another number of its own); empty: all of the request.
    """

    external_id: str
    request_number: str
    reversed_at: UtcDatetime
    shipments: tuple[str, ...] = ()


class Shortage(Document):
    """The fact that a warehouse will not ship so many pieces of one line of a request; `reason` is its own word.

    `external_id` is the warehouse's id of this fact; `line_id` the `RequestLine.id` that we sent.
    """

    external_id: str
    request_number: str
    line_id: str
    quantity: PositiveInt
    reason: str = ""
    noticed_at: UtcDatetime


class RequestRefusal(Document):
    """The fact that a warehouse said no to a request which it had seemed to take; `reason` is its own words."""

    request_number: str
    reason: str


class ConfirmedLine(Document):
    """So many whole units of one order line: of a bundle line, whole bundles."""

    order_line_id: str
    sku: str
    product_id: str = ""
    quantity: PositiveInt


class ShipmentConfirmation(Document):
    """What the cart is told about one package; `key` is our idempotency key, `number` the same as an integer.

    `carrier` and `service_level` are already the pair that the cart knows.
    """

    key: str
    number: int
    order_external_id: str
    distribution_center: str
    shipped_at: UtcDatetime
    tracking_number: str
    carrier: str
    service_level: str
    lines: tuple[ConfirmedLine, ...]
