"""What may be sent to the simulated account: the fields of the reference and no others."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, model_validator

Id = Annotated[str, Field(pattern=r"^se(-[a-z0-9]+)+$", max_length=25)]
Amount = Annotated[Decimal, Field(ge=0)]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MoneySent(_Sent):
    """An amount in one currency."""

    currency: str = Field(min_length=3, max_length=3)
    amount: Amount


class WeightSent(_Sent):
    """How heavy a package is."""

    value: Amount
    unit: Literal["pound", "ounce", "gram", "kilogram"]


class DimensionsSent(_Sent):
    """The sides of a package."""

    unit: Literal["inch", "centimeter"]
    length: Amount
    width: Amount
    height: Amount


class AddressSent(_Sent):
    """A place; the lines without which no label is made."""

    name: str | None = None
    company_name: str | None = None
    address_line1: str
    address_line2: str | None = None
    address_line3: str | None = None
    city_locality: str
    state_province: str | None = None
    postal_code: str | None = None
    country_code: str = Field(min_length=2, max_length=2)
    phone: str | None = None
    email: str | None = None
    address_residential_indicator: Literal["unknown", "yes", "no"] = "unknown"
    instructions: str | None = None

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if not self.name and not self.company_name:
            raise ValueError("name or company_name must be set")
        return self


class ProductSent(_Sent):
    """What is in a package, for the customs."""

    description: str = Field(default="", max_length=100)
    quantity: NonNegativeInt = 0
    value: MoneySent | None = None
    weight: WeightSent | None = None
    harmonized_tariff_code: str | None = None
    country_of_origin: str | None = Field(default=None, max_length=2)
    unit_of_measure: str | None = None
    sku: str | None = None
    sku_description: str | None = None


class PackageSent(_Sent):
    """A box."""

    package_id: Id | None = None
    package_code: str = "package"
    external_package_id: str | None = None
    weight: WeightSent
    dimensions: DimensionsSent | None = None
    insured_value: MoneySent | None = None
    label_messages: dict[str, str] | None = None
    content_description: str | None = Field(default=None, max_length=35)
    products: tuple[ProductSent, ...] = ()


class OptionsSent(_Sent):
    """Free fields; the reference has many more, which nobody here sends."""

    custom_field1: str | None = Field(default=None, max_length=100)
    custom_field2: str | None = Field(default=None, max_length=100)
    custom_field3: str | None = Field(default=None, max_length=100)
    saturday_delivery: bool = False


class CustomsSent(_Sent):
    """What a parcel that crosses a border must declare."""

    contents: Literal["merchandise", "documents", "gift", "returned_goods", "sample", "other"]
    non_delivery: Literal["return_to_sender", "treat_as_abandoned"]


class ShipmentSent(_Sent):
    """The intent to send something."""

    validate_address: Literal["no_validation", "validate_only", "validate_and_clean"] = "no_validation"
    external_shipment_id: str | None = None
    shipment_number: str | None = Field(default=None, max_length=50)
    carrier_id: Id | None = None
    service_code: str | None = None
    ship_to: AddressSent
    ship_from: AddressSent
    packages: tuple[PackageSent, ...] = Field(min_length=1)
    items: tuple[dict[str, Any], ...] = ()
    advanced_options: OptionsSent = Field(default_factory=OptionsSent)
    customs: CustomsSent | None = None


class ShipmentsSent(_Sent):
    """Several shipments, each made or refused by itself."""

    shipments: tuple[ShipmentSent, ...] = Field(min_length=1)


class RateOptions(_Sent):
    """Who is asked for what."""

    carrier_ids: tuple[Id, ...] = Field(min_length=1)
    package_types: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    calculate_tax_amount: bool = False
    preferred_currency: str | None = None
    is_return: bool = False


class RatesSent(_Sent):
    """The wish for offers for a shipment that is there."""

    shipment_id: Id
    rate_options: RateOptions


class PurchaseSent(_Sent):
    """How a label shall look."""

    validate_address: Literal["no_validation", "validate_only", "validate_and_clean"] = "validate_and_clean"
    label_layout: Literal["4x6", "letter"] = "4x6"
    label_format: Literal["pdf", "png", "zpl"] = "pdf"
    label_download_type: Literal["url", "inline"] = "url"
    display_scheme: Literal["label", "qr_code", "label_and_qr_code", "paperless"] = "label"

    @model_validator(mode="after")
    def _has_paper(self) -> Self:
        if self.label_layout == "letter" and self.label_format != "pdf":
            raise ValueError("label_layout letter is only supported for the label_format pdf")
        return self


class BoxMade(_Sent):
    """One box of a label made by hand."""

    box: str = ""
    tracking_number: str = ""


class LabelMade(_Sent):
    """A label made by hand."""

    shipment_number: str = Field(min_length=1)
    box: str = ""
    tracking_number: str = ""
    boxes: tuple[BoxMade, ...] = ()
    carrier_code: str = "ups"
    service_code: str = "ups_ground"
    created_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    status: Literal["processing", "completed", "error", "voided"] = "completed"
    is_return_label: bool = False
    late: NonNegativeInt = 0
