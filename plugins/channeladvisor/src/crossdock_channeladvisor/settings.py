"""What an operator configures for one ChannelAdvisor account."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)

from crossdock_channeladvisor.statuses import AMAZON_SITES, READY_CHECKOUT, READY_PAYMENT, READY_SHIPPING

ProductCollection = Literal["Attributes", "Images", "Labels", "BundleComponents", "Children", "AliasRelationships"]
"""What can be shown of a product beside its fields."""

VendorWord = Annotated[str, Field(pattern=r"^[A-Za-z]+$", max_length=40)]
"""A member of one of ChannelAdvisor's enumerations; new ones appear over time, so any word is allowed."""


Tag = Annotated[str, Field(pattern=r"^[^,]*[^,\s][^,]*$", max_length=100)]
"""A tag of an order: ChannelAdvisor lists them with commas between; upper and lower case are the same."""


ListDetail = Literal["Adjustments", "CustomFields"]
"""A collection that lists of orders can show beside lines and fulfillments."""

Note = Literal["public", "private", "special_instructions", "flag"]
"""A kind of note that an order can bear."""


class ChannelAdvisorSettings(BaseModel):
    """One authorization of the ChannelAdvisor REST API and which of its orders are wanted.

    The three status lists choose what is downloaded; an empty list asks for every status. What a status means
    (paid, open, cancelled) is fixed in `crossdock_channeladvisor.statuses`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    application_id: str = Field(min_length=1, description="OAuth client id of your application (Developer Console).")
    shared_secret: SecretStr = Field(description="OAuth client secret of your application.")
    refresh_token: SecretStr = Field(description="Refresh token of the authorization; lapses after months without use.")
    base_url: str = Field(
        default="https://api.channeladvisor.com",
        pattern=r"^https?://[^/]+$",
        description="Where the API is: scheme and host, without a path.",
    )

    retrieval: Literal["not_exported", "updated"] = Field(
        default="not_exported",
        description="`not_exported`: every order that does not bear our mark yet (see `claim`). `updated`: what "
        "changed since the last time.",
    )
    overlap: timedelta = Field(
        default=timedelta(minutes=15),
        ge=timedelta(0),
        description="`updated`, and products: how far each run looks back beyond the end of the last one.",
    )
    first_run_since: AwareDatetime | None = Field(
        default=None,
        description="`updated` only: where the very first run begins; not set: with the pipeline's earliest order "
        "date, or else with the oldest order.",
    )
    earliest_order_date: date | None = Field(
        default=None,
        description="Orders placed before this day (UTC) are never downloaded. Set it whenever the application is new: "
        "export marks belong to the application, so a new one sees every old order again.",
    )
    profile_ids: list[PositiveInt] = Field(
        default_factory=list,
        max_length=20,
        description="Profiles whose orders are wanted; empty: every profile of the authorization.",
    )
    distribution_centers: list[int] = Field(
        default_factory=list,
        max_length=20,
        description="The distribution centres that are ours (ids may be 0 or negative): only orders with a fulfillment "
        "in one of them, and of these only the parts there; empty: all but the externally managed.",
    )
    externally_managed_centers: list[int] = Field(
        default_factory=lambda: [-2],
        max_length=20,
        description="Distribution centres from which others ship, as Amazon does for FBA: nothing there is ever ours. "
        "-2 is FBA (seen in working integrations); `crossdock check --connect` names the others.",
    )
    checkout_status: list[VendorWord] = Field(
        default_factory=lambda: sorted(READY_CHECKOUT), description="Wanted CheckoutStatus; empty: all."
    )
    payment_status: list[VendorWord] = Field(
        default_factory=lambda: sorted(READY_PAYMENT), description="Wanted PaymentStatus; empty: all."
    )
    shipping_status: list[VendorWord] = Field(
        default_factory=lambda: sorted(READY_SHIPPING), description="Wanted ShippingStatus; empty: all."
    )
    site_ids: list[int] = Field(
        default_factory=list,
        max_length=20,
        description="Sites (marketplaces and shops) whose orders are wanted, by SiteID; empty: all.",
    )
    flag_ids: list[int] = Field(
        default_factory=list, max_length=20, description="Wanted flags, by FlagID (0 is no flag); empty: all."
    )
    tags_any: list[Tag] = Field(
        default_factory=list, max_length=50, description="Only orders that bear one of these tags; empty: all."
    )
    tags_none: list[Tag] = Field(
        default_factory=list, max_length=50, description="No order that bears one of these tags."
    )
    list_details: list[ListDetail] = Field(
        default=["Adjustments"],
        description="What lists show of each order beside lines and fulfillments: cancellations and refunds, the "
        "seller's own fields. Each makes lists slower; without `Adjustments` a buyer's cancellation that is not in the "
        "order's status yet is seen only by the sweep.",
    )
    sweep_days: PositiveInt = Field(
        default=7,
        le=90,
        description="How many days the first sweep looks back; later ones begin where the last but one ended (claim by "
        "`fulfillment`: the last), less `overlap`.",
    )
    claim: Literal["export_mark", "fulfillment"] = Field(
        default="export_mark",
        description="How the cart is told that we have an order: the order's export mark, which no other application "
        "sees, or ExternalFulfillmentStatus and ExternalFulfillmentNumber of each fulfillment of ours.",
    )
    claimable: list[VendorWord] = Field(
        default_factory=lambda: ["New"],
        min_length=1,
        max_length=7,
        description="Claim by `fulfillment` only: the ExternalFulfillmentStatus of fulfillments that are free to take.",
    )

    order_number: Literal["site_order_id", "id"] = Field(
        default="site_order_id",
        description="What people call the order: the marketplace's number, or ChannelAdvisor's own id.",
    )
    notes: list[Note] = Field(
        default=["public", "private", "special_instructions"],
        description="Which notes of an order the warehouse gets, in this order and with a label each.",
    )
    bundle_component_quantity: Literal["line_total", "per_bundle"] = Field(
        default="line_total",
        description="How ChannelAdvisor counts bundle components: already multiplied by the line's quantity (assumed), "
        "or for one bundle. Check it once on an order of two bundles.",
    )
    seller_fulfillment_id: Literal["number", "key"] = Field(
        default="number",
        description="What a shipment is called at the cart: an integer (Amazon takes nothing else), or our text key; "
        "with `key` each order is read before it is shipped, for its site.",
    )
    number_only_sites: list[int] = Field(
        default_factory=lambda: list(AMAZON_SITES),
        description="Sites that take only integers as names of shipments: there the number is used and not the key.",
    )
    carriers: dict[str, list[str]] = Field(
        default_factory=dict,
        description="The account's carriers, each with its classes; a pair that is not among them is refused before "
        "ChannelAdvisor is asked. Empty: ChannelAdvisor decides (it has no list of them to ask for).",
    )
    seller_adjustment_id: Literal["key", "number"] = Field(
        default="key",
        description="What a cancellation or refund is called at the cart: our text key, or an integer, should a site "
        "take nothing else (no limit is documented).",
    )
    unknown_site: Literal["try", "refuse"] = Field(
        default="try",
        description="A cancellation or refund where ChannelAdvisor does not tell what the order's site allows: `try` "
        "leaves it to ChannelAdvisor, `refuse` sends nothing.",
    )

    on_hand_update_type: Literal["UnShipped", "InStock", "Available"] = Field(
        default="UnShipped",
        description="What ChannelAdvisor subtracts from a quantity that lies on the shelf before it sells the rest: "
        "`UnShipped` all that is promised to buyers; `InStock` the same without what waits to be shipped, for a "
        "warehouse that counts shipped orders out at once; `Available` open listings only.",
    )
    stock_profile: PositiveInt | None = Field(
        default=None,
        description="The one profile whose stock is read and changed, where profiles share their quantities; not set: "
        "`profile_ids`.",
    )

    catalog_expand: list[ProductCollection] = Field(
        default_factory=lambda: list(get_args(ProductCollection)),
        description="Which collections a list of products shows; each makes it slower. With `full_catalog` by export "
        "only those that the export has too, so that products look the same each time.",
    )
    full_catalog: Literal["pages", "export"] = Field(
        default="pages",
        description="How all products are read: page by page, or as one file that ChannelAdvisor prepares (`export`). "
        "Pages are not meant for more than about 250,000 products.",
    )
    measured_in: Literal["us", "metric"] | None = Field(
        default=None,
        description="What the account measures products in: inch and pound (`us`), or centimetre and kilogram; not "
        "set: products carry numbers without units.",
    )
    catalog_profile: PositiveInt | None = Field(
        default=None, description="The profile that products are put into; needed where there are several."
    )
    bulk_poll: PositiveFloat = Field(
        default=10,
        description="Seconds between questions how an export or an upload is doing; ChannelAdvisor wants at least 5.",
    )
    bulk_patience: timedelta = Field(
        default=timedelta(hours=2),
        gt=timedelta(0),
        description="How long an export or an upload may take before it counts as failed.",
    )
    bulk_above: PositiveInt = Field(
        default=20_000,
        description="With more products, or stock levels, waiting than this they are put as files, if files can be "
        "sent.",
    )
    upload_rows: PositiveInt = Field(default=5000, le=100_000, description="How many rows one file holds.")
    upload_by: Literal["api", "ftps"] = Field(
        default="api", description="How files get there: a ProductUpload call, or the file server."
    )
    upload_template: str = Field(
        default="",
        max_length=100,
        description="Code of the upload template (Inventory > Product Mapping > Templates) that takes our columns as "
        "they are; needed for `api`, optional for `ftps`.",
    )
    upload_import_type: Literal["AddUpdate", "UpdateOnly", "AddOnly"] = Field(
        default="AddUpdate",
        description="Which rows of a file of products ChannelAdvisor takes (`api` only); always sent. A file of stock "
        "levels says UpdateOnly.",
    )
    ftps_updates_only: bool = Field(
        default=False,
        description="Say yes once the account's FTP settings have the import method Updates Only: stock levels go to "
        "the file server only then. Any other could create products, or empty those that a file does not name.",
    )
    ftps_host: str = Field(default="", description="The file server, `ftps.channeladvisor.com`; empty: none.")
    ftps_port: PositiveInt = Field(default=21, le=65_535, description="Port of the file server.")
    ftps_user: str = Field(default="", description="Login of the file server, `prefix:user`.")
    ftps_password: SecretStr = Field(default=SecretStr(""), description="Password of the file server.")
    ftps_trusted: Path | None = Field(
        default=None, description="PEM file with the server's certificate; not set: the system's authorities decide."
    )

    concurrency: PositiveInt = Field(default=5, description="Calls under way at once; 5 is ChannelAdvisor's limit.")
    requests_per_minute: PositiveInt = Field(
        default=2000,
        description="Pace of calls; 2,000 is ChannelAdvisor's limit for one profile, all its tools together.",
    )
    requests_per_second: PositiveInt | None = Field(
        default=None,
        description="A second, finer pace, for an account or a gateway that counts by the second (none is documented).",
    )
    timeout: PositiveFloat = Field(default=600, description="Seconds for one call; order lists can take minutes.")
    retries: NonNegativeInt = Field(default=4, description="How often a call that is safe to repeat is repeated.")

    @model_validator(mode="after")
    def _check_centers(self) -> "ChannelAdvisorSettings":
        """A distribution centre is ours or somebody else's."""
        both = sorted({*self.distribution_centers} & {*self.externally_managed_centers})
        if both:
            raise ValueError(
                f"distribution_centers and externally_managed_centers both name {', '.join(map(str, both))}: take it "
                "out of the first if others ship from there, out of the second if you do"
            )
        return self

    @model_validator(mode="after")
    def _check_claimable(self) -> "ChannelAdvisorSettings":
        """What is claimed cannot be free to take at the same time."""
        if taken := sorted({*self.claimable} & {"Pending", "Complete"}):
            raise ValueError(f"claimable names {', '.join(taken)}, which says that a fulfillment is taken already")
        return self
