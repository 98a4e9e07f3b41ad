"""Canonical documents of the trade: frozen, without I/O, known to everyone."""

from crossdock.domain.adjustment import (
    AdjustedAmounts,
    AdjustmentKind,
    AdjustmentReason,
    OrderAdjustment,
    RecordedAdjustment,
)
from crossdock.domain.attachment import Attachment
from crossdock.domain.document import Document, UtcDatetime
from crossdock.domain.fulfillment import (
    BundleParent,
    ConfirmedLine,
    FulfillmentRequest,
    OrderEvent,
    OrderNotice,
    Package,
    PackedLine,
    Parcel,
    RequestLine,
    RequestRefusal,
    Shipment,
    ShipmentConfirmation,
    ShipmentReversal,
    ShipmentStage,
    Shortage,
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
from crossdock.domain.receiving import ExpectedLine, PurchaseOrder, Putaway
from crossdock.domain.warehouse import (
    Area,
    BinLocation,
    InventoryLevel,
    InventoryMovement,
    MovementKind,
    Place,
    StockModel,
)

__all__ = [
    "Address",
    "AdjustedAmounts",
    "AdjustmentKind",
    "AdjustmentReason",
    "Allocation",
    "Area",
    "Attachment",
    "BinLocation",
    "BundleComponent",
    "BundleParent",
    "CenterQuantity",
    "ConfirmedLine",
    "Document",
    "ExpectedLine",
    "FulfillmentRequest",
    "InventoryLevel",
    "InventoryMovement",
    "ManagedBy",
    "Money",
    "MovementKind",
    "Order",
    "OrderAdjustment",
    "OrderEvent",
    "OrderLine",
    "OrderNotice",
    "OrderStatus",
    "Package",
    "PackedLine",
    "Parcel",
    "PaymentStatus",
    "Place",
    "Product",
    "ProductChange",
    "ProductComponent",
    "ProductImage",
    "ProductKind",
    "PurchaseOrder",
    "Putaway",
    "RecordedAdjustment",
    "RequestLine",
    "RequestRefusal",
    "Shipment",
    "ShipmentConfirmation",
    "ShipmentReversal",
    "ShipmentStage",
    "Shortage",
    "StockChange",
    "StockItem",
    "StockMeaning",
    "StockModel",
    "StockReading",
    "UtcDatetime",
    "digest",
    "number_of",
]
