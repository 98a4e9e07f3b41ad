"""Which labels may be bought, and for how much: what the operator decided, compiled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from crossdock.domain import Address, Dimensions, LabelFormat, Money, ShippingRate, Weight, WeightUnit
from crossdock.mapping.ship_methods import fits


@dataclass(frozen=True, slots=True)
class LabelMethod:
    """Patterns of how a box was asked to travel, in the words of the warehouse -> the services that may be bought."""

    services: tuple[str, ...]
    carrier: str = "*"
    service: str = "*"

    def means(self, carrier: str, service: str) -> bool:
        """Whether the rule is for what was asked to travel so."""
        return fits(self.carrier, carrier) and fits(self.service, service)


@dataclass(frozen=True)
class LabelRules:
    """The rules of one pipeline for labels.

    `services` are patterns over CARRIER/SERVICE in the provider's own codes; the first of `methods` that fits how a box
    was asked to travel takes their place. `in_order`: the first of them for which there is an offer is bought, else the
    cheapest offer of all. `most` is the dearest price that is paid without a person's word. `weight` is what a box
    weighs of which nothing else is known, `tare` the empty box, `product_unit` the unit of products whose source says
    none, `box` the sides of a box of which the warehouse tells none. `ship_from` is by distribution centre.
    """

    buy: bool = False
    services: tuple[str, ...] = ()
    methods: tuple[LabelMethod, ...] = ()
    in_order: bool = False
    most: Money | None = None
    format: LabelFormat = LabelFormat.PDF
    keep: timedelta = timedelta(days=90)
    check_address: bool = True
    weight: Weight | None = None
    tare: Weight | None = None
    product_unit: WeightUnit | None = None
    box: Dimensions | None = None
    ship_from: Mapping[str, Address] = field(default_factory=dict)

    def services_for(self, carrier: str, service: str) -> Sequence[str]:
        """The patterns of the services that may be bought for a box that was asked to travel so."""
        chosen = next((method.services for method in self.methods if method.means(carrier, service)), None)
        return self.services if chosen is None else chosen


def name_of(rate: ShippingRate) -> str:
    """What rules call an offer: CARRIER/SERVICE."""
    return f"{rate.carrier}/{rate.service_level}"
