"""What a scenario can ask of the simulator."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from crossdock.sandbox import FaultPlan
from crossdock_channeladvisor.sandbox.bulk.options import BulkOptions

# The pairs that production shipping software ships with by default; a real account has a list of its own.
CARRIER_CLASSES = {
    "UPS": "GROUND 3DS 2DAY 2DAA NEXTDAY NDAS NDAEA STD WWEX WWE WWEP MI SurePost",
    "USPS": "FIRSTCLASS PRIORITY EXPRESS PARCELPOST PARCELSELECT MEDIA LIBRARYMAIL BOUNDPRINTEDMATTER "
    "IFIRSTCLASS IPRIORITY GEM IECONOMY",
    "FEDEX": "GROUND 2Day 2DAY EXPSAVER OVERNIGHT PRIORITY 1STOVERNIGHT 2DAYFREIGHT OVERNIGHTFREIGHT INTLPRIORITY "
    "INTLECONOMY INTLFIRST SmartPost",
}


_LOOPBACK = {("http", "127.0.0.1"), ("http", "localhost")}


class Odd(StrEnum):
    """An order that the real service should not give, but somebody's does."""

    NO_LINES = "no_lines"
    ZERO_QUANTITY = "zero_quantity"
    NEGATIVE_QUANTITY = "negative_quantity"
    MISSING_ADDRESS = "missing_address"
    TEN_THOUSAND_LINES = "ten_thousand_lines"
    SEVEN_DECIMALS = "seven_decimals"
    SAME_NUMBER = "same_number"
    UNKNOWN_ENUM = "unknown_enum"
    UNKNOWN_SKU = "unknown_sku"
    NOT_JSON_OBJECT = "not_json_object"
    TRUNCATED = "truncated"


class SiteAbilities(BaseModel):
    """What the marketplace of a site lets a seller do after the sale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_cancellations: bool = True
    item_cancellations: bool = True
    rma_cancellations: bool = False
    order_refunds: bool = True
    item_refunds: bool = True
    rma_refunds: bool = False
    partial_quantities: bool = True


class SandboxOptions(BulkOptions):
    """The options of a scenario, beside those of the bulk ways (`BulkOptions`); an unknown one is an error.

    Access: `applications` (application id to shared secret), `refresh_token` and `refresh_token_scope`,
    `redirect_uris` (registered addresses of authorize calls), `code_seconds`, the SOAP credentials `developer_key`,
    `developer_password` and `account_id`, `token_seconds`, `token_calls` (a token dies after so many calls; None:
    never). Limits, 0 meaning none: `concurrency` and `rate_per_minute`,
    `rate_per_second` per application. `latency`: seconds that each API call takes, while it counts as one at work.

    Lists: `page_size`, `expanded_rows` (where expanded collections of a list are cut), `first_page_again` (a page
    beyond the end is the first one again, as one client reports), `url_limit` (a longer URL is refused).

    Disorder: `duplicate_rows` repeats the first row of each page at its end, `shuffled_rows` mixes each page,
    `unknown_members` adds a member to each order that no document knows, `renamed_words` shows other words in the
    statuses of orders, `clock_skew` is how many seconds the clock of the service is ahead; `stopped_at` is the moment
    at which that clock stands, so that all that happens bears the same date.

    Orders: `start` and `seconds_between` place the orders in time, `long_orders` is the share with more than 20 lines,
    `bundle_quantity` says whether a component's quantity is already multiplied by that of its line, `odd` appends
    orders that are wrong on purpose. `carriers`: the (carrier, classes) pairs of the account. The orders are spread
    over `profiles`; `third_party` is the share that neither the seller nor Amazon ships.

    Marketplaces: `site_abilities` by site id; with `marketplace_answers` "by_hand" shipments and adjustments wait for
    POST /_marketplace. `webhook_loopback` allows webhooks to http://127.0.0.1, which the service does not.

    Products: so many `products` beside those that orders sell, made from the seed when they are asked for; a list of
    nothing but ID and Sku has pages of `short_page_size`. `center_zero`: quantities can also be set in the centre 0, as
    in accounts without several centres; no list of centres shows it.

    `state_file`: where POST /_save writes the state, and where it is read from at the start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    applications: dict[str, str] = Field(default={"sandbox-application": "sandbox-secret"}, min_length=1)
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105 (opens nothing but this simulator)
    refresh_token_scope: str = "orders inventory"  # noqa: S105 (names of scopes)
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1:8400/callback",)
    code_seconds: float = Field(default=300, gt=0)
    developer_key: str = "5a4db0c5-0000-4000-8000-000000000001"
    developer_password: str = "sandbox-developer-password"  # noqa: S105 (opens nothing but this simulator)
    account_id: str = "5a4db0c5-0000-4000-8000-000000000002"
    token_seconds: float = Field(default=3600, gt=0)
    token_calls: int | None = Field(default=None, gt=0)
    concurrency: int = Field(default=5, ge=0)
    rate_per_minute: int = Field(default=2000, ge=0)
    rate_per_second: int = Field(default=0, ge=0)
    latency: float = Field(default=0, ge=0)

    page_size: int = Field(default=100, gt=0)
    expanded_rows: int = Field(default=20, gt=0)
    first_page_again: bool = False
    url_limit: int = Field(default=4096, gt=0)
    duplicate_rows: bool = False
    shuffled_rows: bool = False
    unknown_members: bool = False
    renamed_words: dict[str, str] = Field(default={})
    clock_skew: float = 0
    stopped_at: AwareDatetime | None = None

    profiles: tuple[int, ...] = Field(default=(12345678,), min_length=1)
    products: int = Field(default=0, ge=0, le=1_000_000)
    short_page_size: int = Field(default=500, gt=0)
    center_zero: bool = False
    third_party: float = Field(default=0, ge=0, le=0.9)
    start: datetime = datetime(2025, 1, 6, 8, tzinfo=UTC)
    seconds_between: float = Field(default=60, gt=0)
    long_orders: float = Field(default=0.002, ge=0, le=1)
    bundle_quantity: Literal["multiplied", "per_bundle"] = "multiplied"
    odd: tuple[Odd, ...] = ()
    carriers: dict[str, list[str]] = Field(
        default={carrier: classes.split() for carrier, classes in CARRIER_CLASSES.items()}
    )
    site_abilities: dict[int, SiteAbilities] = Field(default={})
    marketplace_answers: Literal["at_once", "by_hand"] = "at_once"
    webhook_loopback: bool = False
    faults: FaultPlan = FaultPlan()
    state_file: Path | None = None

    @field_validator("redirect_uris")
    @classmethod
    def _are_safe(cls, uris: tuple[str, ...]) -> tuple[str, ...]:
        for uri in uris:
            parts = urlsplit(uri)
            if parts.scheme != "https" and (parts.scheme, parts.hostname) not in _LOOPBACK:
                raise ValueError(f"redirect_uri '{uri}' must begin with https:// (on this machine http:// will do)")
        return uris
