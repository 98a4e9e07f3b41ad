"""Canonical documents of the trade: frozen, without I/O, known to everyone."""

from crossdock.domain.adjustment import (
    AdjustedAmounts,
    AdjustmentKind,
    AdjustmentReason,
    OrderAdjustment,
    RecordedAdjustment,
)
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
from crossdock.domain.inventory import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
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
from crossdock.domain.product import Product, ProductChange, ProductComponent, ProductImage, ProductKind

__all__ = [
    "Address",
    "AdjustedAmounts",
    "AdjustmentKind",
    "AdjustmentReason",
    "Allocation",
    "BundleComponent",
    "BundleParent",
    "CenterQuantity",
    "ConfirmedLine",
    "Document",
    "FulfillmentRequest",
    "ManagedBy",
    "Money",
    "Order",
    "OrderAdjustment",
    "OrderLine",
    "OrderStatus",
    "Package",
    "PackedLine",
    "Parcel",
    "PaymentStatus",
    "Product",
    "ProductChange",
    "ProductComponent",
    "ProductImage",
    "ProductKind",
    "RecordedAdjustment",
    "RequestLine",
    "Shipment",
    "ShipmentConfirmation",
    "StockChange",
    "StockItem",
    "StockMeaning",
    "StockReading",
    "UtcDatetime",
    "digest",
    "number_of",
]
