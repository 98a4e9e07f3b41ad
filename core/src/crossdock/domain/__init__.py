"""Canonical documents of the trade: frozen, without I/O, known to everyone."""

from crossdock.domain.document import Document, UtcDatetime
from crossdock.domain.fulfillment import (
    BundleParent,
    ConfirmedLine,
    FulfillmentRequest,
    Package,
    PackedLine,
    Parcel,
    RequestLine,
    Shipment,
    ShipmentConfirmation,
)
from crossdock.domain.keys import digest, number_of
from crossdock.domain.money import Money
from crossdock.domain.order import (
    Allocation,
    BundleComponent,
    ManagedBy,
    Order,
    OrderLine,
    OrderStatus,
    PaymentStatus,
)
from crossdock.domain.party import Address

__all__ = [
    "Address",
    "Allocation",
    "BundleComponent",
    "BundleParent",
    "ConfirmedLine",
    "Document",
    "FulfillmentRequest",
    "ManagedBy",
    "Money",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Package",
    "PackedLine",
    "Parcel",
    "PaymentStatus",
    "RequestLine",
    "Shipment",
    "ShipmentConfirmation",
    "UtcDatetime",
    "digest",
    "number_of",
]
