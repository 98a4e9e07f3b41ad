"""What a warehouse will not ship: whole units, never what was picked, never twice, whoever asked for it first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crossdock.domain import (
    AdjustmentKind,
    AdjustmentReason,
    Order,
    OrderAdjustment,
    OrderEvent,
    OrderStatus,
    Shipment,
    Shortage,
)
from crossdock.engine.adjustment_plan import AskedBefore
from crossdock.engine.confirm_plan import units
from crossdock.engine.ports import StoredOrder
from crossdock.engine.problems import Code
from crossdock.engine.rules import PipelineRules
from crossdock.engine.short_picks import missing_units, plan_short_picks
from crossdock.engine.shortage_ports import ShortageState, ShortCase, ShortPlan, StoredShortage
from crossdock.mapping import StatusEvents, StatusRule

from .builders import NOON, a_box, a_line, an_allocation, an_order, planned, rules_that_map_all
from .oracle import pieces_in
from .strategies import ROUNDS, boxes_for, shippable_orders

ASK = replace(rules_that_map_all(), short_picks="ask")
CANCEL = replace(
    rules_that_map_all(), short_picks="cancel", cancel_reasons={"damaged": AdjustmentReason.COULD_NOT_SHIP}
)
KIT = an_order("1", a_line("10", 2, components=[("CUP", 2), ("TRAY", 1)]), a_line("20", 3))


def short(
    line: str, pieces: int, *, number: str = "N1", reason: str = "", minute: int = 0, key: str = ""
) -> StoredShortage:
    fact = Shortage(
        external_id=key or f"{line}-{minute}",
        request_number=number,
        line_id=line,
        quantity=pieces,
        reason=reason,
        noticed_at=NOON + timedelta(minutes=minute),
    )
    return StoredShortage("warehouse", ShortageState.OPEN, fact)


def cancelled(line: str, units: int, *, refused: bool = False) -> AskedBefore:
    asked = OrderAdjustment(
        key="A",
        number=1,
        order_external_id="1",
        order_number="N1",
        kind=AdjustmentKind.CANCELLATION,
        line_id=line,
        quantity=units,
    )
    return AskedBefore(asked, NOON, refused=refused)


def a_case(
    *shortages: StoredShortage,
    order: Order = KIT,
    boxes: Sequence[Shipment] = (),
    before: Sequence[AskedBefore] = (),
) -> ShortCase:
    requests = planned(order, CANCEL).requests
    stored = StoredOrder(1, order.external_id, order)
    return ShortCase(stored, requests, tuple(boxes), shortages, tuple(before), tuple(before))


def plan(case: ShortCase, rules: PipelineRules = CANCEL, *, adjusts: bool = True) -> ShortPlan:
    return plan_short_picks(case, rules, adjusts=adjusts, now=NOON)


def asked(answer: ShortPlan) -> list[tuple[str, int | None, str]]:
    return [(one.line_id, one.quantity, one.reason.value) for one in answer.adjustments]


def states(answer: ShortPlan) -> list[str]:
    return [state.value for state, _ in answer.states.values()]


def test_units_that_will_not_come_are_cancelled_with_the_reason_that_the_rules_give() -> None:
    answer = plan(a_case(short("20", 2, reason="Damaged"), boxes=[a_box("b1", "N1", ("20", 1))]))
    assert asked(answer) == [("20", 2, "could_not_ship")]
    assert states(answer) == ["asked"]
    assert asked(plan(a_case(short("20", 1, reason="LOST")))) == [("20", 1, "not_available")]


def test_a_bundle_that_lacks_a_part_is_lost_as_a_whole() -> None:
    assert asked(plan(a_case(short("10.1", 1)))) == [("10", 1, "not_available")]
    assert asked(plan(a_case(short("10.1", 3), short("10.2", 1)))) == [("10", 2, "not_available")]


def test_a_line_of_two_centres_is_lost_once_for_each() -> None:
    order = an_order("1", a_line("10", 5), allocations=[an_allocation("10", "5", 2), an_allocation("10", "6", 3)])
    first, second = short("10", 1, number="N1-5", key="a"), short("10", 2, number="N1-6", key="b")
    assert asked(plan(a_case(first, second, order=order))) == [("10", 3, "not_available")]
    decided = replace(first, state=ShortageState.ASKED)
    assert asked(plan(a_case(decided, second, order=order, before=[cancelled("10", 1)]))) == [
        ("10", 2, "not_available")
    ]


@pytest.mark.parametrize(("left", "expected"), [(3, [("20", 2)]), (2, [("20", 1)]), (1, [])])
def test_what_the_cart_does_not_want_any_more_is_missed_by_nobody(left: int, expected: list[tuple[str, int]]) -> None:
    case = a_case(short("20", 2))
    newer = KIT.model_copy(update={"lines": (KIT.lines[0], a_line("20", left))})
    answer = plan(replace(case, order=StoredOrder(1, "1", newer)))
    assert [(line, units) for line, units, _ in asked(answer)] == expected
    gone = KIT.model_copy(update={"status": OrderStatus.CANCELLED})
    answer = plan(replace(case, order=StoredOrder(1, "1", gone)), ASK)
    assert (answer.problem, states(answer)) == (None, ["settled"])


def test_what_a_person_or_we_cancelled_before_is_not_cancelled_again() -> None:
    answer = plan(a_case(short("20", 2), before=[cancelled("20", 2)]))
    assert (asked(answer), states(answer)) == ([], ["settled"])
    assert asked(plan(a_case(short("20", 2), before=[cancelled("20", 1)]))) == [("20", 1, "not_available")]
    assert asked(plan(a_case(short("20", 2), before=[cancelled("20", 2, refused=True)]))) == [
        ("20", 2, "not_available")
    ]


def test_of_a_line_that_is_told_anew_the_newest_word_counts() -> None:
    answer = plan(a_case(short("20", 2, minute=1), short("20", 1, minute=2)))
    assert asked(answer) == [("20", 1, "not_available")]
    assert sorted(states(answer)) == ["asked", "settled"]


def test_pieces_that_were_picked_after_all_are_missed_no_more() -> None:
    answer = plan(a_case(short("20", 2), boxes=[a_box("b1", "N1", ("20", 3))]), ASK)
    assert (answer.problem, states(answer)) == (None, ["arrived"])


def test_a_person_who_is_asked_reads_the_command_to_type() -> None:
    answer = plan(a_case(short("20", 2, reason="DAMAGED"), short("10.2", 1)), ASK)
    assert answer.problem is not None
    assert answer.problem.code is Code.SHORT_PICK
    assert answer.problem.title == "Order N1: the warehouse will not ship 1 of SKU-10, 2 of SKU-20 (DAMAGED)"
    assert (
        "`crossdock orders cancel N1 --line 20 --quantity 2 --reason not_available --anyway`" in answer.problem.action
    )
    assert answer.problem.cause == "SKU-10, SKU-20"
    assert (answer.adjustments, answer.states) == ((), {})


def test_where_the_cart_cannot_be_asked_a_person_is() -> None:
    answer = plan(a_case(short("20", 2)), adjusts=False)
    assert answer.problem is not None
    assert answer.problem.detail == "Nothing was cancelled: the cart cannot be asked by crossdock."
    assert not answer.adjustments


@pytest.mark.parametrize(
    "events", [StatusEvents(notify_cart=False), StatusEvents(rules=(StatusRule(OrderEvent.CANCELLED, False),))]
)
def test_a_cart_that_is_told_of_no_cancellation_is_not_asked_and_it_is_said_why(events: StatusEvents) -> None:
    answer = plan(a_case(short("20", 2)), replace(CANCEL, status_events=events))
    assert (answer.adjustments, answer.problem) == ((), None)
    [(state, why)] = answer.states.values()
    assert state is ShortageState.OPEN
    assert "notify_cart is false" in why or "not told of cancelled" in why


def test_a_request_that_the_warehouse_does_not_have_any_more_lacks_nothing() -> None:
    assert states(plan(a_case(short("20", 2, number="OLD"), short("99", 1)))) == ["settled", "settled"]


@ROUNDS
@given(st.data())
def test_never_more_is_cancelled_than_is_left_open_and_a_second_look_cancels_nothing(data: st.DataObject) -> None:
    order = data.draw(shippable_orders())
    requests = planned(order, CANCEL).requests
    assume(requests)
    boxes = data.draw(boxes_for(requests))
    lines = [(request.number, line) for request in requests for line in request.lines]
    picks = st.lists(st.sampled_from(lines), max_size=5)
    shortages = [
        short(line.id, data.draw(st.integers(1, 9)), number=number, minute=minute, key=f"s{minute}")
        for minute, (number, line) in enumerate(data.draw(picks))
    ]
    case = replace(a_case(*shortages, order=order, boxes=boxes), requests=requests)
    answer = plan(case)

    pieces = pieces_in(boxes)
    made = {request.number: units(request, pieces) for request in requests}
    for line in order.lines:
        key = line.external_id
        shipped = sum(made[request.number].get(key, 0) for request in requests)
        lost = sum(one.quantity or 0 for one in answer.adjustments if one.line_id == key)
        assert shipped + lost <= line.quantity

    again = [AskedBefore(one, NOON, refused=False) for one in answer.adjustments]
    assert missing_units(replace(case, asked_before=tuple(again), asked_since=tuple(again))) == []
