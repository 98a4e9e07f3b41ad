"""What ChannelAdvisor's status words mean, as data; a word that is not here means UNKNOWN."""

from crossdock.domain import AdjustmentKind, ManagedBy, OrderStatus, PaymentStatus

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

THIRD_PARTY = frozenset({"ThirdPartyManaged"})
"""Delivery statuses of a fulfillment that somebody else ships, wherever it lies."""

ADJUSTMENT_KIND = {"Cancellation": AdjustmentKind.CANCELLATION, "Refund": AdjustmentKind.REFUND}

BY_BUYER = frozenset({"Channel"})
"""Sources of an adjustment that the buyer or the marketplace began (assumed from the word)."""

REFUSED_REQUESTS = frozenset({"PendingRejection", "ProcessingRejection", "RejectionCompleted", "Error"})
"""Request statuses of an adjustment that comes to nothing (assumed from the words)."""

FLAGS = {
    1: "RedFlag",
    2: "QuestionMark",
    3: "NotAvailable",
    4: "Price",
    5: "YellowFlag",
    6: "GreenFlag",
    7: "BlueFlag",
    -1: "ExclamationPoint",
    -2: "ItemCopied",
}
"""Words for the numbers of flags."""

NO_FLAG = frozenset({0, -9999})

AMAZON_CENTER = -2
"""The distribution centre of Amazon's FBA, as client code has it."""

AMAZON_SITES = (640, 641, 642, 643, 644, 645, 683)
"""SiteIDs of Amazon US, UK, DE, FR, CA, IT and ES, as client code has them."""


def order_status(*, checkout: str, shipping: str) -> OrderStatus:
    """Where the order stands: cancelled if either says so, else shipped, else no further than checkout came."""
    by_checkout = CHECKOUT.get(checkout, OrderStatus.UNKNOWN)
    by_shipping = SHIPPING.get(shipping, OrderStatus.UNKNOWN)
    if OrderStatus.CANCELLED in (by_checkout, by_shipping):
        return OrderStatus.CANCELLED
    to_ship = by_shipping in (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED)
    return by_checkout if to_ship and by_checkout is not OrderStatus.OPEN else by_shipping


def managed_by(*, rollup: str, shipping: str) -> ManagedBy:
    """Who ships the order; a third party's order is external whatever its distribution centres say."""
    if shipping == "ThirdPartyManaged":
        return ManagedBy.EXTERNAL
    return MANAGED_BY.get(rollup, ManagedBy.UNKNOWN)
