"""What an operator sets for one ShipStation account."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr

ShipStationId = Annotated[str, Field(pattern=r"^se(-[a-z0-9]+)+$", max_length=25)]


class ShipStationSettings(BaseModel):
    """One account of ShipStation, reached by its API V2."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(
        default="https://api.shipstation.com", pattern=r"^https?://", description="Address of the API; /v2 is below it."
    )
    api_key: SecretStr = Field(min_length=1, description="Key of the API V2, from the account's settings.")
    concurrency: PositiveInt = Field(default=8, description="Calls under way at once.")
    timeout: PositiveFloat = Field(default=60.0, description="Seconds for one call; a carrier is asked behind some.")
    requests_per_minute: PositiveInt | None = Field(
        default=200, description="Pace of calls; an account is allowed 200 unless ShipStation raised it."
    )
    reference: Literal["shipment_number", "external_shipment_id"] = Field(
        default="shipment_number",
        description="Field of a shipment that holds the warehouse's order number, where others made the shipment.",
    )
    first_days: PositiveInt = Field(default=7, description="Days back that the first listing of labels reaches.")
    overlap: timedelta = Field(
        default=timedelta(minutes=5),
        ge=timedelta(0),
        description="How far each listing reaches back over what was seen, for labels that are shown late.",
    )
    voided_days: NonNegativeInt = Field(
        default=30, description="Days for which labels are watched for being voided; 0: not watched."
    )
    page_size: int = Field(default=100, ge=1, le=500, description="Entries asked for in one page of a list.")
    carrier_ids: tuple[ShipStationId, ...] = Field(
        default=(), description="Carrier accounts that are asked for rates; left out: all of the account."
    )
    service_codes: tuple[str, ...] = Field(
        default=(), description="Services that are asked for rates; left out: all of those carriers."
    )
    package_code: str = Field(
        default="package",
        min_length=1,
        description="Kind of box that rates are asked for, so that no flat-rate envelope is offered for a box.",
    )
    label_layout: Literal["4x6", "letter"] = Field(
        default="4x6", description="Paper of PDF labels; all others are 4x6 inches."
    )
    validate_address: Literal["no_validation", "validate_only", "validate_and_clean"] = Field(
        default="no_validation", description="What ShipStation does with the address when a label is drafted."
    )
    address_path: str = Field(
        default="/v2/addresses/validate", pattern=r"^/", description="Where an address is checked by itself."
    )
    customs_contents: Literal["merchandise", "documents", "gift", "returned_goods", "sample"] = Field(
        default="merchandise", description="What parcels that cross a border are declared to hold."
    )
    customs_non_delivery: Literal["return_to_sender", "treat_as_abandoned"] = Field(
        default="return_to_sender", description="What the customs do with what cannot be delivered."
    )
