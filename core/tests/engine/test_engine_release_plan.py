"""What a warehouse is asked to ship: all of what is ours, nothing else, and always the same."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Address, Attachment, Order, OrderLine
from crossdock.engine.ports import OrderState, StoredOrder
from crossdock.engine.problems import Code
from crossdock.engine.release_plan import plan_release
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.mapping import ShipMethods

from .builders import ANY_METHOD, a_line, an_allocation, an_order, planned, rules_that_map_all
from .strategies import ROUNDS, hostile_orders, orders, pipeline_rules, rules_that_ship, shippable_orders


def open_pieces(order: Order, rules: PipelineRules) -> Counter[tuple[str, str]]:
    """Pieces per (centre, line) that are ours and have not left, counted the slow and plain way."""
    pieces: Counter[tuple[str, str]] = Counter()
    for part in order.allocations:
        if not part.shipped and rules.is_ours(part.distribution_center):
            pieces[part.distribution_center, part.line_id] += part.quantity
    if not order.allocations:
        center = next(iter(rules.distribution_centers), "")
        pieces.update({(center, line.external_id): line.quantity for line in order.lines})
    return pieces


@ROUNDS
@given(st.one_of(orders(), hostile_orders()), pipeline_rules)
def test_every_order_is_either_released_whole_or_held_with_a_reason(order: Order, rules: PipelineRules) -> None:
    answer = plan_release(StoredOrder(7, order.external_id, order), rules)

    assert answer.plan.order_id == 7
    if answer.problem:
        assert answer.plan.state is OrderState.HELD
        assert not answer.plan.requests
        assert answer.plan.reason.startswith(answer.problem.code.value)
        assert answer.problem.order_id == 7
        assert answer.problem.action
    else:
        assert answer.plan.state is OrderState.RELEASING
        assert answer.plan.requests
        assert all(request.lines for request in answer.plan.requests)


@ROUNDS
@given(orders(), pipeline_rules)
def test_the_same_order_is_always_planned_the_same_way(order: Order, rules: PipelineRules) -> None:
    assert planned(order, rules) == planned(Order.model_validate_json(order.model_dump_json()), rules)


@ROUNDS
@given(shippable_orders(), rules_that_ship, st.randoms(use_true_random=False))
def test_the_order_of_the_allocations_changes_nothing(order: Order, rules: PipelineRules, random: Random) -> None:
    shuffled = list(order.allocations)
    random.shuffle(shuffled)
    assert planned(order, rules) == planned(order.model_copy(update={"allocations": tuple(shuffled)}), rules)


@ROUNDS
@given(st.one_of(shippable_orders(), hostile_orders()), rules_that_ship)
def test_the_warehouse_is_asked_for_exactly_what_is_allocated_and_open(order: Order, rules: PipelineRules) -> None:
    requests = planned(order, rules).requests
    if not requests:
        return  # held, which is another test's business
    expected: Counter[tuple[str, str, str]] = Counter()
    for (center, line_id), pieces in open_pieces(order, rules).items():
        line = order.line(line_id)
        assert line is not None, "an order with a stray allocation was released without it"
        for part_sku, per_unit in [(part.sku, part.quantity) for part in line.components] or [(line.sku, 1)]:
            expected[center, line_id, part_sku] += per_unit * pieces
    asked: Counter[tuple[str, str, str]] = Counter()
    for request in requests:
        for wanted in request.lines:
            asked[request.distribution_center, wanted.order_line_id, wanted.sku] += wanted.quantity
    assert asked == expected


@ROUNDS
@given(shippable_orders(), rules_that_ship)
def test_every_component_knows_its_bundle_and_comes_in_whole_bundles(order: Order, rules: PipelineRules) -> None:
    for request in planned(order, rules).requests:
        for line in request.lines:
            parent = order.line(line.order_line_id)
            assert parent is not None
            assert (line.bundle is not None) == bool(parent.components)
            if line.bundle:
                assert line.bundle.sku == parent.sku
                assert line.quantity % line.bundle.per_bundle == 0


@ROUNDS
@given(st.one_of(shippable_orders(), hostile_orders()), rules_that_ship)
def test_keys_numbers_and_line_ids_are_unique(order: Order, rules: PipelineRules) -> None:
    requests = planned(order, rules).requests
    assert len({request.number for request in requests}) == len(requests)
    assert len({request.key for request in requests}) == len(requests)
    for request in requests:
        assert len({line.id for line in request.lines}) == len(request.lines)


@ROUNDS
@given(shippable_orders(), rules_that_ship)
def test_only_centres_of_ours_are_asked(order: Order, rules: PipelineRules) -> None:
    for request in planned(order, rules).requests:
        assert rules.is_ours(request.distribution_center)
        assert request.area == rules.area(request.distribution_center)


def test_an_order_of_one_centre_keeps_its_number_and_of_two_gets_a_suffix() -> None:
    line = a_line("10", 3)
    single = an_order("1", line, allocations=[an_allocation("10", "5", 3)])
    split = an_order("1", line, allocations=[an_allocation("10", "5", 1), an_allocation("10", "6", 2)])

    assert [request.number for request in planned(single, rules_that_map_all()).requests] == ["N1"]
    assert [request.number for request in planned(split, rules_that_map_all()).requests] == ["N1-5", "N1-6"]


def test_a_bundle_is_asked_for_as_its_components() -> None:
    order = an_order("1", a_line("10", 2, sku="KIT", components=[("CUP", 4), ("TRAY", 1)]))
    (request,) = planned(order, rules_that_map_all()).requests

    assert [(line.id, line.sku, line.quantity) for line in request.lines] == [("10.1", "CUP", 8), ("10.2", "TRAY", 2)]


def test_what_has_left_already_is_not_asked_for_again() -> None:
    parts = [an_allocation("10", "5", 2, shipped=True), an_allocation("10", "5", 1)]
    (request,) = planned(an_order("1", a_line("10", 3), allocations=parts), rules_that_map_all()).requests

    assert [line.quantity for line in request.lines] == [1]


TWO_CENTERS = PipelineRules(
    name="main",
    distribution_centers={"5": DistributionCenterRule(), "6": DistributionCenterRule()},
    inbound=ANY_METHOD,
)


def at_center(key: str, *lines: OrderLine) -> Order:
    """An order of these lines of which centre 5 is to ship line `key`."""
    return an_order("1", *lines, allocations=[an_allocation("10", "5"), an_allocation(key, "5")])


ALL = rules_that_map_all()
UNSHIPPABLE = {
    "it has no lines": (an_order().model_copy(update={"lines": ()}), ALL),
    "no line1, no city": (an_order().model_copy(update={"ship_to": Address(name="A")}), ALL),
    "line 10 has no SKU": (an_order("1", a_line("10", sku=" ")), ALL),
    "does not say which distribution centre": (an_order(), TWO_CENTERS),
    "nothing of it is left": (an_order("1", allocations=[an_allocation("10", "9")]), TWO_CENTERS),
    "line 99, which centre 5 is to ship": (at_center("99"), TWO_CENTERS),
    "line 20 (SKU-20) is assigned to no": (at_center("10", a_line("10"), a_line("20")), TWO_CENTERS),
    "two of its lines have the same key": (an_order("1", a_line("10"), a_line("10")), ALL),
    "lines have the same key": (an_order("1", a_line("1", components=[("A", 1)]), a_line("1.1")), ALL),
}


@pytest.mark.parametrize("words", UNSHIPPABLE)
def test_an_order_that_cannot_be_shipped_is_held_and_says_why(words: str) -> None:
    order, rules = UNSHIPPABLE[words]
    answer = plan_release(StoredOrder(1, order.external_id, order), rules)

    assert answer.problem is not None
    assert answer.problem.code is Code.UNSHIPPABLE_ORDER
    assert words in answer.problem.title
    assert answer.plan.state is OrderState.HELD


def test_an_order_without_a_mapped_ship_method_is_held_until_a_rule_is_added() -> None:
    answer = plan_release(StoredOrder(1, "1", an_order()), PipelineRules(name="main", inbound=ShipMethods()))

    assert answer.problem is not None
    assert answer.problem.code is Code.UNMAPPED_SHIP_METHOD
    assert "ship_methods.inbound" in answer.problem.action


def test_ten_thousand_lines_are_planned() -> None:
    order = an_order("1", *(a_line(str(number), 2) for number in range(10_000)))
    (request,) = planned(order, rules_that_map_all()).requests

    assert len(request.lines) == 10_000


def test_what_travels_with_an_order_travels_with_each_of_its_requests() -> None:
    gift = {"gift_message": "Happy birthday", "gift_notes": "red ribbon"}
    lines = (a_line("10").model_copy(update=gift), a_line("20", components=[("CUP", 2)]).model_copy(update=gift))
    slip = Attachment(name="packing slip", url="https://example.org/slips/1")
    order = an_order("1", *lines, allocations=(an_allocation("10", "5"), an_allocation("20", "6")))
    order = order.model_copy(update={"custom_fields": {"engraving": "Ada"}, "attachments": (slip,)})
    requests = planned(order, rules_that_map_all()).requests
    assert [(one.custom_fields, one.attachments) for one in requests] == [({"engraving": "Ada"}, (slip,))] * 2
    told = [(line.gift_message, line.gift_notes) for one in requests for line in one.lines]
    assert told == [("Happy birthday", "red ribbon")] * 2
