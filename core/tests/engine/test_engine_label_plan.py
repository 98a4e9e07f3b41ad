"""Which label is wanted for a box, and which offer is bought: total, deterministic, and never more than was allowed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import (
    Address,
    LabelRequest,
    Money,
    PackedLine,
    Shipment,
    ShipmentStage,
    ShippingRate,
    Weight,
    WeightUnit,
)
from crossdock.engine.label_plan import (
    ProductWeight,
    Refusal,
    choose_rate,
    first_key,
    key_of,
    next_key,
    plan_label,
    wants_label,
)
from crossdock.engine.label_rules import LabelMethod, LabelRules, name_of
from crossdock.engine.problems import Code
from crossdock.mapping.ship_methods import fits

from .builders import HOME, a_box, an_order, planned, rules_that_map_all
from .selling import DOCK, LABELS, a_rate
from .strategies import ROUNDS

REQUEST = planned(an_order("1"), rules_that_map_all()).requests[0]
BOX = a_box("N1/b1", "N1", ("10", 2), tracking="")
USD = "USD"
names = st.sampled_from(("UPS/Ground", "UPS/Air", "USPS/Priority", "usps/First", "DHL/"))
amounts = st.decimals("0.01", "99", places=2)
rates = st.lists(
    st.builds(a_rate, names, amounts.map(str), st.just(USD), ref=st.sampled_from("abc"), days=st.integers(1, 5)),
    max_size=6,
)
patterns = st.lists(st.sampled_from(("*", "UPS/*", "usps/*", "USPS/Priority", "FEDEX/*")), max_size=3).map(tuple)
methods = st.lists(st.builds(LabelMethod, patterns, st.sampled_from(("*", "UPS", "Other"))), max_size=2).map(tuple)
limits = st.none() | amounts.map(lambda amount: Money(amount=amount, currency=USD))
rulings = st.builds(LabelRules, services=patterns, methods=methods, in_order=st.booleans(), most=limits)


def weigh(value: str, unit: WeightUnit = WeightUnit.GRAM) -> Weight:
    return Weight(value=Decimal(value), unit=unit)


def wish(box: Shipment = BOX, rules: LabelRules = LABELS, **weights: ProductWeight) -> LabelRequest:
    wanted = plan_label("N1/b1", box, REQUEST, weights, rules)
    assert isinstance(wanted, LabelRequest), wanted
    return wanted


def refused(box: Shipment = BOX, rules: LabelRules = LABELS, request=REQUEST, **weights: ProductWeight) -> Refusal:  # type: ignore[no-untyped-def]
    refusal = plan_label("N1/b1", box, request, weights, rules)
    assert isinstance(refusal, Refusal)
    return refusal


WISH = wish()


@ROUNDS
@given(offers=rates, rules=rulings, approved=limits, order=st.randoms(use_true_random=False))
def test_the_offer_that_is_bought_is_named_by_a_rule_affordable_and_the_cheapest_of_those(
    offers: list[ShippingRate], rules: LabelRules, approved: Money | None, order: object
) -> None:
    chosen = choose_rate(offers, (), WISH, rules, approved)
    services = rules.services_for(WISH.carrier, WISH.service_level)
    most = max((limit.amount for limit in (rules.most, approved) if limit), default=None)
    fitting = [rate for rate in offers if any(fits(pattern, name_of(rate)) for pattern in services)]
    payable = [rate for rate in fitting if most is None or rate.cost.amount <= most]
    if isinstance(chosen, Refusal):
        assert not payable
        assert chosen.code is (Code.LABEL_TOO_DEAR if fitting else Code.LABEL_REFUSED)
        assert (chosen.offer is not None) == bool(fitting)
    else:
        assert chosen in payable
        if not rules.in_order:
            assert chosen.cost.amount == min(rate.cost.amount for rate in payable)
    shuffled = [*offers]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose_rate(shuffled, (), WISH, rules, approved) == chosen


def test_the_first_service_that_is_offered_wins_where_the_operator_wants_it_so() -> None:
    rules = replace(LABELS, services=("USPS/*", "*"), in_order=True)
    offers = [a_rate("UPS/Ground", "3"), a_rate("USPS/Priority", "9"), a_rate("USPS/First", "8")]
    assert choose_rate(offers, (), WISH, rules) == offers[2]
    assert choose_rate(offers[:1], (), WISH, rules) == offers[0]


def test_how_a_box_was_asked_to_travel_says_what_may_be_bought() -> None:
    rules = replace(LABELS, methods=(LabelMethod(("USPS/*",), carrier="UP?", service="ground"),))
    offers = [a_rate("UPS/Ground", "3"), a_rate("USPS/Priority", "9")]
    assert choose_rate(offers, (), WISH, rules) == offers[1]
    assert choose_rate(offers, (), WISH.model_copy(update={"service_level": "Air"}), rules) == offers[0]


def test_prices_in_several_currencies_are_refused_in_words() -> None:
    mixed = choose_rate([a_rate(), a_rate("DHL/Express", "4", "EUR")], (), WISH, LABELS)
    assert isinstance(mixed, Refusal)
    assert "prices in EUR and USD cannot be compared: offered is DHL/Express 4 EUR, UPS/Ground 5.00 USD" in mixed.reason
    limited = replace(LABELS, most=Money(amount=Decimal(9), currency="EUR"))
    foreign = choose_rate([a_rate()], (), WISH, limited)
    assert isinstance(foreign, Refusal)
    assert "the limit is 9 EUR" in foreign.reason


def test_what_is_too_dear_names_its_price_and_the_command_that_approves_it() -> None:
    dear = choose_rate([a_rate(amount="30")], (), WISH, replace(LABELS, most=Money(amount=Decimal(25), currency=USD)))
    assert isinstance(dear, Refusal)
    assert dear.code is Code.LABEL_TOO_DEAR
    assert dear.reason == "UPS/Ground costs 30 USD, and `labels.most` is 25 USD"
    assert "crossdock labels approve N1/b1" in dear.action


def test_where_no_offer_fits_the_offers_and_what_carriers_said_are_listed() -> None:
    rules = replace(LABELS, services=("DHL/*",))
    refusal = choose_rate([a_rate()], ("FedEx: no account",), WISH, rules)
    assert isinstance(refusal, Refusal)
    assert "UPS/Ground 5.00 USD; FedEx: no account; the rules say DHL/*" in refusal.reason
    nothing = choose_rate([], ("FedEx: no account",), WISH, rules)
    assert isinstance(nothing, Refusal)
    assert nothing.reason == "no carrier makes an offer for it; FedEx: no account"


def test_a_label_is_wanted_for_the_box_as_the_warehouse_and_the_order_say() -> None:
    assert (WISH.reference, WISH.box, WISH.key) == ("N1", "b1", "N1/b1")
    assert (WISH.ship_from, WISH.ship_to) == (DOCK, HOME)
    assert (WISH.carrier, WISH.service_level, WISH.weight) == ("UPS", "Ground", weigh("500"))
    assert [(line.sku, line.quantity) for line in WISH.lines] == [("SKU-10", 2)]


def test_a_weighed_box_counts_before_its_pieces_and_these_before_the_setting() -> None:
    pounds = ProductWeight(Decimal("0.75"), "lb")
    weighed = BOX.model_copy(
        update={"package": BOX.package.model_copy(update={"weight": weigh("2", WeightUnit.KILOGRAM)})}
    )
    assert wish(weighed, **{"SKU-10": pounds}).weight == weigh("2", WeightUnit.KILOGRAM)
    assert wish(**{"SKU-10": pounds}).weight == weigh("1.50", WeightUnit.POUND)
    assert wish().weight == weigh("500")


def test_the_empty_box_is_added_and_different_units_become_grams_rounded_up() -> None:
    rules = replace(LABELS, tare=weigh("100"))
    assert wish(rules=rules, **{"SKU-10": ProductWeight(Decimal(1), "oz")}).weight == weigh("156.70")


def test_pounds_and_ounces_make_ounces_so_that_no_price_step_is_missed_by_a_hair() -> None:
    rules = replace(LABELS, tare=weigh("4", WeightUnit.OUNCE))
    wanted = wish(rules=rules, **{"SKU-10": ProductWeight(Decimal("0.375"), "lb")})
    assert wanted.weight == weigh("16", WeightUnit.OUNCE)


def test_a_weight_without_a_unit_counts_only_where_the_operator_says_in_which() -> None:
    unitless, blank = ProductWeight(Decimal(1)), replace(LABELS, weight=None)
    assert "SKU-10: of no unit; `labels.product_unit` says which" in refused(rules=blank, **{"SKU-10": unitless}).reason
    said = replace(blank, product_unit=WeightUnit.KILOGRAM)
    assert wish(rules=said, **{"SKU-10": unitless}).weight == weigh("2", WeightUnit.KILOGRAM)


def test_a_box_of_which_nobody_knows_the_weight_names_the_products_without_one() -> None:
    lines = (*BOX.package.lines, PackedLine(line_id="11", sku="SKU-11", quantity=1))
    box = BOX.model_copy(update={"package": BOX.package.model_copy(update={"lines": lines})})
    refusal = refused(box, replace(LABELS, weight=None), **{"SKU-10": ProductWeight(Decimal(1), "g")})
    assert refusal.reason.endswith("the catalogue has no weight of SKU-11")


@pytest.mark.parametrize(
    ("rules", "to", "words"),
    [
        (replace(LABELS, ship_from={}), HOME, "nobody has said where distribution centre"),
        (LABELS, Address(name="Ada", city="London", country="GB"), "its address lacks line1"),
        (LABELS, HOME.model_copy(update={"country": "FR"}), "it goes from GB to FR"),
    ],
    ids=["no sender", "no street", "across a border"],
)
def test_what_cannot_be_bought_says_why(rules: LabelRules, to: Address, words: str) -> None:
    assert words in refused(rules=rules, request=REQUEST.model_copy(update={"ship_to": to})).reason


def test_only_a_packed_box_without_a_number_wants_a_label() -> None:
    assert wants_label(BOX)
    assert not wants_label(BOX.model_copy(update={"stage": ShipmentStage.PICKED}))
    assert not wants_label(a_box("b1", "N1", ("10", 1), tracking="1Z"))


@ROUNDS
@given(number=st.text(max_size=5), box=st.text(min_size=1, max_size=5), times=st.integers(0, 12))
def test_the_keys_of_a_box_follow_each_other_and_name_its_first_one(number: str, box: str, times: int) -> None:
    keys = [key_of(a_box(box, number, ("10", 1)))]
    for _ in range(times):
        keys.append(next_key(keys[-1]))
    assert len(set(keys)) == len(keys)
    assert {first_key(key) for key in keys} == {keys[0]}
