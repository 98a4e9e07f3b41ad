"""The documents of the API, field by field as they go over the wire.

Names and nesting follow the service's reflected metadata. Structs and not models: a hundred thousand orders must fit
into memory and a page of them must be written in a millisecond. `gc=False` is safe, none of them holds a cycle.
"""

from msgspec import UNSET, Struct, UnsetType, field

Text = str | None
NextLink = str | UnsetType


class BundleComponent(Struct, gc=False, kw_only=True):
    """One part of a bundle line; by default `Quantity` is already multiplied by the quantity of the line."""

    OrderID: int = 0
    OrderItemID: int = 0
    ProductID: int = 0
    ProfileID: int = 0
    BundleProductID: int = 0
    Sku: Text = None
    BundleSku: Text = None
    Title: Text = None
    Quantity: int = 0
    ReferenceSku: Text = None
    ReferenceProductID: int | None = None


class Promotion(Struct, gc=False, kw_only=True):
    """A discount on one line; the amounts are negative."""

    ID: int = 0
    Code: Text = None
    Amount: float = 0.0
    ShippingAmount: float = 0.0


class OrderAdjustment(Struct, gc=False, kw_only=True):
    """A cancellation or a refund of an order as a whole; the amounts are what the buyer gets back."""

    CreatedSource: Text = "Api"
    LastUpdatedSource: Text = "Api"
    ID: int = 0
    ProfileID: int = 0
    OrderID: int = 0
    IsRestock: bool = False
    Reason: Text = "GeneralAdjustment"
    ItemAdjustment: float = 0.0
    TaxAdjustment: float = 0.0
    ShippingAdjustment: float = 0.0
    ShippingTaxAdjustment: float = 0.0
    GiftWrapAdjustment: float = 0.0
    GiftWrapTaxAdjustment: float = 0.0
    RecyclingFeeAdjustment: float = 0.0
    Type: Text = "Refund"
    SellerAdjustmentID: Text = None
    SiteAdjustmentID: Text = None
    SiteRefundDateUtc: Text = None
    AdjustmentTransactionID: Text = None
    PublicNotes: Text = None
    Comment: Text = None
    CreatedDateUtc: Text = None
    RequestStatus: Text = "SubmittedNotProcessed"
    RestockStatus: Text = "NoChange"
    RmaNumber: Text = None
    ReturnShippingFee: float | None = None
    RestockingFee: float | None = None
    ReturnTrackingNumberOrUrl: Text = None
    ReturnShippingMethod: Text = None


class OrderItemAdjustment(OrderAdjustment, gc=False, kw_only=True):
    """A cancellation or a refund of one line, or of some of its pieces."""

    OrderItemID: int = 0
    Quantity: int = 0
    ReferenceSku: Text = None
    ReferenceProductID: int | None = None


class OrderItem(Struct, gc=False, kw_only=True):
    """One line of an order; `UnitPrice` is for one piece, every other price for the whole line."""

    ID: int = 0
    ProfileID: int = 0
    OrderID: int = 0
    ProductID: int = 0
    SiteOrderItemID: Text = None
    SellerOrderItemID: Text = None
    SiteListingID: Text = None
    Sku: Text = None
    Title: Text = None
    Quantity: int = 0
    UnitPrice: float | None = None
    TaxPrice: float = 0.0
    ShippingPrice: float = 0.0
    ShippingTaxPrice: float = 0.0
    RecyclingFee: float = 0.0
    UnitEstimatedShippingCost: float | None = None
    GiftMessage: Text = None
    GiftNotes: Text = None
    GiftPrice: float = 0.0
    GiftTaxPrice: float = 0.0
    IsBundle: bool = False
    ItemURL: Text = None
    HarmonizedCode: Text = None
    ReferenceSku: Text = None
    ReferenceProductID: int | None = None
    Promotions: list[Promotion] = field(default_factory=list)
    PromotionsNext: NextLink = field(default=UNSET, name="Promotions@odata.nextLink")
    Adjustments: list[OrderItemAdjustment] = field(default_factory=list)
    AdjustmentsNext: NextLink = field(default=UNSET, name="Adjustments@odata.nextLink")
    FulfillmentItems: "list[FulfillmentItem] | UnsetType" = UNSET
    FulfillmentItemsNext: NextLink = field(default=UNSET, name="FulfillmentItems@odata.nextLink")
    BundleComponents: list[BundleComponent] = field(default_factory=list)
    BundleComponentsNext: NextLink = field(default=UNSET, name="BundleComponents@odata.nextLink")


class FulfillmentItem(Struct, gc=False, kw_only=True):
    """So many pieces of one line in one fulfillment."""

    ID: int = 0
    ProfileID: int = 0
    FulfillmentID: int = 0
    OrderID: int = 0
    OrderItemID: int = 0
    ProductID: int = 0
    Sku: Text = None
    Quantity: int = 0
    SellerFulfillmentItemID: Text = None
    MarketplaceShippingStatus: Text = "Pending"
    ReferenceSku: Text = None
    ReferenceProductID: int | None = None


class Fulfillment(Struct, gc=False, kw_only=True):
    """What leaves, or left, one distribution centre together."""

    ID: int = 0
    ProfileID: int = 0
    OrderID: int = 0
    CreatedDateUtc: Text = None
    UpdatedDateUtc: Text = None
    Type: Text = "Ship"
    DeliveryStatus: Text = "NoChange"
    TrackingNumber: Text = None
    TrackingUrl: Text = None
    ReturnTrackingNumber: Text = None
    ShippingCarrier: Text = None
    ShippingClass: Text = None
    DistributionCenterID: int = 0
    ExternalFulfillmentCenterCode: Text = None
    ExternalFulfillmentStatus: Text = "New"
    ShippingCost: float = 0.0
    InsuranceCost: float = 0.0
    TaxCost: float = 0.0
    ShippedDateUtc: Text = None
    SellerFulfillmentID: Text = None
    HasShippingLabel: bool = False
    HasChannelPackingSlip: bool = False
    HasReturnLabel: bool = False
    HasChannelReturnLabel: bool = False
    ExternalFulfillmentNumber: Text = None
    ExternalFulfillmentReferenceNumber: Text = None
    SerialShippingContainerCode: Text = None
    Items: list[FulfillmentItem] = field(default_factory=list)
    ItemsNext: NextLink = field(default=UNSET, name="Items@odata.nextLink")


class CustomField(Struct, gc=False, kw_only=True):
    """A field of the seller's own."""

    FieldID: int = 0
    OrderID: int = 0
    ProfileID: int = 0
    Value: Text = None


class ExportStatus(Struct, gc=False, kw_only=True, frozen=True):
    """The mark of one application on one order."""

    ID: int = 0
    ProfileID: int = 0
    OrderID: int | None = None
    ApplicationID: int | None = None
    DeveloperKey: Text = None
    Override: bool = False


class Order(Struct, gc=False, kw_only=True):
    """One sale of one marketplace."""

    ID: int = 0
    ProfileID: int = 0
    SiteID: int = 0
    SiteName: Text = None
    UserDataPresent: int = 1
    UserDataRemovalDateUTC: Text = None
    SiteAccountID: int | None = None
    SiteOrderID: Text = None
    SecondarySiteOrderID: Text = None
    SellerOrderID: Text = None
    CheckoutSourceID: int | None = None
    Currency: Text = "USD"
    CreatedDateUtc: Text = None
    ImportDateUtc: Text = None
    UpdatedDateUtc: Text = None
    PublicNotes: Text = None
    PrivateNotes: Text = ""
    SpecialInstructions: Text = ""
    TotalPrice: float = 0.0
    TotalTaxPrice: float = 0.0
    TotalShippingPrice: float = 0.0
    TotalShippingTaxPrice: float | None = 0.0
    TotalInsurancePrice: float = 0.0
    TotalGiftOptionPrice: float | None = 0.0
    TotalGiftOptionTaxPrice: float | None = 0.0
    AdditionalCostOrDiscount: float = 0.0
    EstimatedShipDateUtc: Text = None
    DeliverByDateUtc: Text = None
    RequestedShippingCarrier: Text = None
    RequestedShippingClass: Text = None
    ResellerID: Text = None
    FlagID: int | None = 0
    FlagDescription: Text = None
    OrderTags: Text = None
    DistributionCenterTypeRollup: Text = "SellerManaged"
    CheckoutStatus: Text = "Completed"
    PaymentStatus: Text = "Cleared"
    ShippingStatus: Text = "Unshipped"
    CheckoutDateUtc: Text = None
    PaymentDateUtc: Text = None
    ShippingDateUtc: Text = None
    BuyerUserId: Text = None
    BuyerEmailAddress: Text = None
    BuyerEmailOptIn: bool | None = False
    OrderTaxType: Text = "NoTax"
    ShippingTaxType: Text = "NoTax"
    GiftOptionsTaxType: Text = "NoTax"
    PaymentMethod: Text = None
    PaymentTransactionID: Text = None
    PaymentPaypalAccountID: Text = None
    PaymentCreditCardLast4: Text = None
    PaymentMerchantReferenceNumber: Text = None
    ShippingTitle: Text = None
    ShippingFirstName: Text = None
    ShippingLastName: Text = None
    ShippingSuffix: Text = None
    ShippingCompanyName: Text = None
    ShippingCompanyJobTitle: Text = None
    ShippingDaytimePhone: Text = None
    ShippingEveningPhone: Text = None
    ShippingAddressLine1: Text = None
    ShippingAddressLine2: Text = None
    ShippingCity: Text = None
    ShippingStateOrProvince: Text = None
    ShippingStateOrProvinceName: Text = None
    ShippingPostalCode: Text = None
    ShippingCountry: Text = None
    BillingTitle: Text = None
    BillingFirstName: Text = None
    BillingLastName: Text = None
    BillingSuffix: Text = None
    BillingCompanyName: Text = None
    BillingCompanyJobTitle: Text = None
    BillingDaytimePhone: Text = None
    BillingEveningPhone: Text = None
    BillingAddressLine1: Text = None
    BillingAddressLine2: Text = None
    BillingCity: Text = None
    BillingStateOrProvince: Text = None
    BillingStateOrProvinceName: Text = None
    BillingPostalCode: Text = None
    BillingCountry: Text = None
    PromotionCode: Text = None
    PromotionAmount: float = 0.0
    Items: list[OrderItem] = field(default_factory=list)
    ItemsNext: NextLink = field(default=UNSET, name="Items@odata.nextLink")
    Fulfillments: list[Fulfillment] = field(default_factory=list)
    FulfillmentsNext: NextLink = field(default=UNSET, name="Fulfillments@odata.nextLink")
    Adjustments: list[OrderAdjustment] = field(default_factory=list)
    AdjustmentsNext: NextLink = field(default=UNSET, name="Adjustments@odata.nextLink")
    Exports: list[ExportStatus] | UnsetType = UNSET
    ExportsNext: NextLink = field(default=UNSET, name="Exports@odata.nextLink")
    CustomFields: list[CustomField] = field(default_factory=list)
    CustomFieldsNext: NextLink = field(default=UNSET, name="CustomFields@odata.nextLink")


class SiteAccount(Struct, gc=False, kw_only=True):
    """The seller's account on one site."""

    ID: int = 0
    SiteAccountName: Text = None
    SiteID: int = 0
    SiteName: Text = None
    Enabled: bool = True


class Profile(Struct, gc=False, kw_only=True):
    """One of the seller's accounts here."""

    ID: int = 0
    AccountName: Text = None
    CompanyName: Text = None
    CurrencyCode: Text = None
    TimeZoneRegion: Text = None
    TimeZoneDescription: Text = None
    DefaultDistributionCenterID: int = 0
    SiteAccounts: list[SiteAccount] = field(default_factory=list)
    SiteAccountsNext: NextLink = field(default=UNSET, name="SiteAccounts@odata.nextLink")


class DistributionCenter(Struct, gc=False, kw_only=True):
    """A place that goods are kept in and leave from."""

    ID: int = 0
    Name: Text = None
    Code: Text = None
    FulfillmentPartnerName: Text = "None"
    ContactName: Text = None
    ContactEmail: Text = None
    ContactPhone: Text = None
    Address1: Text = None
    Address2: Text = None
    City: Text = None
    StateOrProvince: Text = None
    Country: Text = None
    PostalCode: Text = None
    PickupLocation: bool = False
    ShipLocation: bool = True
    Type: Text = "Warehouse"
    IsExternallyManaged: bool = False
    IsDeleted: bool = False
    DeletedDateUtc: Text = None
    County: Text = None
    District: Text = None
    TimeZone: Text = None
    HandlingTimeMinutes: int | None = None
    DeliveryAvailable: bool | None = False
    PickupOrderHoldMinutes: int | None = None
    ThroughputLimitNumber: int | None = None
    ThroughputLimitUnits: Text = None
    MainPhone: Text = None
    AltPhone: Text = None
    Fax: Text = None
    HomePage: Text = None
    Email: Text = None
    BusinessDescription: Text = None
    Latitude: float | None = None
    Longitude: float | None = None
    StoreCategories: Text = None
    CourierPickupInstructions: Text = None
    CustomerPickupInstructions: Text = None
    PickupInstructions: Text = None


NAVIGATIONS: dict[type[Struct], dict[str, type[Struct]]] = {
    Order: {
        "Items": OrderItem,
        "Fulfillments": Fulfillment,
        "Adjustments": OrderAdjustment,
        "CustomFields": CustomField,
        "Exports": ExportStatus,
    },
    OrderItem: {
        "BundleComponents": BundleComponent,
        "Promotions": Promotion,
        "Adjustments": OrderItemAdjustment,
        "FulfillmentItems": FulfillmentItem,
    },
    Fulfillment: {"Items": FulfillmentItem},
    Profile: {"SiteAccounts": SiteAccount},
}
"""Which collections can be expanded in which document, and what their rows are."""

ENTITY_SETS: dict[type[Struct], str] = {
    Order: "Orders",
    OrderItem: "OrderItems",
    Fulfillment: "Fulfillments",
    Profile: "Profiles",
}
"""Where the documents whose collections can be cut are found by their ID."""

JOINED = frozenset({"Exports", "FulfillmentItems"})
"""Collections that no document holds: they are put together when they are shown, and no filter can search them."""

NOT_FILTERABLE: dict[type[Struct], frozenset[str]] = {Order: frozenset({"OrderTags"})}
"""Properties that a filter cannot name (reported by an integrator, not documented)."""

CASELESS: dict[type[Struct], frozenset[str]] = {}
"""Texts that a filter compares without regard to case."""
