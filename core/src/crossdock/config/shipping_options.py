"""What an operator wants of shipping systems: how long to wait for their numbers, which labels are bought."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from crossdock.config.order_options import Interval
from crossdock.config.schedule import Every
from crossdock.config.table import Table
from crossdock.domain import Address, Dimensions, LabelFormat, LengthUnit, Money, Weight, WeightUnit

DAY = 86_400
_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)"
_WEIGHT = re.compile(rf"{_NUMBER}\s*({'|'.join(WeightUnit)})")
_MONEY = re.compile(rf"{_NUMBER}\s*([A-Z]{{3}})")
_BOX = re.compile(rf"{_NUMBER}\s*x\s*{_NUMBER}\s*x\s*{_NUMBER}\s*({'|'.join(LengthUnit)})")
WEIGHTS, PRICES, BOXES = 'a weight such as "500 g" or "1.2 lb"', 'a price such as "25.00 USD"', '"30 x 20 x 10 cm"'


def _as_weight(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if (found := _WEIGHT.fullmatch(value.strip())) and Decimal(found[1]) > 0:
        return Weight(value=Decimal(found[1]), unit=WeightUnit(found[2]))
    raise ValueError(f"{WEIGHTS} (units: {', '.join(WeightUnit)})")


def _as_money(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if found := _MONEY.fullmatch(value.strip()):
        return Money(amount=Decimal(found[1]), currency=found[2])
    raise ValueError(PRICES)


def _as_box(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if (found := _BOX.fullmatch(value.strip())) and all(Decimal(found[side]) > 0 for side in (1, 2, 3)):
        sides = dict(zip(("length", "width", "height"), map(Decimal, found.groups()[:3]), strict=True))
        return Dimensions(**sides, unit=LengthUnit(found[4]))
    raise ValueError(f"the outer sides of a box, such as {BOXES}")


def _text(what: str, *examples: str) -> Any:
    return WithJsonSchema({"type": "string", "description": what, "examples": [*examples]})


def _weight_text(weight: Weight) -> str:
    return f"{weight.value} {weight.unit}"


def _money_text(money: Money) -> str:
    return str(money)


def _box_text(box: Dimensions) -> str:
    return f"{box.length} x {box.width} x {box.height} {box.unit}"


WeightText = Annotated[
    Weight,
    BeforeValidator(_as_weight),
    PlainSerializer(_weight_text, return_type=str),
    _text(WEIGHTS, "500 g", "1.2 lb"),
]
"""A weight, written with its unit."""
MoneyText = Annotated[
    Money, BeforeValidator(_as_money), PlainSerializer(_money_text, return_type=str), _text(PRICES, "25.00 USD")
]
"""A price, written with its currency."""
BoxText = Annotated[
    Dimensions,
    BeforeValidator(_as_box),
    PlainSerializer(_box_text, return_type=str),
    _text(f"the outer sides of a box: {BOXES}", "30 x 20 x 10 cm", "12 x 9 x 4 in"),
]
"""The sides of a box, written with their unit."""


def _names_a_service(pattern: str) -> str:
    if "/" in pattern or pattern == "*":
        return pattern
    raise ValueError('CARRIER/SERVICE in the codes of the shipping provider, exact or a pattern such as "USPS/*"')


ServicePattern = Annotated[str, AfterValidator(_names_a_service)]
"""The name of an offer, exact or as a pattern."""


class Tracking(Table):
    """How boxes wait that the warehouse tells without a tracking number."""

    wait: Interval = Every(DAY)
    """How long a box waits for its number before something is done about it."""
    look_again: Interval = Every(300)
    """How often it is looked for while it waits. A number that the shipping provider lists, or sends by itself, is used
    at once."""
    then: Literal["ask", "tell"] = "ask"
    """After that: `ask` a person (the problem no_tracking), or `tell` the cart without a number; a cart that takes none
    without refuses it, which a person is shown."""


class LabelMethod(Table):
    """What may be bought for boxes that were asked to travel in a certain way."""

    carrier: str = "*"
    """The carrier as the warehouse was told, exact or as a pattern."""
    service: str = "*"
    """The service as the warehouse was told, exact or as a pattern."""
    services: Annotated[tuple[ServicePattern, ...], Field(min_length=1)]
    """The services that may be bought then, as in `labels.services`."""


class Labels(Table):
    """Labels that are bought for packed boxes without a tracking number."""

    buy: bool = False
    """Whether labels are bought at all; the shipping_provider must sell them."""
    services: tuple[ServicePattern, ...] = ()
    """The services that may be bought, as CARRIER/SERVICE in the provider's own codes: exact or patterns such as
    `USPS/*`. Where one of `methods` fits, its services count instead."""
    methods: tuple[LabelMethod, ...] = ()
    """What may be bought for boxes that were asked to travel in a certain way; the first one that fits counts."""
    choose: Literal["cheapest", "in_order"] = "cheapest"
    """The `cheapest` offer of all services that may be bought, or of the first one of them (`in_order`) that is
    offered."""
    most: MoneyText | None = None
    """The dearest price that is paid without a person's word; without it, any price is."""
    format: LabelFormat = LabelFormat.PDF
    """What labels are printed from."""
    keep: Interval = Every(90 * DAY)
    """How long the files of labels are kept."""
    check_address: bool = True
    """Whether the provider is asked, where it can be, if the address can be delivered to, before a label is bought."""
    weight: WeightText | None = None
    """What a box weighs that the warehouse did not weigh, and of whose pieces the catalogue has no weight."""
    tare: WeightText | None = None
    """What the empty box weighs, where the weights of the pieces are added up."""
    product_unit: WeightUnit | None = None
    """The unit of the weights of products whose source does not say it."""
    box: BoxText | None = None
    """The outer sides of a box of which the warehouse tells none."""
    folder: str | None = None
    """A folder (below the folder of the config) into which each label is written as well, for a printer that watches
    it."""

    @model_validator(mode="after")
    def _may_buy_something(self) -> "Labels":
        """Nothing is bought that no rule names."""
        if self.buy and not (self.services or self.methods):
            raise ValueError('`services` or `methods` that say what may be bought, such as services = ["USPS/*"]')
        return self


class ShipFrom(Table):
    """Where the parcels of a distribution centre come from."""

    name: str = ""
    """A person."""
    company: str = ""
    """A company."""
    line1: str
    """Street and number."""
    line2: str = ""
    """More of the street."""
    city: str
    """The town."""
    region: str = ""
    """State or province, as the carriers write it."""
    postal_code: str
    """The postal code."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """The country by its two letters (ISO 3166)."""
    phone: str = ""
    """A phone number; many carriers ask for one."""
    email: str = ""
    """An e-mail address."""

    @model_validator(mode="after")
    def _has_a_name(self) -> "ShipFrom":
        """No label is made without a sender."""
        if not self.name.strip() and not self.company.strip():
            raise ValueError("a `name` or a `company`")
        return self

    @property
    def address(self) -> Address:
        """The same as an address."""
        return Address.model_validate(self.model_dump())
