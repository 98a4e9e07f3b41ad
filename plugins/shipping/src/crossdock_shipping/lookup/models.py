"""A parcel as the look-up service gives it."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class ParcelTold(BaseModel):
    """One parcel; `reference` is the order number in the warehouse, `box` the warehouse's own box number."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    id: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    tracking_number: str = Field(min_length=1)
    carrier: str | None = None
    service: str | None = None
    box: str | None = None
    shipped_at: AwareDatetime | None = None
    voided: bool = False
