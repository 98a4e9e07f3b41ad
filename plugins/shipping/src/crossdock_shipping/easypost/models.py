"""Documents of EasyPost, as much of them as matters here."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Told(BaseModel):
    """A document of EasyPost; numbers may stand where text is expected, and there is more in it."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True, str_strip_whitespace=True)


class OptionsTold(Told):
    """What is printed on a label beside the address."""

    invoice_number: str | None = None
    print_custom_1: str | None = None
    print_custom_2: str | None = None
    print_custom_3: str | None = None


class RateTold(Told):
    """What one service of a carrier costs; amounts are texts."""

    id: str = Field(min_length=1)
    carrier: str = Field(min_length=1)
    service: str
    rate: Amount
    currency: str = Field(min_length=3, max_length=3)
    delivery_days: int | None = None
    created_at: AwareDatetime | None = None


class TrackerTold(Told):
    """What follows a parcel on its way."""

    carrier: str | None = None
    public_url: str | None = None


class BoxTold(Told):
    """A box: ounces, as a number."""

    weight: Amount | None = None


class LabelTold(Told):
    """Where the file of a label is, in the format that it was bought in and in those that were made of it."""

    label_date: AwareDatetime | None = None
    label_file_type: str | None = None
    label_url: str | None = None
    label_pdf_url: str | None = None
    label_zpl_url: str | None = None


class MessageTold(Told):
    """Why a carrier makes no offer."""

    carrier: str | None = None
    message: Any = None


class BoughtTold(Told):
    """A shipment for which a label was bought."""

    id: str = Field(min_length=1)
    tracking_code: str = Field(min_length=1)
    reference: str | None = None
    mode: str | None = None
    refund_status: str | None = None
    options: OptionsTold | None = None
    selected_rate: RateTold | None = None
    tracker: TrackerTold | None = None
    parcel: BoxTold | None = None
    postage_label: LabelTold | None = None


class RefundTold(Told):
    """What became of the wish to take a label back."""

    shipment_id: str = Field(min_length=1)
    tracking_code: str = Field(min_length=1)
    carrier: str | None = None
    status: str | None = None


class ShipmentTold(Told):
    """A shipment, bought or not; `rates` are read one by one, so that an odd one spoils nothing."""

    id: str = Field(min_length=1)
    created_at: AwareDatetime
    mode: str | None = None
    reference: str | None = None
    tracking_code: str | None = None
    refund_status: str | None = None
    postage_label: LabelTold | None = None
    selected_rate: Any = None
    rates: tuple[Any, ...] = ()
    messages: tuple[MessageTold, ...] = ()

    @property
    def is_bought(self) -> bool:
        """Whether anything in it says that money was spent."""
        return bool(self.tracking_code or self.postage_label or self.selected_rate)


class VerificationTold(Told):
    """What came of one verification of an address."""

    success: bool
    errors: tuple[MessageTold, ...] = ()


class VerificationsTold(Told):
    """The verifications of an address; which ones there are depends on the country and the account."""

    delivery: VerificationTold | None = None


class AddressTold(Told):
    """An address as EasyPost spells it."""

    name: str | None = None
    company: str | None = None
    street1: str | None = None
    street2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    verifications: VerificationsTold = VerificationsTold()


class EventTold(Told):
    """What is sent to a webhook: something happened to `result`."""

    description: str = Field(min_length=1)
    created_at: AwareDatetime | None = None
