"""What an operator sets for one parcel look-up service."""

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, SecretStr


class ShippingSettings(BaseModel):
    """One service that answers `GET /parcels?reference=NUMBER`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(pattern=r"^https?://", description="Address of the service; /parcels is below it.")
    api_key: SecretStr = Field(min_length=1, description="Key that the service gave out, sent as X-Api-Key.")
    concurrency: PositiveInt = Field(default=8, description="Calls under way at once.")
    timeout: PositiveFloat = Field(default=30.0, description="Seconds for one call.")
    requests_per_minute: PositiveInt | None = Field(default=None, description="Pace of calls; left out: not limited.")
