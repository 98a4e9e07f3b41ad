"""What the cart is told about a package, and how the package is found there again; pure."""

from collections import Counter
from datetime import datetime

from crossdock import Rejected
from crossdock.domain import ShipmentConfirmation
from crossdock_channeladvisor.listing import moment
from crossdock_channeladvisor.models import VendorDocument, VendorFulfillment, VendorOrder
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.statuses import GONE


class ShipItem(VendorDocument):
    """So many units of one order line; bundles go by the parent line.

    The SKU stays out: the line's id says it all, and for an alias product our SKU is not the one of the line.
    """

    order_item_id: int
    product_id: int | None = None
    quantity: int


class ShipRequest(VendorDocument):
    """One package; lines that are not named stay open."""

    shipped_date_utc: str
    tracking_number: str | None = None
    shipping_carrier: str | None = None
    shipping_class: str | None = None
    distribution_center_id: int | None = None
    seller_fulfillment_id: str
    delivery_status: str = "Complete"
    fulfillment_type: str = "Ship"
    items: tuple[ShipItem, ...]


class ShipCall(VendorDocument):
    """The body of the Ship action: its one parameter is named `Value`."""

    value: ShipRequest


def seller_fulfillment_id(confirmation: ShipmentConfirmation, settings: ChannelAdvisorSettings) -> str:
    """What the shipment is called at the cart."""
    return str(confirmation.number) if settings.seller_fulfillment_id == "number" else confirmation.key


def ship_call(confirmation: ShipmentConfirmation, settings: ChannelAdvisorSettings, now: datetime) -> bytes:
    """The body that reports one package; a moment in the future is brought back to now (marketplaces refuse it)."""
    if not confirmation.lines:
        raise Rejected("the package is empty, and ChannelAdvisor would take that for the whole order")
    request = ShipRequest(
        shipped_date_utc=moment(min(confirmation.shipped_at, now)),
        tracking_number=confirmation.tracking_number or None,
        shipping_carrier=confirmation.carrier or None,
        shipping_class=confirmation.service_level or None,
        distribution_center_id=_center(confirmation),
        seller_fulfillment_id=seller_fulfillment_id(confirmation, settings),
        items=tuple(
            ShipItem(
                order_item_id=int(line.order_line_id),
                product_id=int(line.product_id) if line.product_id else None,
                quantity=line.quantity,
            )
            for line in confirmation.lines
        ),
    )
    return ShipCall(value=request).model_dump_json(by_alias=True, exclude_none=True).encode()


def _center(confirmation: ShipmentConfirmation) -> int | None:
    center = confirmation.distribution_center
    try:
        return int(center) if center else None
    except ValueError:
        raise Rejected(
            f"'{center}' is no distribution centre of ChannelAdvisor, where they are numbers: "
            "`crossdock check --connect` lists them"
        ) from None


def find_fulfillment(
    order: VendorOrder, confirmation: ShipmentConfirmation, settings: ChannelAdvisorSettings
) -> VendorFulfillment | None:
    """The fulfillment that a confirmation has made: by our id, or by tracking number and contents if it bears none.

    A fulfillment that bears another id is another package, even of the same contents under the same number.
    """
    name = seller_fulfillment_id(confirmation, settings)
    fulfillments = order.fulfillments or ()
    named = next((part for part in fulfillments if part.seller_fulfillment_id == name), None)
    return named or next((part for part in fulfillments if _is_nameless_twin(part, confirmation)), None)


def _is_nameless_twin(fulfillment: VendorFulfillment, confirmation: ShipmentConfirmation) -> bool:
    if fulfillment.seller_fulfillment_id or not confirmation.tracking_number:
        return False
    if fulfillment.delivery_status not in GONE or fulfillment.tracking_number != confirmation.tracking_number:
        return False
    held, told = Counter[str](), Counter[str]()
    for row in fulfillment.items or ():
        held[str(row.order_item_id)] += row.quantity
    for line in confirmation.lines:
        told[line.order_line_id] += line.quantity
    return held == told
