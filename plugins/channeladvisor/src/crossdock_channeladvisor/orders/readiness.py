"""Where an order stands, and whether it may leave: never before the settings want it; pure.

A list shows only what the settings ask for, but an order that is read again, by the sweep or singly, may have left that
choice. What the settings do not want is therefore not ready, wherever it comes from.
"""

from dataclasses import dataclass

from crossdock.domain import ManagedBy, OrderStatus, PaymentStatus
from crossdock_channeladvisor.models import VendorOrder
from crossdock_channeladvisor.orders.allocating import Shares, still_held
from crossdock_channeladvisor.orders.claims import holder_of, taken_by_others
from crossdock_channeladvisor.orders.glances import tag_refusal
from crossdock_channeladvisor.orders.parts import is_void, unsure_of_manager
from crossdock_channeladvisor.orders.recorded import cancelled_by
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.statuses import PAYMENT, order_status

SHIPPABLE = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED})


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of an order, and the cart's words and our reasons behind it."""

    status: OrderStatus
    words: dict[str, str]


def payment_of(order: VendorOrder, settings: ChannelAdvisorSettings) -> PaymentStatus:
    """Whether the order is paid: by a word that the settings want."""
    word = order.payment_status or ""
    payment = PAYMENT.get(word, PaymentStatus.UNKNOWN)
    if payment is PaymentStatus.PAID and settings.payment_status and word not in settings.payment_status:
        return PaymentStatus.PENDING
    return payment


def standing_of(order: VendorOrder, shares: Shares, number: str, settings: ChannelAdvisorSettings) -> Standing:
    """Where the order stands, by its words, adjustments, fulfillments and the settings; `number` is ours."""
    words = {
        "checkout": order.checkout_status or "",
        "payment": order.payment_status or "",
        "shipping": order.shipping_status or "",
        "managed": order.distribution_center_type_rollup or "",
    }
    status = order_status(checkout=words["checkout"], shipping=words["shipping"])
    if status in (OrderStatus.CANCELLED, OrderStatus.SHIPPED):
        return Standing(status, words)
    if reason := _cancelled(order, settings):
        return Standing(OrderStatus.CANCELLED, words | {"cancelled": reason})
    if status in SHIPPABLE and (reason := _unwanted(order, number, settings)):
        return Standing(OrderStatus.PENDING, words | {"not wanted": reason})
    if status in SHIPPABLE and (reason := still_held(order, shares) or unsure_of_manager(order, settings)):
        return Standing(OrderStatus.PENDING, words | {"waits because": reason})
    return Standing(status, words)


def is_over(status: OrderStatus, manager: ManagedBy) -> bool:
    """Whether nothing of an order is left for us to ship, whatever its parts look like."""
    return manager is ManagedBy.EXTERNAL or status in (OrderStatus.CANCELLED, OrderStatus.SHIPPED)


def _cancelled(order: VendorOrder, settings: ChannelAdvisorSettings) -> str:
    """Why the order counts as cancelled although its status does not say so yet."""
    if who := cancelled_by(order, settings):
        return f"every unit is, by {who}"
    parts = order.fulfillments or ()
    return "every fulfillment is" if parts and all(is_void(part) for part in parts) else ""


def _unwanted(order: VendorOrder, number: str, settings: ChannelAdvisorSettings) -> str:
    """Why the settings do not want an order that could be shipped; the site and the day cannot change any more."""
    if settings.checkout_status and order.checkout_status not in settings.checkout_status:
        return "by `checkout_status`"
    if settings.shipping_status and order.shipping_status not in settings.shipping_status:
        return "by `shipping_status`"
    if settings.flag_ids and order.flag_id not in settings.flag_ids:
        return "by `flag_ids`"
    if settings.claim == "fulfillment" and (part := taken_by_others(order, number, settings)):
        return f"fulfillment {part.id} {holder_of(part, settings)}"
    return tag_refusal(order.order_tags, settings)
