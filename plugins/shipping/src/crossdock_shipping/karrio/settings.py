"""What an operator sets for one karrio server."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, SecretStr


class KarrioSettings(BaseModel):
    """One karrio server, seen through one API key: live and test keys show different shipments and carriers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(pattern=r"^https?://", description="Address of the server; /v1 is below it.")
    api_key: SecretStr = Field(min_length=1, description="API key of the server, sent as `Authorization: Token KEY`.")
    webhook_secret: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="`secret` that the server gave the webhook (`whsec_…`); left out: calls are refused.",
    )
    number_in: Literal["reference", "order_id"] = Field(
        default="reference",
        description="Field of a shipment that holds the warehouse's order number; `order_id` takes 50 characters, "
        "`reference` 100.",
    )
    carriers: tuple[str, ...] = Field(
        default=(),
        description="`carrier_id`s of the carrier connections that may make offers; left out: every active one.",
    )
    first_run: timedelta = Field(
        default=timedelta(days=7), gt=timedelta(0), description="How far the very first listing looks back."
    )
    overlap: timedelta = Field(
        default=timedelta(days=2),
        ge=timedelta(0),
        description="How far each listing looks back beyond the begin of the last one. A shipment stands in the list "
        "by when its draft was made, so this must be longer than people leave drafts before they buy them.",
    )
    voids: timedelta = Field(
        default=timedelta(days=30),
        ge=timedelta(0),
        description="How old a shipment may be whose cancellation is still seen by listing.",
    )
    page_size: PositiveInt = Field(default=100, le=1000, description="Shipments asked for at once.")
    concurrency: PositiveInt = Field(default=4, description="Calls under way at once.")
    timeout: PositiveFloat = Field(
        default=150.0,
        description="Seconds for one call; longer than the slowest carrier takes, or purchases are in doubt.",
    )
    requests_per_minute: PositiveInt | None = Field(
        default=300,
        description="Pace of calls, the server's own limit (its CARRIER_REQUEST_RATE_LIMIT); empty: not limited.",
    )
