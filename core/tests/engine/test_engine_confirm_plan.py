"""What the cart is told about boxes: whole units, never more than asked, in whatever order the boxes come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crossdock.domain import FulfillmentRequest, Order, OrderEvent, Shipment, ShipmentConfirmation, ShipmentStage
from crossdock.engine.confirm_plan import asked_units, further, plan_confirmation, renamed
from crossdock.engine.ledger import NewPromise
from crossdock.engine.ports import ConfirmPlan, ShipmentState
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import ShipMethod, ShipMethodRule, ShipMethods, StatusEvents, StatusRule

from .builders import NOON, a_box, a_case, a_line, an_allocation, an_order, planned, rules_that_map_all
from .oracle import pieces_in, whole_units
from .strategies import ROUNDS, boxes_for, shippable_orders

RULES = rules_that_map_all()
Answer = tuple[ConfirmPlan, Sequence[Problem]]
Packing = tuple[Order, tuple[FulfillmentRequest, ...], list[Shipment]]


def plan(
    packing: Packing,
    *,
    known: int = 0,
    rules: PipelineRules = RULES,
    cancelled: Mapping[str, int] | None = None,
    undecided: Mapping[str, int] | None = None,
) -> Answer:
    case = replace(a_case(*packing, known=known), cancelled=cancelled or {}, undecided=undecided or {})
    return plan_confirmation(case, rules, "cart", now=NOON, look_again_at=NOON + timedelta(minutes=5))


def box_by_box(packing: Packing) -> list[Answer]:
    """Every box in a run of its own, in the order given."""
    order, requests, boxes = packing
    return [plan((order, requests, boxes[: count + 1]), known=count) for count in range(len(boxes))]


def told(promises: Sequence[NewPromise]) -> Counter[tuple[str, str]]:
    """Units that the cart is told of, per (centre, order line)."""
    units: Counter[tuple[str, str]] = Counter()
    for promise in promises:
        confirmation = ShipmentConfirmation.model_validate_json(promise.document)
        for line in confirmation.lines:
            units[confirmation.distribution_center, line.order_line_id] += line.quantity
    return units


def in_the_boxes(packing: Packing) -> Counter[tuple[str, str]]:
    _, requests, boxes = packing
    return Counter({(center, line): units for (_, center, line), units in whole_units(requests, boxes).items()})


def asked(packing: Packing) -> Counter[tuple[str, str]]:
    _, requests, _ = packing
    return Counter(
        {
            (request.distribution_center, line): units
            for request in requests
            for line, units in asked_units(request).items()
        }
    )


@st.composite
def packings(draw: st.DrawFn) -> Packing:
    """An order, what the warehouse was asked for, and what it packed."""
    order = draw(shippable_orders())
    requests = planned(order, RULES).requests
    assume(requests)
    return order, requests, draw(boxes_for(requests))


@st.composite
def complete_packings(draw: st.DrawFn) -> Packing:
    """Everything that was asked for, split into boxes anyhow."""
    order = draw(shippable_orders())
    requests = planned(order, RULES).requests
    assume(requests)
    boxes: list[Shipment] = []
    for request in requests:
        for line in request.lines:
            cut = draw(st.integers(0, line.quantity))
            for pieces in filter(None, (cut, line.quantity - cut)):
                boxes.append(a_box(f"{request.number}-{len(boxes)}", request.number, (line.id, pieces)))
    return order, requests, draw(st.permutations(boxes))


@ROUNDS
@given(packings())
def test_the_cart_is_told_of_the_whole_units_in_all_boxes_and_never_of_more_than_asked(packing: Packing) -> None:
    answer, _ = plan(packing)

    assert told(answer.promises) == in_the_boxes(packing)
    assert told(answer.promises) <= asked(packing)


@ROUNDS
@given(packings(), st.randoms(use_true_random=False), st.integers(0, 8))
def test_the_order_of_boxes_and_runs_does_not_change_the_sum(packing: Packing, random: Random, cut: int) -> None:
    order, requests, boxes = packing
    random.shuffle(boxes)
    cut = min(cut, len(boxes))
    first, _ = plan((order, requests, boxes[:cut]))
    second, _ = plan((order, requests, boxes), known=cut)

    assert told((*first.promises, *second.promises)) == in_the_boxes(packing)


@ROUNDS
@given(packings())
def test_boxes_known_one_by_one_give_the_same_promises_as_all_at_once(packing: Packing) -> None:
    order, requests, boxes = packing
    boxes.sort(key=lambda box: (box.shipped_at, box.external_id))
    apart = [answer for answer, _ in box_by_box(packing)]
    together, _ = plan((order, requests, boxes))

    assert tuple(promise for answer in apart for promise in answer.promises) == together.promises
    assert set(together.states.values()) <= {ShipmentState.PLANNED}
    assert len(together.states) == len(boxes)


@ROUNDS
@given(packings() | complete_packings())
def test_exactly_the_promise_that_completes_the_order_closes_it(packing: Packing) -> None:
    answer, _ = plan(packing)
    closing = [position for position, promise in enumerate(answer.promises) if promise.closes]

    complete = told(answer.promises) == asked(packing)
    assert closing == ([len(answer.promises) - 1] if complete else [])


@ROUNDS
@given(complete_packings())
def test_everything_picked_means_everything_told_and_nothing_to_look_at(packing: Packing) -> None:
    answer, problems = plan(packing)

    assert told(answer.promises) == asked(packing)
    assert not problems


@ROUNDS
@given(packings())
def test_pieces_that_nobody_asked_for_are_a_problem_and_only_those(packing: Packing) -> None:
    _, requests, boxes = packing
    _, problems = plan(packing)
    asked_pieces = {(request.number, line.id): line.quantity for request in requests for line in request.lines}
    too_many = any(pieces > asked_pieces.get(key, 0) for key, pieces in pieces_in(boxes).items())

    assert {problem.code for problem in problems} == ({Code.OVER_PICKED} if too_many else set())


@ROUNDS
@given(packings())
def test_every_promise_has_a_key_of_its_own_that_a_second_look_gives_again(packing: Packing) -> None:
    answer, _ = plan(packing)

    assert len({promise.key for promise in answer.promises}) == len(answer.promises)
    assert plan(packing)[0].promises == answer.promises


KIT = an_order("1", a_line("10", 2, components=[("CUP", 2), ("TRAY", 1)]), a_line("20", 3))


def kit_packing(*boxes: Shipment) -> Packing:
    return KIT, planned(KIT, RULES).requests, list(boxes)


def test_half_a_bundle_is_not_told_until_the_other_half_is_packed() -> None:
    cups = a_box("b1", "N1", ("10.1", 3), minute=1)
    trays = a_box("b2", "N1", ("10.2", 2), minute=2)
    (first, _), (second, _) = box_by_box(kit_packing(cups, trays))

    assert not first.promises
    assert told(second.promises) == {("", "10"): 1}


def test_a_short_pick_leaves_the_rest_open() -> None:
    answer, problems = plan(kit_packing(a_box("b1", "N1", ("20", 2))))

    assert told(answer.promises) == {("", "20"): 2}
    assert not answer.promises[0].closes
    assert not problems


def test_an_over_pick_is_told_as_what_was_asked_and_shown_to_a_person() -> None:
    answer, problems = plan(kit_packing(a_box("b1", "N1", ("20", 5))))

    assert told(answer.promises) == {("", "20"): 3}
    assert [problem.title for problem in problems] == ["Order N1: 5 of SKU-20 were picked, 3 were asked for"]


def test_a_box_with_a_line_that_the_order_does_not_have_is_a_problem() -> None:
    answer, problems = plan(kit_packing(a_box("b1", "N1", ("99", 1), ("20", 1))))

    assert told(answer.promises) == {("", "20"): 1}
    assert "the order has no such line" in problems[0].title


def test_the_same_line_of_two_centres_is_told_for_each_of_them() -> None:
    order = an_order("1", a_line("10", 5), allocations=[an_allocation("10", "5", 2), an_allocation("10", "6", 3)])
    boxes = [a_box("b1", "N1-6", ("10", 3)), a_box("b2", "N1-5", ("10", 2))]
    answer, _ = plan((order, planned(order, RULES).requests, boxes))

    assert told(answer.promises) == {("5", "10"): 2, ("6", "10"): 3}
    assert [promise.closes for promise in answer.promises] == [False, True]


def test_a_box_without_tracking_waits_and_becomes_a_problem_when_patience_ends() -> None:
    packing = kit_packing(a_box("b1", "N1", ("20", 1), tracking=""))
    answer, problems = plan(packing)
    assert answer.states == {1: ShipmentState.AWAITING_TRACKING}
    assert answer.look_again_at == NOON + timedelta(minutes=5)
    assert not answer.promises
    assert not problems

    _, problems = plan(packing, rules=replace(RULES, tracking_patience=timedelta(seconds=-1)))
    assert [problem.code for problem in problems] == [Code.NO_TRACKING]


def rules_with(*rules: StatusRule, notify_cart: bool = True) -> PipelineRules:
    return replace(RULES, status_events=StatusEvents(notify_cart, rules))


def test_a_box_without_tracking_goes_out_where_a_rule_tells_of_an_event_that_needs_none() -> None:
    packing = kit_packing(a_box("b1", "N1", ("20", 1), tracking=""))
    for event in (OrderEvent.PICKED, OrderEvent.PACKED):
        answer, _ = plan(packing, rules=rules_with(StatusRule(event, True)))
        assert len(answer.promises) == 1


def test_a_box_waits_for_a_stage_that_it_has_not_reached_and_the_reason_is_kept() -> None:
    waits_for_shipped = rules_with(StatusRule(OrderEvent.SHIPPED, True), StatusRule(OrderEvent.TRACKING_ADDED, False))
    box = a_box("b1", "N1", ("20", 1))
    answer, problems = plan(kit_packing(box), rules=waits_for_shipped)
    assert answer.states == {1: ShipmentState.NOT_TOLD}
    assert "a rule says that the cart is not told of tracking_added" in answer.reasons[1]
    assert "without a rule the cart is not told of packed" in answer.reasons[1]
    assert (answer.promises, problems, answer.look_again_at) == ((), [], None)

    gone = box.model_copy(update={"stage": ShipmentStage.SHIPPED})
    assert len(plan(kit_packing(gone), rules=waits_for_shipped)[0].promises) == 1


def test_nothing_is_told_while_the_switch_is_off() -> None:
    boxes = [a_box("b1", "N1", ("20", 1)), a_box("b2", "N1", ("20", 1), tracking="")]
    answer, problems = plan(kit_packing(*boxes), rules=rules_with(notify_cart=False))
    assert set(answer.states.values()) == {ShipmentState.NOT_TOLD}
    assert set(answer.reasons.values()) == {"status_events.notify_cart is false"}
    assert (answer.promises, problems) == ((), [])


@ROUNDS
@given(st.permutations(tuple(ShipmentStage)), st.permutations(["", "1Z", ""]))
def test_a_package_that_is_told_of_again_never_goes_back(stages: list[ShipmentStage], tracking: list[str]) -> None:
    told = [
        a_box("b1", "N1", ("20", 1), tracking=number).model_copy(update={"stage": stage})
        for stage, number in zip(stages, tracking, strict=True)
    ]
    known = reduce(further, told)
    assert known.stage is ShipmentStage.SHIPPED
    assert known.package.tracking_number == "1Z"
    assert further(known, known) == known


def test_what_was_cancelled_need_not_be_picked_for_the_order_to_end() -> None:
    packing = kit_packing(a_box("b1", "N1", ("20", 2), ("10.1", 2), ("10.2", 1)))
    [promise] = plan(packing, cancelled={"20": 1})[0].promises
    assert not promise.closes
    [promise] = plan(packing, cancelled={"20": 1, "10": 1})[0].promises
    assert promise.closes


def test_what_is_picked_after_it_was_cancelled_is_not_told_and_shown_to_a_person() -> None:
    answer, [problem] = plan(kit_packing(a_box("b1", "N1", ("20", 3))), cancelled={"20": 1})
    assert told(answer.promises) == {("", "20"): 2}
    assert problem.code is Code.OVER_PICKED
    assert problem.title == "Order N1: 1 of SKU-20 were picked after they had been cancelled at the cart"


@pytest.mark.parametrize(("units", "waits"), [(1, False), (2, False), (3, True)])
def test_a_box_waits_for_the_answer_to_a_cancellation_only_if_it_depends_on_it(units: int, waits: bool) -> None:
    answer, problems = plan(kit_packing(a_box("b1", "N1", ("20", units))), undecided={"20": 1})
    assert told(answer.promises) == ({} if waits else {("", "20"): units})
    assert problems == []
    if waits:
        assert answer.states == {1: ShipmentState.AWAITING_ANSWER}
        assert answer.reasons[1].startswith("1 of SKU-20 may be cancelled")
        assert answer.look_again_at


def test_a_box_that_waited_long_enough_for_an_answer_is_told_as_it_is() -> None:
    order, requests, _ = kit_packing()
    case = replace(a_case(order, requests, [a_box("b1", "N1", ("20", 3))]), undecided={"20": 1})
    late = NOON + RULES.tracking_patience + timedelta(minutes=1)
    answer, _ = plan_confirmation(case, RULES, "cart", now=late, look_again_at=late)
    assert told(answer.promises) == {("", "20"): 3}


def test_a_box_that_waits_does_not_hold_up_the_others() -> None:
    boxes = [a_box("b1", "N1", ("20", 1), tracking="", minute=1), a_box("b2", "N1", ("20", 2), minute=2)]
    answer, _ = plan(kit_packing(*boxes))
    assert told(answer.promises) == {("", "20"): 2}


@pytest.mark.parametrize(
    ("carrier", "expected"), [("ups", ("UPS-CART", "2D")), ("", ("UPS-CART", "2D")), ("DHL", None)]
)
def test_the_carrier_is_told_in_the_words_of_the_cart_or_held(carrier: str, expected: tuple[str, str] | None) -> None:
    outbound = ShipMethods((ShipMethodRule(ShipMethod("UPS-CART", "2D"), carrier="UPS"),))
    answer, problems = plan(
        kit_packing(a_box("b1", "N1", ("20", 1), carrier=carrier)), rules=replace(RULES, outbound=outbound)
    )
    if expected is None:
        assert answer.states == {1: ShipmentState.HELD}
        assert [problem.code for problem in problems] == [Code.UNMAPPED_CARRIER]
    else:
        confirmation = ShipmentConfirmation.model_validate_json(answer.promises[0].document)
        assert (confirmation.carrier, confirmation.service_level) == expected


def test_what_never_arrived_goes_out_by_the_rules_of_now_with_the_lines_of_then() -> None:
    packing = kit_packing(a_box("b1", "N1", ("20", 1), carrier="UPS"))
    answer, _ = plan(packing)
    told_then = ShipmentConfirmation.model_validate_json(answer.promises[0].document)
    now = replace(RULES, outbound=ShipMethods((ShipMethodRule(ShipMethod("UPS", "2DAY"), carrier="UPS"),)))
    case = a_case(*packing, known=1)

    assert renamed(told_then, case, now) == told_then.model_copy(update={"carrier": "UPS", "service_level": "2DAY"})
    assert renamed(told_then, case, replace(RULES, outbound=ShipMethods(()))) == told_then
