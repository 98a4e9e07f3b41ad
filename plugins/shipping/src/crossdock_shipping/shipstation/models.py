"""ShipStation's documents, as far as they are read; names as the API V2 gives them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from crossdock.domain import LengthUnit, Money, UtcDatetime, Weight, WeightUnit

WEIGHT_UNITS = {
    WeightUnit.GRAM: "gram",
    WeightUnit.KILOGRAM: "kilogram",
    WeightUnit.OUNCE: "ounce",
    WeightUnit.POUND: "pound",
}
LENGTH_UNITS = {LengthUnit.CENTIMETRE: "centimeter", LengthUnit.INCH: "inch"}
_WEIGHT_UNIT_OF = {name: unit for unit, name in WEIGHT_UNITS.items()}
_DAY = len("2026-03-01")


def _midnight(value: Any) -> Any:
    """A bare day as the moment at which it begins in UTC; everything else as it is."""
    return f"{date.fromisoformat(value)}T00:00:00Z" if isinstance(value, str) and len(value) == _DAY else value


Moment = Annotated[UtcDatetime, BeforeValidator(_midnight)]


class Told(BaseModel):
    """A document as ShipStation tells it; a field that holds null counts as one that was not told."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: Any) -> Any:
        return {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else told


class MoneyTold(Told):
    """An amount; the currency is told in small letters."""

    currency: str = Field(min_length=1)
    amount: Decimal

    def money(self) -> Money:
        """The amount as the domain knows it."""
        return Money(amount=self.amount, currency=self.currency.upper())


class WeightTold(Told):
    """The weight of a package; 0 where nobody weighed it."""

    value: Decimal
    unit: Literal["gram", "kilogram", "ounce", "pound"]

    def weight(self) -> Weight | None:
        """The weight as the domain knows it, or None where there is none."""
        return Weight(value=self.value, unit=_WEIGHT_UNIT_OF[self.unit]) if self.value > 0 else None


class DownloadTold(Told):
    """Where the file of a label is, by format."""

    href: str = ""
    pdf: str = ""
    png: str = ""
    zpl: str = ""


class PackageTold(Told):
    """One box of a label."""

    tracking_number: str = ""
    external_package_id: str = ""
    weight: WeightTold | None = None
    label_download: DownloadTold | None = None


class OptionsTold(Told):
    """The free fields of a shipment; in ours stand the key, the reference and the fingerprint of the wish."""

    custom_field1: str = ""
    custom_field2: str = ""
    custom_field3: str = ""


class ShipmentTold(Told):
    """A shipment: the intent to send something, of which labels are made."""

    shipment_id: str = ""
    external_shipment_id: str = ""
    shipment_number: str = ""
    shipment_status: str = ""
    advanced_options: OptionsTold | None = None

    @property
    def options(self) -> OptionsTold:
        """The free fields, empty where none were told."""
        return self.advanced_options or OptionsTold()


class LabelTold(Told):
    """A label that was made; `shipment` where it is shown inside."""

    label_id: str = Field(min_length=1)
    shipment_id: str = ""
    status: str = ""
    external_shipment_id: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    carrier_code: str = ""
    service_code: str = ""
    voided: bool = False
    ship_date: Moment | None = None
    created_at: Moment | None = None
    shipment_cost: MoneyTold | None = None
    insurance_cost: MoneyTold | None = None
    packages: tuple[PackageTold, ...] = ()
    label_format: str = ""
    label_download: DownloadTold | None = None
    shipment: ShipmentTold | None = None

    @property
    def is_voided(self) -> bool:
        """Whether it was taken back."""
        return self.voided or self.status == "voided"

    @property
    def sent_at(self) -> datetime | None:
        """The day that it is sent, else the moment at which it was made."""
        return self.ship_date or self.created_at


class RateTold(Told):
    """What one service of one carrier account asks."""

    rate_id: str = Field(min_length=1)
    carrier_code: str
    service_code: str
    package_type: str = ""
    shipping_amount: MoneyTold
    insurance_amount: MoneyTold | None = None
    confirmation_amount: MoneyTold | None = None
    other_amount: MoneyTold | None = None
    delivery_days: int | None = None
    trackable: bool = True
    validation_status: str = ""
    error_messages: tuple[str, ...] = ()


class FaultTold(Told):
    """One of the errors in an answer that succeeded otherwise."""

    message: str = ""


class RatesTold(Told):
    """The offers for one shipment, and what carriers said that made none."""

    rates: tuple[RateTold, ...] = ()
    invalid_rates: tuple[RateTold, ...] = ()
    errors: tuple[FaultTold, ...] = ()
