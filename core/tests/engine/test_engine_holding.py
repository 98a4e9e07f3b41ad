"""What keeps a ready order here by the operator's rules, and what lets it go."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Address, Money, Order
from crossdock.engine.addresses import address_flaw
from crossdock.engine.holding import HOLD_WINDOW, HoldRules, hold_of
from crossdock.engine.holds import HELD_BY_PERSON, kept
from crossdock.engine.judge import READY, Verdict, judge
from crossdock.engine.ports import KnownOrder, OrderState, StoredOrder
from crossdock.engine.problems import Code
from crossdock.engine.release_plan import plan_now
from crossdock.mapping import Filter

from .builders import HOME, NOON, a_line, an_allocation, an_order, rules_that_map_all
from .strategies import ROUNDS, hostile_orders, orders, shippable_orders

MINUTE = timedelta(minutes=1)


def stored(order: Order, *, approved: bool = False) -> StoredOrder:
    return StoredOrder(1, order.external_id, order, NOON, approved)


def with_fields(**fields: Any) -> Order:
    return an_order().model_copy(update=fields)


@ROUNDS
@given(shippable_orders(), st.integers(0, 100), st.integers(1, 60))
def test_a_window_ends_on_the_minute_and_never_before(order: Order, minutes: int, window: int) -> None:
    hold = hold_of(stored(order), HoldRules(window=window * MINUTE), NOON + minutes * MINUTE)
    assert (hold is None) == (minutes >= window)
    if hold:
        assert (hold.code, hold.until, hold.action) == (HOLD_WINDOW, NOON + window * MINUTE, "")


@pytest.mark.parametrize(
    ("rules", "fields", "code", "words"),
    [
        (HoldRules(required_fields=("ship_to.phone",)), {}, Code.MISSING_FIELD, "ship_to.phone is missing"),
        (HoldRules(required_fields=("notes", "tags")), {"notes": " "}, Code.MISSING_FIELD, "notes, tags are missing"),
        (HoldRules(tags=("fraud*",)), {"tags": ("new", "Fraud-1")}, Code.HELD_BY_RULE, "it has the tag 'Fraud-1'"),
        (HoldRules(flags=("Excl*",)), {"flag": "ExclamationPoint"}, Code.HELD_BY_RULE, "the flag 'ExclamationPoint'"),
        (HoldRules(review_all=True), {}, Code.ORDER_REVIEW, "every order is looked at first"),
        (HoldRules(review_when=("site == 'eBay'",)), {"site": "eBay"}, Code.ORDER_REVIEW, "`site == 'eBay'` holds"),
        (HoldRules(review_when=("starts_with(deliver_by, '2')",)), {}, Code.ORDER_REVIEW, "cannot be worked out"),
        (
            HoldRules(review_when=("to_number(total.amount) > `500`",)),
            {"total": Money(amount="500.01", currency="EUR")},
            Code.ORDER_REVIEW,
            "> `500`",
        ),
    ],
    ids=str,
)
def test_each_rule_holds_what_it_names(rules: HoldRules, fields: dict[str, Any], code: Code, words: str) -> None:
    hold = hold_of(stored(with_fields(**fields)), rules, NOON)
    assert hold is not None
    assert hold.code == code
    assert words in hold.reason
    assert hold.by.startswith("rule: ")
    assert "crossdock orders " in hold.action


@pytest.mark.parametrize(
    ("rules", "fields"),
    [
        (HoldRules(required_fields=("lines[0].quantity",)), {}),
        (HoldRules(tags=("*",), flags=("*",)), {}),
        (HoldRules(review_when=("custom_fields.vip", "tags", "contains(tags, 'x')")), {}),
        (HoldRules(review_when=("to_number(total.amount) > `500`",)), {}),
    ],
    ids=str,
)
def test_what_does_not_fit_is_not_held(rules: HoldRules, fields: dict[str, Any]) -> None:
    assert hold_of(stored(with_fields(**fields)), rules, NOON) is None


def test_what_a_person_let_go_is_held_for_what_it_lacks_only() -> None:
    rules = HoldRules(window=MINUTE, tags=("x",), review_all=True)
    order = stored(with_fields(tags=("x",)), approved=True)
    assert hold_of(order, rules, NOON) is None
    hold = hold_of(order, replace(rules, required_fields=("notes",)), NOON)
    assert hold is not None
    assert hold.code == Code.MISSING_FIELD


def test_a_person_is_asked_before_the_window_is_waited_for() -> None:
    """Whoever can act has the window's time for it."""
    hold = hold_of(stored(an_order()), HoldRules(window=MINUTE, review_all=True), NOON)
    assert hold is not None
    assert hold.code == Code.ORDER_REVIEW


@ROUNDS
@given(st.one_of(orders(), hostile_orders()), st.booleans())
def test_every_order_is_released_or_held_with_a_reason_that_names_its_code(order: Order, approved: bool) -> None:
    holds = HoldRules(MINUTE, ("ship_to.phone",), ("a*",), ("b*",), False, ("lines[?quantity > `3`]",))
    planned = plan_now(stored(order, approved=approved), replace(rules_that_map_all(), holds=holds), NOON)
    if planned.plan.state is OrderState.HELD:
        assert not planned.plan.requests
        assert planned.plan.held_by
        code = planned.plan.reason.partition(":")[0]
        assert code == (planned.problem.code.value if planned.problem else HOLD_WINDOW)
    else:
        assert planned.plan.requests
        assert approved


def test_a_line_that_is_left_out_is_not_asked_for_and_is_said() -> None:
    rules = replace(rules_that_map_all(), item_filters=(Filter("sku", ("GIFT*",), "restrict"),))
    plan = plan_now(stored(an_order("1", a_line("10"), a_line("11", sku="GIFT-1"))), rules, NOON).plan
    assert [line.sku for line in plan.requests[0].lines] == ["SKU-10"]
    assert plan.left_out == "line 11 (GIFT-1, 1): sku is 'GIFT-1', left out is 'GIFT*'"


def test_what_is_somebody_elses_does_not_become_ours_when_our_line_is_left_out() -> None:
    """Of a mixed order, the line without a place is somebody else's: without any place left, it still is."""
    rules = replace(rules_that_map_all(), item_filters=(Filter("sku", ("GIFT*",), "restrict"),))
    order = an_order("1", a_line("10"), a_line("11", sku="GIFT-1"), allocations=[an_allocation("11", "5")])
    assert judge(order, rules) == Verdict(
        OrderState.SKIPPED,
        "item filter: none of its lines is left; line 11 (GIFT-1, 1): sku is 'GIFT-1', left out is 'GIFT*'",
    )
    assert plan_now(stored(order), rules, NOON).plan.requests == ()


def test_an_order_that_a_filter_does_not_take_is_skipped_by_name() -> None:
    rules = replace(rules_that_map_all(), order_filters=(Filter("site", ("Amazon*",)),))
    assert judge(with_fields(site="eBay"), rules).reason == "order filter: site is 'eBay', required is 'Amazon*'"
    assert judge(with_fields(site="Amazon US"), rules) == READY


@pytest.mark.parametrize("state", [OrderState.READY, OrderState.WAITING, OrderState.UNREADABLE])
def test_a_persons_hold_outlasts_every_version_of_the_order_but_its_end(state: OrderState) -> None:
    held = KnownOrder(b"", OrderState.HELD, "", f"{HELD_BY_PERSON}: the buyer calls back")
    assert kept(held, Verdict(state, "why")) == Verdict(held.state, held.reason)
    assert kept(held, Verdict(OrderState.SKIPPED, "cancelled at the cart")).state is OrderState.SKIPPED


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({}, None),
        ({"city": " "}, "its address has no city"),
        ({"name": "", "line1": ""}, "its address has no name or company, no line1"),
        ({"country": "England"}, "its address has the country 'England', which is no two-letter code such as US or GB"),
        ({"country": "US"}, "its address in US has no state"),
        ({"country": "ca"}, "its address in CA has no province"),
        ({"country": "AU", "region": "NSW"}, None),
    ],
    ids=str,
)
def test_an_address_that_is_not_whole_says_what_is_wrong(changes: dict[str, str], flaw: str | None) -> None:
    assert address_flaw(Address.model_validate({**HOME.model_dump(), **changes})) == flaw
