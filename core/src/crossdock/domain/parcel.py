"""Parcels: what shipping systems know of them, and what a label is bought for."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PositiveInt

from crossdock.domain.document import Document, UtcDatetime
from crossdock.domain.money import Money
from crossdock.domain.party import Address

PositiveDecimal = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class WeightUnit(StrEnum):
    """Units of weight, by the signs that carriers use."""

    GRAM = "g"
    KILOGRAM = "kg"
    OUNCE = "oz"
    POUND = "lb"


GRAMS = {
    WeightUnit.GRAM: Decimal(1),
    WeightUnit.KILOGRAM: Decimal(1000),
    WeightUnit.OUNCE: Decimal("28.349523125"),
    WeightUnit.POUND: Decimal("453.59237"),
}
"""What each unit is in grams, exactly (the international pound of 1959)."""


class Weight(Document):
    """How heavy something is."""

    value: PositiveDecimal
    unit: WeightUnit

    def into(self, unit: WeightUnit) -> Decimal:
        """The same weight in another unit, not rounded."""
        return self.value if unit is self.unit else self.value * GRAMS[self.unit] / GRAMS[unit]


class LengthUnit(StrEnum):
    """Units of length, by the signs that carriers use."""

    CENTIMETRE = "cm"
    INCH = "in"


CENTIMETRES_PER_INCH = Decimal("2.54")


class Dimensions(Document):
    """The outer sides of a box."""

    length: PositiveDecimal
    width: PositiveDecimal
    height: PositiveDecimal
    unit: LengthUnit

    def into(self, unit: LengthUnit) -> tuple[Decimal, Decimal, Decimal]:
        """Length, width and height in another unit, not rounded."""
        sides = self.length, self.width, self.height
        if unit is self.unit:
            return sides
        factor = CENTIMETRES_PER_INCH if unit is LengthUnit.CENTIMETRE else 1 / CENTIMETRES_PER_INCH
        return sides[0] * factor, sides[1] * factor, sides[2] * factor


class LabelFormat(StrEnum):
    """What a label is printed from."""

    PDF = "PDF"
    ZPL = "ZPL"
    PNG = "PNG"


class Parcel(Document):
    """A parcel as a shipping system knows it: one label.

    The same `external_id` is the same label, however often it is told. `reference` is what it was made for, the order
    number in the warehouse; `box` the warehouse's package id where it was given. `voided`: the label was taken back.
    `key` is ours, where the label was bought by us.
    """

    tracking_number: str
    carrier: str = ""
    service_level: str = ""
    box: str = ""
    shipped_at: UtcDatetime | None = None
    voided: bool = False
    external_id: str = ""
    reference: str = ""
    key: str = ""
    cost: Money | None = None
    weight: Weight | None = None
    tracking_url: str = ""


class LabelLine(Document):
    """So many pieces of one stock unit in the box, for the customs and the packing list."""

    sku: str
    title: str = ""
    quantity: PositiveInt
    value: Money | None = None


class LabelRequest(Document):
    """The wish for one label: one box from one place to one address; `key` is our idempotency key.

    `reference` is the order number in the warehouse and `box` the warehouse's package id. `carrier` and `service_level`
    are how it was asked to travel, in the words of the warehouse.
    """

    key: str
    reference: str
    box: str
    ship_from: Address
    ship_to: Address
    weight: Weight
    dimensions: Dimensions | None = None
    carrier: str = ""
    service_level: str = ""
    format: LabelFormat = LabelFormat.PDF
    lines: tuple[LabelLine, ...] = ()

    @property
    def is_international(self) -> bool:
        """Whether it crosses a border, so that the customs must know what is inside."""
        return self.ship_from.country_code != self.ship_to.country_code


class ShippingRate(Document):
    """What a provider asks for one way of sending a box; `ref` is the provider's id of the offer.

    `carrier` and `service_level` are the provider's own codes, `days` how long it takes where that is said.
    """

    ref: str
    carrier: str
    service_level: str
    cost: Money
    days: int | None = None


class AddressFinding(Document):
    """What a provider thinks of an address: whether it can be delivered to, its own words, and a better spelling."""

    deliverable: bool
    words: str = ""
    better: Address | None = None


def cheapest(rates: Sequence[ShippingRate]) -> ShippingRate | None:
    """The rate that costs least, of several the quickest; rates in different currencies cannot be compared."""
    if len({rate.cost.currency for rate in rates}) > 1:
        raise ValueError("rates in several currencies: " + ", ".join(sorted({rate.cost.currency for rate in rates})))
    slow = 10_000
    return min(
        rates,
        key=lambda rate: (rate.cost.amount, slow if rate.days is None else rate.days, rate.carrier, rate.service_level),
        default=None,
    )
