"""ChannelAdvisor's order documents, with the fields that are read and no others.

Every text may be null. Enumerations are plain text, because new members appear over time. Numbers of money are exact:
see `Amount`. Moments come with 0 to 7 fraction digits, of which a datetime keeps six. A collection that is None was not
told, which is something else than an empty one.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetPydanticSchema
from pydantic_core import core_schema

from crossdock.domain import UtcDatetime, WrittenDatetime

FLOAT_DIGITS = 14
"""A JSON number that comes out of a float with more significant digits than this may have lost some."""

Amount = Annotated[
    Decimal,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.json_or_python_schema(
            json_schema=core_schema.decimal_schema(max_digits=FLOAT_DIGITS),
            python_schema=core_schema.decimal_schema(),
        )
    ),
]
"""An amount, exact for 15 significant digits and more.

pydantic reads numbers in JSON through floats, so long ones are refused there and read again from Python as decimals.
What can get lost are digits behind a run of zeros or nines that reaches past the fifteenth digit.
"""

Whole = Annotated[int, Field(strict=True)]
"""A whole number, never a text or a truth value; the ids of distribution centres and flags may be 0 or negative."""
Id = Annotated[int, Field(strict=True, gt=0)]
"""The key of a row."""
Count = Annotated[int, Field(strict=True, ge=0)]
"""So many pieces, or none."""

EMPTY_YEAR = 1
"""The year of the date that .NET writes where none was set: 0001-01-01T00:00:00."""


def _unless_empty(moment: Any) -> Any:
    """Nothing in place of a date that was never set."""
    return None if isinstance(moment, str) and (not moment or moment.startswith(f"{EMPTY_YEAR:04}-")) else moment


def _not_empty(moment: datetime) -> datetime:
    if moment.year == EMPTY_YEAR:
        raise ValueError("it lies in the year 1, which stands for a date that was never set")
    return moment


SetMoment = Annotated[UtcDatetime, AfterValidator(_not_empty)]
"""A moment that every order has."""
MaybeMoment = Annotated[UtcDatetime | None, BeforeValidator(_unless_empty)]
"""A moment, or None where it was never set."""
MaybeWritten = Annotated[WrittenDatetime | None, BeforeValidator(_unless_empty)]
"""The same, with or without a zone: what counts is whether there is one."""


def vendor_name(name: str) -> str:
    """The vendor's spelling of a field: `order_item_id` is `OrderItemID`."""
    return "".join("ID" if word == "id" else word.capitalize() for word in name.split("_"))


class VendorDocument(BaseModel):
    """A document of ChannelAdvisor; fields that are not declared are passed over."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=vendor_name, populate_by_name=True, coerce_numbers_to_str=True
    )


class VendorComponent(VendorDocument):
    """One part of a bundle line; it has no id of its own."""

    product_id: Id
    sku: str | None = None
    reference_sku: str | None = None
    title: str | None = None
    quantity: Whole


class VendorAdjustment(VendorDocument):
    """A cancellation or refund of an order or of one of its lines; the order's own ones have no quantity."""

    id: int | None = None
    type: str | None = None
    reason: str | None = None
    quantity: Count | None = None
    seller_adjustment_id: str | None = None
    request_status: str | None = None
    comment: str | None = None
    created_source: str | None = None


class VendorCustomField(VendorDocument):
    """The value of one of the seller's own fields."""

    field_id: Whole
    value: str | None = None


class VendorItem(VendorDocument):
    """One order line; `unit_price` is for one piece, every other price of a line would be for all of it."""

    id: Id
    product_id: Whole | None = None
    sku: str | None = None
    reference_sku: str | None = None
    title: str | None = None
    quantity: Whole
    unit_price: Amount | None = None
    gift_message: str | None = None
    gift_notes: str | None = None
    is_bundle: bool | None = None
    bundle_components: tuple[VendorComponent, ...] | None = None
    more_components: str | None = Field(default=None, alias="BundleComponents@odata.nextLink")
    adjustments: tuple[VendorAdjustment, ...] | None = None
    more_adjustments: str | None = Field(default=None, alias="Adjustments@odata.nextLink")


class VendorFulfillmentItem(VendorDocument):
    """So many pieces of one order line in one fulfillment."""

    id: int | None = None
    order_item_id: Id | None = None
    product_id: Whole | None = None
    quantity: Whole
    marketplace_shipping_status: str | None = None


class VendorFulfillment(VendorDocument):
    """A part of an order that leaves, or left, from one distribution centre; the centre's id may be 0 or negative."""

    id: Id
    distribution_center_id: Whole
    delivery_status: str | None = None
    external_fulfillment_status: str | None = None
    external_fulfillment_number: str | None = None
    tracking_number: str | None = None
    seller_fulfillment_id: str | None = None
    shipped_date_utc: MaybeWritten = None
    items: tuple[VendorFulfillmentItem, ...] | None = None
    more_items: str | None = Field(default=None, alias="Items@odata.nextLink")


class VendorOrder(VendorDocument):
    """One order with its lines and fulfillments; `more_*` are set where ChannelAdvisor cut a collection short."""

    id: Id
    profile_id: Id | None = None
    site_id: Whole | None = None
    site_name: str | None = None
    site_order_id: str | None = None
    created_date_utc: SetMoment
    updated_date_utc: MaybeMoment = None
    deliver_by_date_utc: MaybeMoment = None
    currency: str | None = None
    total_price: Amount | None = None
    checkout_status: str | None = None
    payment_status: str | None = None
    shipping_status: str | None = None
    distribution_center_type_rollup: str | None = None
    requested_shipping_carrier: str | None = None
    requested_shipping_class: str | None = None
    order_tags: str | None = None
    flag_id: Whole | None = None
    flag_description: str | None = None
    public_notes: str | None = None
    private_notes: str | None = None
    special_instructions: str | None = None
    buyer_email_address: str | None = None
    shipping_title: str | None = None
    shipping_first_name: str | None = None
    shipping_last_name: str | None = None
    shipping_suffix: str | None = None
    shipping_company_name: str | None = None
    shipping_daytime_phone: str | None = None
    shipping_evening_phone: str | None = None
    shipping_address_line1: str | None = None
    shipping_address_line2: str | None = None
    shipping_city: str | None = None
    shipping_state_or_province: str | None = None
    shipping_state_or_province_name: str | None = None
    shipping_postal_code: str | None = None
    shipping_country: str | None = None
    items: tuple[VendorItem, ...] | None = ()
    more_items: str | None = Field(default=None, alias="Items@odata.nextLink")
    fulfillments: tuple[VendorFulfillment, ...] | None = None
    more_fulfillments: str | None = Field(default=None, alias="Fulfillments@odata.nextLink")
    adjustments: tuple[VendorAdjustment, ...] | None = ()
    more_adjustments: str | None = Field(default=None, alias="Adjustments@odata.nextLink")
    custom_fields: tuple[VendorCustomField, ...] | None = ()
    more_custom_fields: str | None = Field(default=None, alias="CustomFields@odata.nextLink")


class VendorSiteAccount(VendorDocument):
    """One account of a profile at a site; the names of its fields are assumed."""

    site_id: int | None = None
    site_name: str | None = None


class VendorProfile(VendorDocument):
    """One account that the authorization covers."""

    id: int
    account_name: str | None = None
    currency_code: str | None = None
    site_accounts: tuple[VendorSiteAccount, ...] | None = ()


class VendorDistributionCenter(VendorDocument):
    """A place from which orders leave."""

    id: int
    code: str | None = None
    name: str | None = None
    type: str | None = None
    is_externally_managed: bool | None = None
    is_deleted: bool | None = None
