"""What an operator sets for one EasyPost account."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr

NonEmpty = Annotated[str, Field(min_length=1)]
Place = Literal["reference", "invoice_number", "print_custom_1", "print_custom_2", "print_custom_3"]
"""Where people or other programs write an order number on a shipment: its reference, or one of its options."""

HOUR = 3600
DAY = 24 * HOUR


class CustomsSettings(BaseModel):
    """What the customs form of a label across a border says, beside the lines of the box."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    signer: NonEmpty = Field(description="Name of the person who certifies the form.")
    contents_type: NonEmpty = Field(default="merchandise", description="Kind of contents, in EasyPost's words.")
    eel_pfc: NonEmpty = Field(
        default="NOEEI 30.37(a)", description="Exemption or filing number of exports from the United States."
    )
    non_delivery_option: Literal["return", "abandon"] = Field(
        default="return", description="What happens to a parcel that cannot be delivered."
    )
    origin_country: str = Field(
        default="",
        pattern=r"^([A-Z]{2})?$",
        description="Country in which the goods were made; empty: the country of the sender.",
    )


class WebhookSettings(BaseModel):
    """How an event that is sent to our URL proves where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr = Field(min_length=1, description="The `webhook_secret` that the webhook was made with.")
    signature: Literal["body", "headers"] = Field(
        default="body",
        description="`body`: X-Hmac-Signature over the body. `headers`: X-Hmac-Signature-V2, which covers time and "
        "path too.",
    )
    tolerance: PositiveInt = Field(
        default=DAY,
        description="Seconds that a call may be old: by the time of its event with `body`, where EasyPost's repeats "
        "bear the first time; by X-Timestamp with `headers`, where 300 will do.",
    )


class EasyPostSettings(BaseModel):
    """One EasyPost account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(
        default="https://api.easypost.com/v2", pattern=r"^https?://", description="Address of the API with its version."
    )
    api_key: SecretStr = Field(min_length=1, description="API key of the account, of the mode named in `mode`.")
    mode: Literal["production", "test"] = Field(
        default="production", description="What the key is for; labels of a test key cannot travel and are refused."
    )
    reference_prefix: str = Field(
        default="crossdock-",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="Begins the reference of every label that is bought here; one for each crossdock on an account.",
    )
    order_field: Place = Field(
        default="reference", description="Where labels of others bear the order number of the warehouse."
    )
    box_field: Place | Literal["none"] = Field(
        default="print_custom_2", description="Where labels of others bear the box; `none`: nowhere."
    )
    voided_when: Literal["submitted", "refunded"] = Field(
        default="submitted",
        description="When a label counts as taken back: when its refund was asked for, or when the carrier agreed.",
    )
    bill_on_scan_voids: bool = Field(
        default=False,
        description="A refund that is `not_applicable`, as of carriers that bill on scan, takes a label back too.",
    )
    overlap: PositiveInt = Field(
        default=6 * HOUR,
        description="Seconds that each reading of the list reaches back: the longest time from draft to purchase, as "
        "the list goes by the time of the draft.",
    )
    history: PositiveInt = Field(
        default=7 * DAY, description="Seconds that the first reading, and each `reread_every`, reaches back."
    )
    reread_every: PositiveInt = Field(
        default=12 * HOUR, description="Seconds after which `history` is read again, for labels taken back since."
    )
    search_back: NonNegativeInt = Field(
        default=DAY,
        description="Seconds of the list in which an order number is looked for; 0: found by reference alone.",
    )
    search_keeps: NonNegativeInt = Field(
        default=60, description="Seconds for which one reading of that list serves every look-up."
    )
    include_children: bool = Field(default=False, description="Labels of child accounts are listed too.")
    page_size: int = Field(default=100, ge=1, le=100, description="Shipments in one answer.")
    carrier_accounts: tuple[NonEmpty, ...] = Field(
        default=(), description="Ids (`ca_…`) of the carrier accounts to ask for rates; empty: all."
    )
    options: dict[NonEmpty, str | int | bool] = Field(
        default_factory=dict, description="More options of every shipment, such as `delivery_confirmation`."
    )
    customs: CustomsSettings | None = Field(
        default=None, description="What customs forms say; left out: no label across a border is bought."
    )
    rates_last: PositiveInt = Field(
        default=DAY, description="Seconds after which the rates of a draft that was found are asked for again."
    )
    webhook: WebhookSettings | None = Field(
        default=None, description="Events that are sent to our URL; left out: none is taken."
    )
    concurrency: PositiveInt = Field(default=8, description="Calls under way at once.")
    timeout: PositiveFloat = Field(default=60.0, description="Seconds for one call.")
    requests_per_second: PositiveInt = Field(
        default=5, description="Pace of calls; 5 lists a second are documented, other calls are limited by load."
    )
