"""Where the pieces of an order are: still open, or gone."""

from collections import Counter

from crossdock_channeladvisor.sandbox.catalogue import FBA
from crossdock_channeladvisor.sandbox.documents import Fulfillment, Order

SHIPPED = frozenset({"Complete", "InTransit"})
CLOSED = SHIPPED | {"Canceled", "ThirdPartyManaged"}


def is_open(fulfillment: Fulfillment) -> bool:
    """Whether the seller can still ship it."""
    return fulfillment.DeliveryStatus not in CLOSED and fulfillment.DistributionCenterID != FBA


def open_fulfillments(order: Order, center: int | None = None) -> list[Fulfillment]:
    """The fulfillments that the seller can still ship (from one distribution centre, or from all)."""
    return [row for row in order.Fulfillments if is_open(row) and center in (None, row.DistributionCenterID)]


def open_quantities(order: Order, center: int | None = None) -> Counter[int]:
    """How many pieces of each line have not left yet (from one distribution centre, or from all of the seller's)."""
    return +_pieces(open_fulfillments(order, center))


def shipped_quantities(order: Order) -> Counter[int]:
    """How many pieces of each line have left."""
    return _pieces([row for row in order.Fulfillments if row.DeliveryStatus in SHIPPED])


def _pieces(fulfillments: list[Fulfillment]) -> Counter[int]:
    pieces: Counter[int] = Counter()
    for fulfillment in fulfillments:
        for row in fulfillment.Items:
            pieces[row.OrderItemID] += row.Quantity
    return pieces


def is_cancelled(order: Order) -> bool:
    """Whether nothing of the order may be shipped any more."""
    return order.ShippingStatus == "Canceled" or order.CheckoutStatus == "Disabled"


def shipping_status(order: Order) -> str:
    """How far the order has come, by its pieces (those that an external centre still holds among them)."""
    unfinished = +_pieces([row for row in order.Fulfillments if row.DeliveryStatus not in CLOSED])
    if +shipped_quantities(order):
        return "PartiallyShipped" if unfinished else "Shipped"
    return "Unshipped" if unfinished else "Canceled"
