"""A parcel as the look-up service gives it."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crossdock.domain import Money, Weight


class ParcelTold(BaseModel):
    """One parcel; `reference` is the order number in the warehouse, `box` the warehouse's own box number.

    The same `id` is the same label, whatever its reference.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    id: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    tracking_number: str = Field(min_length=1)
    carrier: str | None = None
    service: str | None = None
    box: str | None = None
    shipped_at: AwareDatetime | None = None
    voided: bool = False
    cost: Money | None = None
    weight: Weight | None = None
    tracking_url: str | None = None
