"""What ChannelAdvisor's status words mean, as data; a word that is not here means UNKNOWN."""

from crossdock.domain import ManagedBy, OrderStatus, PaymentStatus

READY_CHECKOUT = frozenset({"Completed", "CompletedAndVisited", "CompletedOffline"})
READY_PAYMENT = frozenset({"Cleared"})
READY_SHIPPING = frozenset({"PartiallyShipped", "PendingShipment", "Unshipped"})

PAYMENT = {
    "Cleared": PaymentStatus.PAID,
    "Deposited": PaymentStatus.PAID,
    "NotYetSubmitted": PaymentStatus.PENDING,
    "Submitted": PaymentStatus.PENDING,
    "Failed": PaymentStatus.FAILED,
}

CHECKOUT = {
    **dict.fromkeys(READY_CHECKOUT, OrderStatus.OPEN),
    "NotVisited": OrderStatus.PENDING,
    "Visited": OrderStatus.PENDING,
    "OnHold": OrderStatus.PENDING,
    "Disabled": OrderStatus.CANCELLED,
}

SHIPPING = {
    "Unshipped": OrderStatus.OPEN,
    "PendingShipment": OrderStatus.OPEN,
    "ThirdPartyManaged": OrderStatus.OPEN,
    "PartiallyShipped": OrderStatus.PARTIALLY_SHIPPED,
    "Shipped": OrderStatus.SHIPPED,
    "Canceled": OrderStatus.CANCELLED,
}

MANAGED_BY = {
    "SellerManaged": ManagedBy.SELLER,
    "ExternallyManaged": ManagedBy.EXTERNAL,
    "Mixed": ManagedBy.MIXED,
}

GONE = frozenset({"Complete", "InTransit"})
"""Delivery statuses of a fulfillment whose goods have left."""

VOID = frozenset({"Canceled"})
"""Delivery statuses of a fulfillment that asks nobody for anything any more."""


def order_status(*, checkout: str, shipping: str) -> OrderStatus:
    """Where the order stands: cancelled if either says so, else as far as it shipped, else as far as checkout came."""
    by_checkout = CHECKOUT.get(checkout, OrderStatus.UNKNOWN)
    by_shipping = SHIPPING.get(shipping, OrderStatus.UNKNOWN)
    if OrderStatus.CANCELLED in (by_checkout, by_shipping):
        return OrderStatus.CANCELLED
    return by_checkout if by_shipping is OrderStatus.OPEN else by_shipping


def managed_by(*, rollup: str, shipping: str) -> ManagedBy:
    """Who ships the order; a third party's order is external whatever its distribution centres say."""
    if shipping == "ThirdPartyManaged":
        return ManagedBy.EXTERNAL
    return MANAGED_BY.get(rollup, ManagedBy.UNKNOWN)
