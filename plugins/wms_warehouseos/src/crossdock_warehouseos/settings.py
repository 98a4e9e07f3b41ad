"""What an operator sets for one WarehouseOS tenant."""

from collections import Counter
from typing import Annotated, Any, Literal, Self
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
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from crossdock_warehouseos.files.settings import FileSettings
from crossdock_warehouseos.profile import Profile, with_defaults

NonEmpty = Annotated[str, Field(min_length=1)]


def needed_by(transport: str) -> AfterValidator:
    """Marks a setting that one transport cannot do without."""

    def require(value: Any, info: ValidationInfo) -> Any:
        if not value and info.data.get("transport") == transport:
            raise PydanticCustomError("missing", "Field required")
        return value

    return AfterValidator(require)


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
    from_order: dict[PositiveInt, str] = Field(
        default_factory=dict, description="Names of the order's own custom fields, by the number that each one goes to."
    )

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        numbers = [number for number in (self.tags, self.site, self.request_key, *self.from_order) if number]
        shared = [str(number) for number, times in Counter(numbers).items() if times > 1]
        if shared:
            raise ValueError(
                "tags, site, request_key and each field of from_order need custom fields of their own, "
                f"but two share number {', '.join(shared)}"
            )
        return self


WeightUnit = Literal["lb", "kg", "oz", "g"]
"""A unit that weights are measured in."""


class ItemRules(BaseModel):
    """How products become items."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: PositiveInt = Field(default=100, le=200, description="Items in one call; WarehouseOS advises 100 to 200.")
    body: Literal["object", "list"] = Field(
        default="object", description="What a call carries: an object that holds the list, or the bare list (assumed)."
    )
    fields: Literal["all", "changed"] = Field(
        default="all",
        description="`all`: crossdock owns every field of an item. `changed`: patch mode, only what changed is sent.",
    )
    description: Literal["title", "description", "leave"] = Field(
        default="title", description="Which text of a product describes its item; `leave`: people write it there."
    )
    master_item: bool = Field(default=True, description="The SKU of a product's parent is the Master Item.")
    images: bool = Field(default=True, description="The product's images are the item's.")
    weight_unit: WeightUnit | None = Field(
        default=None, description="The tenant's one unit of weight; left out: weights are not sent."
    )
    source_weight_unit: WeightUnit | None = Field(
        default=None, description="Unit of weights that come without one; left out: such products are refused."
    )
    attributes: dict[NonEmpty, NonEmpty] | None = Field(
        default=None,
        description="Attributes of an item, each with the product's attribute or field (`brand`, `codes.UPC`) that "
        "fills it; left out: all attributes of the product, under their own names.",
    )
    aliases: Literal["leave", "replace"] = Field(
        default="leave",
        description="`leave`: people manage aliases in WarehouseOS. `replace`: the product's list is the whole list.",
    )
    alias_codes: tuple[NonEmpty, ...] = Field(
        default=(), description="Codes of a product that are aliases too, such as UPC and EAN; with `replace` only."
    )
    bundles: Literal["skip", "items"] = Field(
        default="skip",
        description="`items`: bundles are packed beforehand, stocked, and ordered as items; WarehouseOS then never "
        "takes them apart.",
    )

    @model_validator(mode="after")
    def _are_used(self) -> Self:
        if self.alias_codes and self.aliases == "leave":
            raise ValueError("alias_codes are sent with aliases = 'replace' only, which replaces what people entered")
        if self.source_weight_unit and not self.weight_unit:
            raise ValueError("source_weight_unit is of use only with weight_unit, the unit that the tenant weighs in")
        return self


class PushSettings(BaseModel):
    """How a host message that is sent to our URL proves where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Signs each call (assumed); left out: the secret in the address is the only proof.",
    )
    tolerance: PositiveInt = Field(default=300, description="Seconds that the time of a signed call may be away.")


class WarehouseOSSettings(BaseModel):
    """One WarehouseOS tenant, as an operator configures it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transport: Literal["api", "files"] = Field(
        default="api", description="How orders and items get there: by the API, or by files for the Host Agent."
    )
    base_url: Annotated[str, needed_by("api")] = Field(
        default="",
        pattern=r"^(https?://.*)?$",
        validate_default=True,
        description="Address of the tenant's WOS Manager; with `files` it may be left out.",
    )
    api_key: Annotated[SecretStr, needed_by("api")] = Field(
        default=SecretStr(""),
        validate_default=True,
        description="API key from WOS Manager, Site Settings; with `files` it may be left out.",
    )
    files: Annotated[FileSettings | None, needed_by("files")] = Field(
        default=None, validate_default=True, description="With `files`: where the Host Agent's folder is."
    )
    confirm_at: Literal["pack", "pick"] = Field(
        default="pack", description="Which host message reports a shipment: a closed box (advised) or a finished pick."
    )
    report_by: Literal["document", "line"] = Field(
        default="document",
        description="Whether the whole box or pick reports a shipment, or each transaction of one line in it.",
    )
    resets_open_boxes: bool = Field(
        default=True,
        description="A reset of picks takes back each box of the order that was closed before; false where every box "
        "that is opened again tells so itself.",
    )
    short_picks_end: Literal["order_complete", "never"] = Field(
        default="order_complete",
        description="When pieces that a finished pick tells as short are not shipped any more: when the order is "
        "complete with it (assumed), or `never`, where somebody may still look for them.",
    )
    orders_of_others: tuple[NonEmpty, ...] = Field(
        default=(),
        description="Numbers, or patterns such as `WH-*`, of orders that others put into WarehouseOS: what is packed "
        "for them is no shipment of ours. Their picks still count as stock that moved.",
    )
    putaways_move_stock: bool = Field(
        default=False, description="Putaways are stock that was put in; only where no message of a put tells them too."
    )
    push: PushSettings = Field(default_factory=PushSettings, description="Host messages that are sent to our URL.")
    create_on_hold: bool = Field(default=False, description="Create orders on Hold, for a person to release there.")
    default_area: str = Field(
        default="", description="Pick area of requests that name none; where areas are used, such orders never move."
    )
    custom_fields: CustomFields = Field(default_factory=CustomFields, description="Which custom field holds what.")
    field_lengths: dict[NonEmpty, PositiveInt] = Field(
        default_factory=dict,
        description="How many characters fields of an order take, by WarehouseOS's names, such as `CustomField7`; a "
        "longer value holds the order. Left out: none is checked.",
    )
    source: str = Field(
        default="{site}", description="Source of orders; `{site}` stands for the site of the sale, empty leaves it out."
    )
    resolve_skus: Literal["list", "each", "off"] = Field(
        default="list",
        description=(
            "Refuse SKUs that WarehouseOS does not know; newer versions create an item for each typo. `list` reads the "
            "whole item list, `each` asks for one item at a time (for very many items), `off` refuses none."
        ),
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
    list_page_size: PositiveInt = Field(default=1000, description="Areas, locations and levels read at once.")
    items: ItemRules = Field(default_factory=ItemRules, description="How products become items.")
    profile: Annotated[Profile, BeforeValidator(with_defaults)] = Field(
        default_factory=lambda: Profile.model_validate(with_defaults({})),
        description="Paths, header and field names where this tenant differs from the shipped profile.",
    )

    @model_validator(mode="after")
    def _lengths_are_of_fields(self) -> Self:
        names = self.profile.order
        measured = (names.notes, names.source, names.pick_area)
        for field in self.field_lengths:
            if field not in measured and not names.is_custom(field):
                raise ValueError(
                    f"field_lengths: '{field}' is none of {', '.join(measured)} and custom fields such as "
                    f"{names.custom(7)}"
                )
        return self
