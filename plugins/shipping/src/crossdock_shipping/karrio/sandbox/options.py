"""What a scenario may set."""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from crossdock.sandbox import FaultPlan


class Mood(StrEnum):
    """What a carrier does when a label is wanted of it."""

    SELLS = "sells"
    REFUSES = "refuses"
    BREAKS = "breaks"
    SELLS_TO_THE_DYING = "sells to the dying"


class Option(BaseModel):
    """Part of a scenario."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServiceOption(Option):
    """One service of a carrier, at one price wherever it goes."""

    code: str
    price: Decimal
    currency: str = "USD"
    days: PositiveInt | None = None


VAN = (
    ServiceOption(code="van_standard", price=Decimal("7.25"), days=3),
    ServiceOption(code="van_express", price=Decimal("19.90"), days=1),
)


class CarrierOption(Option):
    """One carrier connection: `carrier_name` is the integration, `carries` who really carries, as rates tell it."""

    carrier_id: str = "own-van"
    carrier_name: str = "generic"
    carries: str = "own_van"
    services: tuple[ServiceOption, ...] = VAN


class SandboxOptions(Option):
    """Options of a scenario."""

    api_key: str = "sandbox-key"
    webhook_secret: str = "whsec_sandbox"  # noqa: S105 (everybody may know it)
    test_mode: bool = False
    carriers: tuple[CarrierOption, ...] = (CarrierOption(),)
    carrier_seconds: NonNegativeFloat = 0.0
    late: NonNegativeInt = 0
    requests_per_minute: PositiveInt | None = None
    faults: FaultPlan = Field(default_factory=FaultPlan)
    state_file: Path | None = None
