"""What an operator configures for one ChannelAdvisor account."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr

from crossdock_channeladvisor.statuses import READY_CHECKOUT, READY_PAYMENT, READY_SHIPPING

VendorWord = Annotated[str, Field(pattern=r"^[A-Za-z]+$", max_length=40)]
"""A member of one of ChannelAdvisor's enumerations; new ones appear over time, so any word is allowed."""


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
        description="`not_exported`: every order not yet acknowledged. `updated`: what changed since the last time.",
    )
    overlap: timedelta = Field(
        default=timedelta(minutes=15),
        ge=timedelta(0),
        description="`updated` only: how far each run looks back beyond the end of the last one.",
    )
    first_run_since: AwareDatetime | None = Field(
        default=None,
        description="`updated` only: where the very first run begins; not set: with the oldest order.",
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
        description="Only orders with a fulfillment in one of these distribution centres (ids may be 0 or negative); "
        "empty: all.",
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

    order_number: Literal["site_order_id", "id"] = Field(
        default="site_order_id",
        description="What people call the order: the marketplace's number, or ChannelAdvisor's own id.",
    )
    bundle_component_quantity: Literal["line_total", "per_bundle"] = Field(
        default="line_total",
        description="How ChannelAdvisor counts bundle components: already multiplied by the line's quantity (assumed), "
        "or for one bundle. Check it once on an order of two bundles.",
    )
    seller_fulfillment_id: Literal["number", "key"] = Field(
        default="number",
        description="What a shipment is called at the cart: an integer (Amazon takes nothing else), or our text key.",
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
