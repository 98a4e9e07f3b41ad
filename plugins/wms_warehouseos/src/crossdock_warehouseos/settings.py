"""What an operator sets for one WarehouseOS tenant."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)

from crossdock_warehouseos.profile import Profile, with_defaults


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; write one such as 'UTC' or 'America/Chicago'") from None
    return name


class CustomFields(BaseModel):
    """The custom fields that crossdock fills, by number; 0 leaves a thing out.

    By convention 1 holds tags, 2 the store, and 4 a mark of WarehouseOS's own cancel job; 3 is assumed to be free.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tags: NonNegativeInt = Field(default=1, description="Order tags.")
    site: NonNegativeInt = Field(default=2, description="Site or store of the sale.")
    request_key: PositiveInt = Field(default=3, description="crossdock's own key: it knows its orders again by it.")

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        numbers = [number for number in (self.tags, self.site, self.request_key) if number]
        if len(set(numbers)) < len(numbers):
            raise ValueError("tags, site and request_key need custom fields of their own, but two share a number")
        return self


class WarehouseOSSettings(BaseModel):
    """One WarehouseOS tenant, as an operator configures it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(pattern=r"^https?://", description="Address of the tenant's WOS Manager.")
    api_key: SecretStr = Field(min_length=1, description="API key from WOS Manager, Site Settings.")
    confirm_at: Literal["pack", "pick"] = Field(
        default="pack", description="Which host message reports a shipment: a closed box (advised) or a finished pick."
    )
    create_on_hold: bool = Field(default=False, description="Create orders on Hold, for a person to release there.")
    default_area: str = Field(
        default="", description="Pick area of requests that name none; where areas are used, such orders never move."
    )
    custom_fields: CustomFields = Field(default_factory=CustomFields, description="Which custom field holds what.")
    resolve_skus: bool = Field(
        default=True,
        description="Refuse SKUs that the item list does not have; newer versions create an item for each typo.",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", description="Zone of times in host messages that carry no offset (assumed)."
    )
    concurrency: PositiveInt = Field(default=8, description="Calls under way at once (no limit is documented).")
    timeout: PositiveFloat = Field(default=60.0, description="Seconds for one call.")
    requests_per_minute: PositiveInt | None = Field(default=None, description="Pace of calls; left out: not limited.")
    queue_page_size: PositiveInt = Field(
        default=200, description="Host messages read at once; no more than the tenant gives in one answer."
    )
    item_page_size: PositiveInt = Field(default=1000, description="Items read at once.")
    profile: Annotated[Profile, BeforeValidator(with_defaults)] = Field(
        default_factory=lambda: Profile.model_validate(with_defaults({})),
        description="Paths, header and field names where this tenant differs from the shipped profile.",
    )
