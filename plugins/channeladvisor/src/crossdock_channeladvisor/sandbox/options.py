"""What a scenario can ask of the simulator."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crossdock.sandbox import FaultPlan

# The pairs that production shipping software ships with by default; a real account has a list of its own.
CARRIER_CLASSES = {
    "UPS": "GROUND 3DS 2DAY 2DAA NEXTDAY NDAS NDAEA STD WWEX WWE WWEP MI SurePost",
    "USPS": "FIRSTCLASS PRIORITY EXPRESS PARCELPOST PARCELSELECT MEDIA LIBRARYMAIL BOUNDPRINTEDMATTER "
    "IFIRSTCLASS IPRIORITY GEM IECONOMY",
    "FEDEX": "GROUND 2Day 2DAY EXPSAVER OVERNIGHT PRIORITY 1STOVERNIGHT 2DAYFREIGHT OVERNIGHTFREIGHT INTLPRIORITY "
    "INTLECONOMY INTLFIRST SmartPost",
}


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


class SandboxOptions(BaseModel):
    """The options of a scenario; an unknown one is an error.

    Access: `applications` (application id to shared secret), `refresh_token`, `token_seconds`, `token_calls` (a token
    dies after so many calls; None: never). Limits, 0 meaning none: `concurrency` and `rate_per_minute`,
    `rate_per_second` per application. `latency`: seconds that each API call takes, while it counts as one at work.

    Lists: `page_size`, `expanded_rows` (where expanded collections of a list are cut), `first_page_again` (a page
    beyond the end is the first one again, as one client reports).

    Orders: `start` and `seconds_between` place the orders in time, `long_orders` is the share with more than 20 lines,
    `bundle_quantity` says whether a component's quantity is already multiplied by that of its line, `odd` appends
    orders that are wrong on purpose. `carriers`: the (carrier, classes) pairs of the account.

    `state_file`: where POST /_save writes the state, and where it is read from at the start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    applications: dict[str, str] = Field(default={"sandbox-application": "sandbox-secret"}, min_length=1)
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105 (opens nothing but this simulator)
    token_seconds: float = Field(default=3600, gt=0)
    token_calls: int | None = Field(default=None, gt=0)
    concurrency: int = Field(default=5, ge=0)
    rate_per_minute: int = Field(default=2000, ge=0)
    rate_per_second: int = Field(default=0, ge=0)
    latency: float = Field(default=0, ge=0)

    page_size: int = Field(default=100, gt=0)
    expanded_rows: int = Field(default=20, gt=0)
    first_page_again: bool = False

    profile: int = 12345678
    start: datetime = datetime(2025, 1, 6, 8, tzinfo=UTC)
    seconds_between: float = Field(default=60, gt=0)
    long_orders: float = Field(default=0.002, ge=0, le=1)
    bundle_quantity: Literal["multiplied", "per_bundle"] = "multiplied"
    odd: tuple[Odd, ...] = ()
    carriers: dict[str, list[str]] = {carrier: classes.split() for carrier, classes in CARRIER_CLASSES.items()}
    faults: FaultPlan = FaultPlan()
    state_file: Path | None = None
