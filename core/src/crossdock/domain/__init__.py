"""Canonical documents of the trade: frozen, without I/O, known to everyone."""

from typing import TYPE_CHECKING, Any

from crossdock.domain.adjustment import (
    AdjustedAmounts,
    AdjustmentKind,
    AdjustmentReason,
    OrderAdjustment,
    RecordedAdjustment,
)
from crossdock.domain.attachment import Attachment
from crossdock.domain.document import Document, UtcDatetime, WrittenDatetime
from crossdock.domain.fulfillment import (
    BundleParent,
    ConfirmedLine,
    FulfillmentRequest,
    OrderEvent,
    OrderNotice,
    Package,
    PackedLine,
    RequestLine,
    RequestRefusal,
    Shipment,
    ShipmentConfirmation,
    ShipmentReversal,
    ShipmentStage,
    Shortage,
)
from crossdock.domain.inventory import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.domain.keys import digest, is_called, number_of
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
from crossdock.domain.parcel import (
    GRAMS,
    AddressFinding,
    Dimensions,
    LabelFormat,
    LabelLine,
    LabelRequest,
    LengthUnit,
    Parcel,
    ShippingRate,
    Weight,
    WeightUnit,
    cheapest,
)
from crossdock.domain.party import Address
from crossdock.domain.product import (
    Product,
    ProductChange,
    ProductComponent,
    ProductIdentity,
    ProductImage,
    ProductKind,
)
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
    "GRAMS",
    "Address",
    "AddressFinding",
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
    "Dimensions",
    "Document",
    "ExpectedLine",
    "FulfillmentRequest",
    "InventoryLevel",
    "InventoryMovement",
    "LabelFormat",
    "LabelLine",
    "LabelRequest",
    "LengthUnit",
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
    "ProductIdentity",
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
    "ShippingRate",
    "Shortage",
    "StockChange",
    "StockItem",
    "StockMeaning",
    "StockModel",
    "StockReading",
    "UtcDatetime",
    "Weight",
    "WeightUnit",
    "WrittenDatetime",
    "cheapest",
    "digest",
    "is_called",
    "number_of",
]


if not TYPE_CHECKING:  # to a type checker, a name that was taken away is none

    def __getattr__(name: str) -> Any:
        """A former name of this door."""
        from crossdock.deprecation import former_name

        return former_name(__name__, name)
