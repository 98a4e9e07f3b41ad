"""A shipment as karrio gives it: a draft with offers, or what was bought of it."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

KEY, BOX, WISH = "crossdock_key", "crossdock_box", "crossdock_wish"
"""Names in a shipment's `metadata`: our key, the warehouse's box, and a fingerprint of what was asked for."""

DRAFT, CANCELLED = "draft", "cancelled"

Amount = Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)]
Text = Annotated[str, BeforeValidator(lambda told: "" if told is None else told)]


def _as_names(told: Any) -> Any:
    return {} if told is None else told


Names = Annotated[dict[str, Any], BeforeValidator(_as_names)]


class Told(BaseModel):
    """A document of karrio, or as much of it as matters here."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)


class RateTold(Told):
    """What a carrier asks; `meta` says who really carries where `carrier_name` is only the seller of it."""

    id: Text = ""
    carrier_name: Text = ""
    service: Text = ""
    currency: Text = ""
    total_charge: Amount | None = None
    transit_days: Annotated[int, Field(ge=0, le=10_000)] | None = None
    meta: Names = Field(default_factory=dict)

    @property
    def carrier(self) -> str:
        """The code of who carries it."""
        return text_of(self.meta, "rate_provider") or self.carrier_name


class PieceTold(Told):
    """One piece of a shipment."""

    weight: Annotated[Decimal, Field(le=10**9, allow_inf_nan=False)] | None = None
    weight_unit: Text = ""


class MessageTold(Told):
    """What a carrier said that made no offer, or beside its offer."""

    carrier_name: Text = ""
    message: Any = None

    @property
    def words(self) -> str:
        """What was said, and by whom."""
        said = "" if self.message is None else str(self.message)
        return f"{self.carrier_name}: {said}".strip(": ")


class ShipmentTold(Told):
    """One shipment. The server writes the rate that was chosen first and the new status after it."""

    id: str = Field(min_length=1)
    status: str
    tracking_number: Text = ""
    reference: Text = ""
    order_id: Text = ""
    carrier_name: Text = ""
    service: Text = ""
    selected_rate: RateTold | None = None
    rates: tuple[RateTold, ...] = ()
    messages: tuple[MessageTold, ...] = ()
    parcels: tuple[PieceTold, ...] = ()
    metadata: Names = Field(default_factory=dict)
    meta: Names = Field(default_factory=dict)

    @property
    def is_bought(self) -> bool:
        """Whether money was spent on it, whatever became of it later; a draft can be cancelled, too."""
        return self.selected_rate is not None and self.status != DRAFT

    @property
    def is_half_bought(self) -> bool:
        """Whether the server has begun to write down a purchase."""
        return self.selected_rate is not None and self.status == DRAFT

    @property
    def is_voided(self) -> bool:
        """Whether it was cancelled."""
        return self.status == CANCELLED


def text_of(names: dict[str, Any], name: str) -> str:
    """A text among free names; whatever else stands there is as good as nothing."""
    told = names.get(name)
    return told.strip() if isinstance(told, str) else ""
