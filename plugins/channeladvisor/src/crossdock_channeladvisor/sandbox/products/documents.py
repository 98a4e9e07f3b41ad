"""The product documents of the API, field by field as they go over the wire.

Names follow the service's reflected metadata; which numbers have a `...Pooled` twin follows a recorded page. Left out:
`QuantitySoldLast7Days` and its like, which would have to be counted against today. A recorded page has an empty
Subtitle and not null, and a client of products relies on it, as on an InfiniteQuantity that is never null.
"""

from msgspec import UNSET, Struct, field

from crossdock_channeladvisor.sandbox.documents import CASELESS, ENTITY_SETS, NAVIGATIONS, NextLink, Text


class AttributeValue(Struct, gc=False, kw_only=True):
    """A named value of the seller's own."""

    ProductID: int = 0
    ProfileID: int = 0
    Name: str = ""
    Value: Text = None


class Image(Struct, gc=False, kw_only=True):
    """A picture, by the place it is shown in."""

    ProductID: int = 0
    ProfileID: int = 0
    PlacementName: str = ""
    Abbreviation: Text = None
    Url: Text = None


class ProductLabel(Struct, gc=False, kw_only=True):
    """A label that the seller has put on a product."""

    ProductID: int = 0
    ProfileID: int = 0
    Name: str = ""


class DCQuantity(Struct, gc=False, kw_only=True):
    """What one distribution centre can still sell: what is there minus what is reserved."""

    ProductID: int = 0
    ProfileID: int = 0
    DistributionCenterID: int = 0
    AvailableQuantity: int = 0


class ProductBundleComponent(Struct, gc=False, kw_only=True):
    """So many pieces of another product in one bundle."""

    ProductID: int = 0
    ComponentID: int = 0
    ProfileID: int = 0
    ComponentSku: Text = None
    Quantity: int = 0


class ChildRelationship(Struct, gc=False, kw_only=True):
    """One variation of a parent."""

    ParentProductID: int = 0
    ProfileID: int = 0
    ChildProductID: int = 0


class AliasRelationship(Struct, gc=False, kw_only=True):
    """Another SKU under which a product is sold."""

    ProfileID: int = 0
    AliasProductID: int = 0
    ReferenceProductID: int = 0
    AliasProductSku: Text = None


class Product(Struct, gc=False, kw_only=True):
    """Something that is sold; its quantities are computed from the distribution centres and cannot be written."""

    ID: int = 0
    ProfileID: int = 0
    CreateDateUtc: Text = None
    UpdateDateUtc: Text = None
    QuantityUpdateDateUtc: Text = None
    IsAvailableInStore: bool = False
    IsBlocked: bool = False
    IsBlockedFromAdvertising: bool = False
    IsExternalQuantityBlocked: bool = False
    InfiniteQuantity: bool | None = False
    BlockComment: Text = None
    BlockedDateUtc: Text = None
    BlockedFromAdvertisingDateUtc: Text = None
    ReceivedDateUtc: Text = None
    LastSaleDateUtc: Text = None
    ASIN: Text = None
    Brand: Text = None
    Condition: Text = None
    Description: Text = None
    EAN: Text = None
    FlagDescription: Text = None
    Flag: Text = "NoFlag"
    HarmonizedCode: Text = None
    ISBN: Text = None
    Manufacturer: Text = None
    MPN: Text = None
    ShortDescription: Text = None
    Sku: str = ""
    Subtitle: Text = ""
    TaxProductCode: Text = None
    Title: Text = None
    UPC: Text = None
    WarehouseLocation: Text = None
    Warranty: Text = None
    MultipackQuantity: int | None = None
    Height: float | None = None
    Length: float | None = None
    Width: float | None = None
    Weight: float | None = None
    Cost: float | None = None
    Margin: float | None = None
    RetailPrice: float | None = None
    StartingPrice: float | None = None
    ReservePrice: float | None = None
    BuyItNowPrice: float | None = None
    StorePrice: float | None = None
    SecondChancePrice: float | None = None
    MinPrice: float | None = None
    MaxPrice: float | None = None
    EstimatedShippingCost: float | None = None
    SupplierName: Text = None
    SupplierCode: Text = None
    SupplierPO: Text = None
    Classification: Text = None
    IsDisplayInStore: bool | None = None
    StoreTitle: Text = None
    StoreDescription: Text = None
    BundleType: Text = "None"
    ProductType: Text = "Item"
    AliasType: Text = "None"
    ReferenceSku: Text = None
    ReferenceProductID: int | None = None
    TotalAvailableQuantity: int | None = None
    OpenAllocatedQuantity: int = 0
    OpenAllocatedQuantityPooled: int = 0
    PendingCheckoutQuantity: int = 0
    PendingCheckoutQuantityPooled: int = 0
    PendingPaymentQuantity: int = 0
    PendingPaymentQuantityPooled: int = 0
    PendingShipmentQuantity: int = 0
    PendingShipmentQuantityPooled: int = 0
    TotalQuantity: int = 0
    TotalQuantityPooled: int = 0
    IsParent: bool = False
    IsInRelationship: bool = False
    ParentProductID: int | None = None
    ParentSku: Text = None
    RelationshipName: Text = None
    VaryBy: Text = None
    CopyToChildren: bool | None = None
    CopyToAliases: Text = None
    Attributes: list[AttributeValue] = field(default_factory=list)
    AttributesNext: NextLink = field(default=UNSET, name="Attributes@odata.nextLink")
    DCQuantities: list[DCQuantity] = field(default_factory=list)
    DCQuantitiesNext: NextLink = field(default=UNSET, name="DCQuantities@odata.nextLink")
    Images: list[Image] = field(default_factory=list)
    ImagesNext: NextLink = field(default=UNSET, name="Images@odata.nextLink")
    Labels: list[ProductLabel] = field(default_factory=list)
    LabelsNext: NextLink = field(default=UNSET, name="Labels@odata.nextLink")
    BundleComponents: list[ProductBundleComponent] = field(default_factory=list)
    BundleComponentsNext: NextLink = field(default=UNSET, name="BundleComponents@odata.nextLink")
    Children: list[ChildRelationship] = field(default_factory=list)
    ChildrenNext: NextLink = field(default=UNSET, name="Children@odata.nextLink")
    AliasRelationships: list[AliasRelationship] = field(default_factory=list)
    AliasRelationshipsNext: NextLink = field(default=UNSET, name="AliasRelationships@odata.nextLink")


PRODUCT_COLLECTIONS: dict[str, type[Struct]] = {
    "Attributes": AttributeValue,
    "DCQuantities": DCQuantity,
    "Images": Image,
    "Labels": ProductLabel,
    "BundleComponents": ProductBundleComponent,
    "Children": ChildRelationship,
    "AliasRelationships": AliasRelationship,
}
# What `$expand` and `any` can reach in a product stands with what they can reach in an order.
NAVIGATIONS[Product] = dict(PRODUCT_COLLECTIONS)
ENTITY_SETS[Product] = "Products"
# One client is known to compare SKUs in lower case; that the service does so too is assumed.
CASELESS[Product] = frozenset({"Sku"})
