"""From a packed box without a number to the label that is wanted for it, and from offers to the one that is bought.

Everything here is a pure decision: a label that is wanted or an offer that may be bought, or else the refusal that says
what a person can do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from crossdock.domain import (
    Address,
    FulfillmentRequest,
    LabelLine,
    LabelRequest,
    Money,
    Package,
    Shipment,
    ShipmentStage,
    ShippingRate,
    Weight,
    WeightUnit,
    cheapest,
)
from crossdock.engine.label_rules import LabelRules, name_of
from crossdock.engine.problems import Code
from crossdock.mapping.ship_methods import fits

BY_HAND = "Or buy it in the shipping system under this order number: its tracking number is found there."
RETRY = "then `crossdock problems retry`"
MOST_NAMED = 10
"""So many offers are named in a sentence."""
FINEST = Decimal("0.01")
"""Weights that are added up in different units are rounded up to so much of a gram."""
AGAIN, HIDDEN = "~", "%7E"
"""What stands in a key before the number of a later label of the same box, and in its place where a box has it in its
name."""
AVOIRDUPOIS = {WeightUnit.OUNCE, WeightUnit.POUND}
"""Units in which carriers' prices go by whole steps: their sum stays exact."""


@dataclass(frozen=True, slots=True)
class ProductWeight:
    """What the catalogue says of the weight of one piece; the unit is empty where its source does not tell."""

    value: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no label is bought, and what a person can do; `offer` is what waits for a person's word."""

    code: Code
    reason: str
    action: str
    offer: ShippingRate | None = None


def box_of(shipment: Shipment) -> str:
    """The warehouse's number of a box; one that counts boxes within each order says ORDER/BOX."""
    return shipment.external_id.removeprefix(f"{shipment.request_number}/")


def key_of(shipment: Shipment) -> str:
    """Our key for the first label of a box; an AGAIN in it would look like that of a later one."""
    return f"{shipment.request_number}/{box_of(shipment)}".replace(AGAIN, HIDDEN)


def next_key(key: str) -> str:
    """Our key for the label after one that was taken back: N/B, N/B~2, N/B~3."""
    first, _, number = key.partition(AGAIN)
    return f"{first}{AGAIN}{int(number or 1) + 1}"


def first_key(key: str) -> str:
    """Our key for the first label of the same box."""
    return key.partition(AGAIN)[0]


def wants_label(shipment: Shipment) -> bool:
    """Whether a box is packed and has no tracking number."""
    return shipment.stage is not ShipmentStage.PICKED and not shipment.package.tracking_number


def plan_label(
    key: str,
    shipment: Shipment,
    request: FulfillmentRequest,
    weights: Mapping[str, ProductWeight],
    rules: LabelRules,
) -> LabelRequest | Refusal:
    """The label that is wanted for a box, by the rules of now; or why none is bought."""
    package = shipment.package
    ship_from = rules.ship_from.get(request.distribution_center, Address())
    if refusal := _no_sender(ship_from, request) or _no_receiver(request) or _crosses_border(ship_from, request):
        return refusal
    weight = weight_of(package, weights, rules)
    if isinstance(weight, Refusal):
        return weight
    return LabelRequest(
        key=key,
        reference=shipment.request_number,
        box=box_of(shipment),
        ship_from=ship_from,
        ship_to=request.ship_to,
        weight=weight,
        dimensions=package.dimensions or rules.box,
        carrier=package.carrier or request.carrier,
        service_level=package.service_level or request.service_level,
        format=rules.format,
        lines=tuple(_line(request, one.line_id, one.sku, one.quantity) for one in package.lines),
    )


def _line(request: FulfillmentRequest, line_id: str, sku: str, quantity: int) -> LabelLine:
    asked = request.line(line_id)
    return LabelLine(sku=sku, title=asked.title if asked else "", quantity=quantity)


def _no_sender(ship_from: Address, request: FulfillmentRequest) -> Refusal | None:
    missing, center = ship_from.missing_parts(), request.distribution_center
    if not missing:
        return None
    return Refusal(
        Code.LABEL_REFUSED,
        f"nobody has said where distribution centre {center} sends from ({', '.join(missing)})",
        f"Write `ship_from` under distribution_centers.{center} of the config and restart, {RETRY}.",
    )


def _no_receiver(request: FulfillmentRequest) -> Refusal | None:
    missing = request.ship_to.missing_parts()
    if not missing:
        return None
    return Refusal(Code.LABEL_REFUSED, f"its address lacks {', '.join(missing)}", f"Ask the buyer. {BY_HAND}")


def _crosses_border(ship_from: Address, request: FulfillmentRequest) -> Refusal | None:
    here, there = ship_from.country_code, request.ship_to.country_code
    if here == there:
        return None
    reason = f"it goes from {here} to {there}, and crossdock does not fill in customs papers"
    action = "Buy it in the shipping system under this order number, with its papers: its number is found there."
    return Refusal(Code.LABEL_REFUSED, reason, action)


def weight_of(package: Package, weights: Mapping[str, ProductWeight], rules: LabelRules) -> Weight | Refusal:
    """What a box weighs: as the warehouse weighed it, else by its pieces and the empty box, else as the rules say."""
    if package.weight:
        return package.weight
    known = {sku: weight for sku, one in weights.items() if (weight := _weight(one, rules.product_unit))}
    unknown = sorted({line.sku for line in package.lines} - set(known))
    if package.lines and not unknown:
        pieces = [(known[line.sku], line.quantity) for line in package.lines]
        return _sum([*pieces, *([(rules.tare, 1)] if rules.tare else [])])
    return rules.weight or _no_weight(unknown, weights)


def _weight(said: ProductWeight, assumed: WeightUnit | None) -> Weight | None:
    unit = said.unit if said.unit in [*WeightUnit] else "" if said.unit else assumed or ""
    return Weight(value=said.value, unit=WeightUnit(unit)) if unit and said.value > 0 else None


def _sum(pieces: Sequence[tuple[Weight, int]]) -> Weight:
    units = {weight.unit for weight, _ in pieces}
    exact = len(units) == 1 or units <= AVOIRDUPOIS
    unit = units.pop() if len(units) == 1 else WeightUnit.OUNCE if exact else WeightUnit.GRAM
    value = sum((weight.into(unit) * quantity for weight, quantity in pieces), Decimal())
    return Weight(value=value if exact else value.quantize(FINEST, ROUND_UP), unit=unit)


def _no_weight(unknown: Sequence[str], weights: Mapping[str, ProductWeight]) -> Refusal:
    unitless = [sku for sku in unknown if sku in weights]
    unit = f" ({', '.join(unitless)}: of no unit; `labels.product_unit` says which)" if unitless else ""
    what = f"of {', '.join(unknown)}{unit}" if unknown else "of what is in it"
    return Refusal(
        Code.LABEL_REFUSED,
        f"the warehouse did not weigh the box, and the catalogue has no weight {what}",
        "Enter the weight at the source of the catalogue (`catalog_source` of the pipeline), or `labels.weight` in the "
        f"config and restart, {RETRY}. {BY_HAND}",
    )


def choose_rate(
    rates: Sequence[ShippingRate],
    words: Sequence[str],
    wanted: LabelRequest,
    rules: LabelRules,
    approved: Money | None = None,
) -> ShippingRate | Refusal:
    """The offer that is bought, or why none is; a price that a person `approved` is paid although it is above `most`.

    The same for the same offers in any order. `words` are those of carriers that made no offer.
    """
    services = rules.services_for(wanted.carrier, wanted.service_level)
    offers = sorted(rates, key=lambda rate: (name_of(rate), rate.cost.currency, rate.cost.amount, rate.ref))
    fitting = [rate for rate in offers if any(fits(pattern, name_of(rate)) for pattern in services)]
    if not fitting:
        return _none_fits(offers, words, services)
    limits = [limit for limit in (rules.most, approved) if limit]
    if refusal := _not_comparable(fitting, limits):
        return refusal
    dearest = max((limit.amount for limit in limits), default=None)
    payable = [rate for rate in fitting if dearest is None or rate.cost.amount <= dearest]
    best = _best(payable, services, in_order=rules.in_order)
    return best or _too_dear(wanted.key, fitting, services, rules)


def _best(rates: Sequence[ShippingRate], services: Sequence[str], *, in_order: bool) -> ShippingRate | None:
    if in_order:
        by_choice = ([rate for rate in rates if fits(pattern, name_of(rate))] for pattern in services)
        rates = next(filter(None, by_choice), [])
    return cheapest(rates)


def _not_comparable(fitting: Sequence[ShippingRate], limits: Sequence[Money]) -> Refusal | None:
    currencies = sorted({rate.cost.currency for rate in fitting} | {limit.currency for limit in limits})
    if len(currencies) < 2:
        return None
    return Refusal(
        Code.LABEL_REFUSED,
        f"prices in {' and '.join(currencies)} cannot be compared: offered is {_named(fitting)}"
        + (f", and the limit is {limits[0]}" if limits else ""),
        f"Let `labels.services` and `labels.most` name one currency only and restart, {RETRY}. {BY_HAND}",
    )


def _none_fits(offers: Sequence[ShippingRate], words: Sequence[str], services: Sequence[str]) -> Refusal:
    said = f"; {'; '.join(words)}" if words else ""
    if not offers:
        return Refusal(
            Code.LABEL_REFUSED,
            f"no carrier makes an offer for it{said}",
            f"Correct what they object to (weight, size, address, account), {RETRY}. {BY_HAND}",
        )
    rules = ", ".join(services) or "nothing"
    return Refusal(
        Code.LABEL_REFUSED,
        f"no rule lets any of the offers be bought: {_named(offers)}{said}; the rules say {rules}",
        f"Name one of them in `labels.services` or `labels.methods` of the config and restart, {RETRY}. {BY_HAND}",
    )


def _too_dear(key: str, fitting: Sequence[ShippingRate], services: Sequence[str], rules: LabelRules) -> Refusal:
    best = _best(fitting, services, in_order=rules.in_order) or fitting[0]
    limit = f"`labels.most` is {rules.most}" if rules.most else "a person approved less"
    return Refusal(
        Code.LABEL_TOO_DEAR,
        f"{name_of(best)} costs {best.cost}, and {limit}",
        f"`crossdock labels approve {key}` has it bought for that price. {BY_HAND}",
        offer=best,
    )


def _named(rates: Iterable[ShippingRate]) -> str:
    names = [f"{name_of(rate)} {rate.cost}" for rate in rates]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
