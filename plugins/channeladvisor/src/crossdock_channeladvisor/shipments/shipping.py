"""What the cart is told about a package, and how the package is found there again; pure."""

from collections import Counter
from datetime import datetime

from crossdock import FinalAnswer, Rejected
from crossdock.domain import ShipmentConfirmation
from crossdock_channeladvisor.errors import check_order_id
from crossdock_channeladvisor.listing import moment
from crossdock_channeladvisor.models import VendorDocument, VendorFulfillment
from crossdock_channeladvisor.orders.parts import has_left, is_void
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.carriers import check_pair
from crossdock_channeladvisor.shipments.marketplace import SHIPMENT, answer_of
from crossdock_channeladvisor.shipments.standing import OrderStanding, held_units


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


def check_confirmation(confirmation: ShipmentConfirmation, settings: ChannelAdvisorSettings) -> None:
    """Refuse what ChannelAdvisor would refuse, as far as the package itself tells."""
    check_order_id(confirmation.order_external_id)
    center = _center(confirmation)
    if center in settings.externally_managed_centers:
        raise Rejected(f"distribution centre {center} is managed by somebody else, who reports what leaves it")
    check_pair(confirmation.carrier, confirmation.service_level, settings.carriers)


def check_order(confirmation: ShipmentConfirmation, order: OrderStanding, settings: ChannelAdvisorSettings) -> None:
    """Refuse an order that somebody else ships, and a package that may have left any of several centres."""
    if order.shipping_status == "ThirdPartyManaged":
        raise Rejected(
            f"order {order.id} is shipped by a third party: ChannelAdvisor does not pass on what we tell of it"
        )
    if not confirmation.distribution_center:
        _check_meant(order, settings)


def _check_meant(order: OrderStanding, settings: ChannelAdvisorSettings) -> None:
    """Refuse where ChannelAdvisor could take a package that names no centre for one of another."""
    open_parts = [part for part in order.fulfillments or () if not (is_void(part) or has_left(part))]
    centers = {part.distribution_center_id for part in open_parts}
    ours = sorted(centers - {*settings.externally_managed_centers})
    if centers and not ours:
        raise Rejected(f"all open parts of order {order.id} are managed by somebody else, who reports what leaves")
    if len(ours) > 1:
        raise Rejected(
            f"the package does not say which distribution centre it left, and order {order.id} has parts in "
            f"{', '.join(map(str, ours))}"
        )


def seller_fulfillment_id(
    confirmation: ShipmentConfirmation, settings: ChannelAdvisorSettings, site: int | None = None
) -> str:
    """What the shipment is called at the cart; the integer where the site takes nothing else."""
    by_number = settings.seller_fulfillment_id == "number" or site in settings.number_only_sites
    return str(confirmation.number) if by_number else confirmation.key


def ship_call(
    confirmation: ShipmentConfirmation, settings: ChannelAdvisorSettings, now: datetime, site: int | None = None
) -> bytes:
    """The body that reports one package; a moment in the future is brought back to now (marketplaces refuse it)."""
    if not confirmation.lines:
        raise Rejected("the package is empty, and ChannelAdvisor would take that for the whole order")
    request = ShipRequest(
        shipped_date_utc=moment(min(confirmation.shipped_at, now)),
        tracking_number=confirmation.tracking_number or None,
        shipping_carrier=confirmation.carrier or None,
        shipping_class=confirmation.service_level or None,
        distribution_center_id=_center(confirmation),
        seller_fulfillment_id=seller_fulfillment_id(confirmation, settings, site),
        items=tuple(
            ShipItem(
                order_item_id=_number(line.order_line_id),
                product_id=_number(line.product_id) if line.product_id else None,
                quantity=line.quantity,
            )
            for line in confirmation.lines
        ),
    )
    return ShipCall(value=request).model_dump_json(by_alias=True, exclude_none=True).encode()


def _number(id_: str) -> int:
    try:
        return int(id_)
    except ValueError:
        raise Rejected(f"'{id_}' is no id of ChannelAdvisor, where lines and products have numbers") from None


def _center(confirmation: ShipmentConfirmation) -> int | None:
    center = confirmation.distribution_center
    try:
        return int(center) if center else None
    except ValueError:
        raise Rejected(
            f"'{center}' is no distribution centre of ChannelAdvisor, where they are numbers: "
            "`crossdock check --connect` lists them"
        ) from None


def find_fulfillments(order: OrderStanding, confirmation: ShipmentConfirmation) -> tuple[VendorFulfillment, ...]:
    """The fulfillments that a confirmation has made: by our id, or by tracking number and contents if one bears none.

    ChannelAdvisor may spread one package over several, which then all bear our id, as text or as a number. One that
    bears another id is another package, even of the same contents under the same number.
    """
    names = {confirmation.key, str(confirmation.number)}
    fulfillments = order.fulfillments or ()
    named = tuple(part for part in fulfillments if part.seller_fulfillment_id in names)
    return named or tuple(part for part in fulfillments if _is_nameless_twin(part, order, confirmation))[:1]


def _is_nameless_twin(fulfillment: VendorFulfillment, order: OrderStanding, confirmation: ShipmentConfirmation) -> bool:
    if fulfillment.seller_fulfillment_id or not confirmation.tracking_number:
        return False
    if not has_left(fulfillment) or fulfillment.tracking_number != confirmation.tracking_number:
        return False
    told = Counter[str]()
    for line in confirmation.lines:
        told[line.order_line_id] += line.quantity
    return held_units(fulfillment, order) == told


def shipment_answer(order: OrderStanding, confirmation: ShipmentConfirmation) -> FinalAnswer | None:
    """What the marketplace has made of a package so far, or None if the cart does not show the package."""
    fulfillments = find_fulfillments(order, confirmation)
    if not fulfillments:
        return None
    rows = [row for fulfillment in fulfillments for row in fulfillment.items or ()]
    return answer_of((row.marketplace_shipping_status or "" for row in rows), SHIPMENT)
