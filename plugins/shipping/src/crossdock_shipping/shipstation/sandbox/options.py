"""Options of a scenario."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from crossdock.sandbox import FaultPlan


class SandboxOptions(BaseModel):
    """What the simulated account is like; see the package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: str = "sandbox-key"
    requests_per_minute: PositiveInt | None = 200
    late: NonNegativeInt = 0
    embeds_shipment: bool = True
    sells_twice: bool = False
    balance: Decimal | None = None
    voids: bool = True
    faults: FaultPlan = Field(default_factory=FaultPlan)
