"""What a scenario can ask of the simulator, and what its control calls take."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat

from crossdock.sandbox import FaultPlan

RefundState = Literal["submitted", "refunded", "rejected", "not_applicable"]


class SandboxOptions(BaseModel):
    """Options of a scenario; an unknown one is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: str = "sandbox-key"
    mode: Literal["production", "test"] = "production"
    carriers: dict[str, Literal["USPS", "UPS"]] = Field(default={"ca_usps": "USPS", "ca_ups": "UPS"})
    lists_per_second: NonNegativeInt = 0
    balance: Decimal | None = None
    same_reference: Literal["first", "last"] = "last"
    references: Literal["exact", "any_case"] = "exact"
    late_drafts: NonNegativeInt = 0
    late_purchases: NonNegativeInt = 0
    refund: RefundState = "submitted"
    webhook_secret: str = "sandbox-secret"  # noqa: S105 (of a simulator)
    faults: FaultPlan = Field(default_factory=FaultPlan)


class LabelByHand(BaseModel):
    """A label that a person buys on the website."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    carrier: Literal["USPS", "UPS"] = "USPS"
    service: str = ""
    created_at: AwareDatetime | None = None
    is_return: bool = False
    weight: PositiveFloat = 16.0
    late: NonNegativeInt = 0


class RefundDecided(BaseModel):
    """What a carrier makes of a refund."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shipment_id: str
    status: RefundState
