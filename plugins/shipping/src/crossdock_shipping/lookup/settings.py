"""What an operator sets for one parcel look-up service."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, SecretStr

Span = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=3650))]


class ShippingSettings(BaseModel):
    """One service that answers `GET /parcels?reference=NUMBER`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(pattern=r"^https?://", description="Address of the service; /parcels is below it.")
    api_key: SecretStr = Field(min_length=1, description="Key that the service gave out, sent as X-Api-Key.")
    lists: bool = Field(
        default=False, description="Whether the service answers `GET /parcels?changed_since=TIME`, too."
    )
    first_run: Span = Field(default=timedelta(days=7), description="How far the very first listing looks back.")
    overlap: Span = Field(
        default=timedelta(hours=1),
        description="How far each listing looks back beyond the begin of the last one, for parcels that show late and "
        "clocks that differ.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None, min_length=1, description="Secret that signs the service's calls; left out: calls are refused."
    )
    webhook_tolerance: PositiveInt = Field(default=300, description="Seconds that such a call may be old.")
    concurrency: PositiveInt = Field(default=8, description="Calls under way at once.")
    timeout: PositiveFloat = Field(default=30.0, description="Seconds for one call.")
    requests_per_minute: PositiveInt | None = Field(default=None, description="Pace of calls; left out: not limited.")
