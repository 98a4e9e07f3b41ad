"""What the service declares of itself, taken from the documents and bodies that it really reads and writes.

Names of types and keys follow the service's own metadata; so do the enumerations, and the texts and dates that are
never null. Whether anything else may be null follows the documents here. Left out is what is not served here. Assumed:
that the actions of webhooks are bound to one webhook.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from msgspec import Struct, UnsetType, structs

from crossdock_channeladvisor.sandbox import documents as orders
from crossdock_channeladvisor.sandbox.documents import NAVIGATIONS
from crossdock_channeladvisor.sandbox.orders.adjustments import LineWish, OrderWish
from crossdock_channeladvisor.sandbox.orders.fulfillments import PartMove, WholeMove
from crossdock_channeladvisor.sandbox.orders.shipping import ShipCall, ShipItem, ShipOrderRequest
from crossdock_channeladvisor.sandbox.orders.sites import SiteDocument
from crossdock_channeladvisor.sandbox.products import documents as products
from crossdock_channeladvisor.sandbox.products import service as stock
from crossdock_channeladvisor.sandbox.webhooks.service import RetryWish, Webhook

NAMESPACE = "ChannelAdvisor.RestApi.V1.Models"

SETS: dict[str, type[Struct]] = {
    "Orders": orders.Order,
    "OrderItems": orders.OrderItem,
    "Fulfillments": orders.Fulfillment,
    "FulfillmentItems": orders.FulfillmentItem,
    "OrderAdjustments": orders.OrderAdjustment,
    "OrderItemAdjustments": orders.OrderItemAdjustment,
    "DistributionCenters": orders.DistributionCenter,
    "Profiles": orders.Profile,
    "Sites": SiteDocument,
    "Products": products.Product,
    "AttributeValues": products.AttributeValue,
    "Images": products.Image,
    "ProductLabels": products.ProductLabel,
    "ProductBundleComponents": products.ProductBundleComponent,
    "DCQuantities": products.DCQuantity,
    "Children": products.ChildRelationship,
    "AliasRelationships": products.AliasRelationship,
    "Webhooks": Webhook,
}
"""The entity sets, and what their rows are."""

_INSIDE = (orders.BundleComponent, orders.Promotion, orders.CustomField, orders.ExportStatus, orders.SiteAccount)
ENTITIES: tuple[type[Struct], ...] = (*SETS.values(), *_INSIDE)
"""Documents that have a key; the last ones are found in other documents only."""

_KEYS: dict[type[Struct], tuple[str, ...]] = {
    orders.BundleComponent: ("OrderID", "OrderItemID", "ProductID"),
    orders.CustomField: ("FieldID", "OrderID"),
    products.AttributeValue: ("ProductID", "Name"),
    products.Image: ("ProductID", "PlacementName"),
    products.ProductLabel: ("ProductID", "Name"),
    products.ProductBundleComponent: ("ProductID", "ComponentID"),
    products.DCQuantity: ("ProductID", "DistributionCenterID"),
    products.ChildRelationship: ("ParentProductID", "ChildProductID"),
    products.AliasRelationship: ("AliasProductID", "ReferenceProductID", "ProfileID"),
}
_NAMES: dict[type[Struct], str] = {
    orders.BundleComponent: "OrderItemBundleComponent",
    SiteDocument: "Site",
    ShipItem: "ShipOrderRequestItem",
}
_ADJUSTMENT = {
    "CreatedSource": "AdjustmentSource",
    "LastUpdatedSource": "AdjustmentSource",
    "Reason": "AdjustmentReason",
    "Type": "AdjustmentType",
    "RequestStatus": "AsyncStatus",
    "RestockStatus": "AsyncStatus",
}
_WORDS: dict[type[Struct], dict[str, str]] = {
    orders.Order: {
        "DistributionCenterTypeRollup": "DistributionCenterRollupType",
        "CheckoutStatus": "CheckoutStatus",
        "PaymentStatus": "PaymentStatus",
        "ShippingStatus": "ShippingStatus",
        "OrderTaxType": "TaxType",
        "ShippingTaxType": "TaxType",
        "GiftOptionsTaxType": "TaxType",
    },
    orders.Fulfillment: {
        "Type": "FulfillmentType",
        "DeliveryStatus": "DeliveryStatus",
        "ExternalFulfillmentStatus": "FulfillmentRequestStatus",
    },
    orders.FulfillmentItem: {"MarketplaceShippingStatus": "FulfillmentItemSiteCommunicationStatus"},
    orders.OrderAdjustment: _ADJUSTMENT,
    orders.OrderItemAdjustment: _ADJUSTMENT,
    orders.DistributionCenter: {"Type": "DistributionCenterType", "ThroughputLimitUnits": "ThroughputLimitUnits"},
    products.Product: {
        "Flag": "FlagType",
        "BundleType": "BundleType",
        "ProductType": "InventoryItemType",
        "AliasType": "AliasType",
    },
    Webhook: {"Status": "WebhookEndpointStatus", "EventTypes": "WebhookEventType"},
    ShipOrderRequest: {"DeliveryStatus": "DeliveryStatus", "FulfillmentType": "FulfillmentType"},
    OrderWish: {"Reason": "AdjustmentReason"},
    LineWish: {"Reason": "AdjustmentReason"},
    stock.QuantityUpdateRequest: {"UpdateType": "QuantityUpdateType"},
}
_NEVER_NULL: dict[type[Struct], set[str]] = {
    orders.Order: {"CreatedDateUtc", "ImportDateUtc", *_WORDS[orders.Order]},
    orders.Fulfillment: {"Type", "DeliveryStatus"},
    orders.FulfillmentItem: {"MarketplaceShippingStatus"},
    orders.OrderAdjustment: {"Reason", "Type", "RequestStatus"},
    orders.OrderItemAdjustment: {"Reason", "Type", "RequestStatus"},
    products.Product: set(_WORDS[products.Product]),
}
_BYTES = {"UserDataPresent", "CheckoutSourceID"}
_PRIMITIVES = {bool: "Edm.Boolean", int: "Edm.Int32", float: "Edm.Decimal", str: "Edm.String"}


@dataclass(frozen=True, slots=True)
class Action:
    """A deed on one document of a kind, and the body that it takes (none: an empty one)."""

    name: str
    bound_to: type[Struct]
    body: type[Struct] | None = None


ACTIONS = (
    Action("Ship", orders.Order, ShipCall),
    Action("Adjust", orders.Order, OrderWish),
    Action("Export", orders.Order),
    Action("Confirm", orders.Order),
    Action("Deny", orders.Order),
    Action("Adjust", orders.OrderItem, LineWish),
    Action("Move", orders.Fulfillment, WholeMove),
    Action("Confirm", orders.Fulfillment),
    Action("Deny", orders.Fulfillment),
    Action("Move", orders.FulfillmentItem, PartMove),
    Action("UpdateQuantity", products.Product, stock.QuantityCall),
    Action("UpdateAttributes", products.Product, stock.AttributesCall),
    Action("RemoveChildren", products.Product, stock.ChildrenCall),
    Action("NewSigningSecret", Webhook),
    Action("RetryFailedEvents", Webhook, RetryWish),
)


@dataclass(frozen=True, slots=True)
class Property:
    """A member of a document or a body; `document`: the struct inside it, if there is one."""

    name: str
    kind: str
    nullable: bool
    many: bool = False
    document: type[Struct] | None = None


def name_of(document: type[Struct]) -> str:
    """What a kind of document is called in the service's metadata."""
    return _NAMES.get(document, document.__name__)


def key_of(document: type[Struct]) -> tuple[str, ...]:
    """The properties that tell the rows of an entity apart."""
    return _KEYS.get(document, ("ID",))


def properties(document: type[Struct]) -> list[Property]:
    """The members of a document that are neither collections to expand nor annotations."""
    hints = get_type_hints(document)
    shown = zip(document.__struct_fields__, document.__struct_encode_fields__, strict=True)
    known = NAVIGATIONS.get(document, {})
    return [_property(document, name, hints[field]) for field, name in shown if "@" not in name and name not in known]


def parameters(action: Action) -> list[Property]:
    """What the body of an action may hold; what may be left out may also be null."""
    if action.body is None:
        return []
    required = {each.name for each in structs.fields(action.body) if each.required}
    return [replace(each, nullable=each.name not in required) for each in properties(action.body)]


def _property(document: type[Struct], name: str, hint: Any) -> Property:
    kinds = [kind for kind in get_args(hint) or (hint,) if kind not in (NoneType, UnsetType)]
    many = get_origin(hint) is list or any(get_origin(kind) is list for kind in kinds)
    if many:
        kinds = [inner for kind in (hint, *kinds) if get_origin(kind) is list for inner in get_args(kind)]
    nullable = NoneType in get_args(hint) and name not in _NEVER_NULL.get(document, ())
    word = _WORDS.get(document, {}).get(name)
    if isinstance(kinds[0], type) and issubclass(kinds[0], Struct):
        return Property(name, f"{NAMESPACE}.{name_of(kinds[0])}", nullable, many, kinds[0])
    return Property(name, f"{NAMESPACE}.{word}" if word else _primitive(name, kinds[0]), nullable, many)


def _primitive(name: str, kind: type) -> str:
    if name in _BYTES:
        return "Edm.Byte"
    if kind is str and name.endswith(("Utc", "UTC")):
        return "Edm.DateTimeOffset"
    return _PRIMITIVES[kind]


def complex_types() -> list[type[Struct]]:
    """The structs without a key that stand in documents and bodies, each once."""
    roots = (*ENTITIES, *(action.body for action in ACTIONS if action.body is not None))
    return list(dict.fromkeys(inner for root in roots for inner in _inside(root)))


def _inside(document: type[Struct]) -> Iterator[type[Struct]]:
    for each in properties(document):
        if each.document is not None:
            yield each.document
            yield from _inside(each.document)
