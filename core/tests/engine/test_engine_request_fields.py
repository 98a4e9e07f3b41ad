"""Fields of a request: what the rules give, what the warehouse has room for, and what holds an order."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Order
from crossdock.engine.ports import OrderState, StoredOrder
from crossdock.engine.problems import Code
from crossdock.engine.release_plan import plan_release
from crossdock.engine.request_fields import fields_of, refused_targets, room_for, values_of, with_fields
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.hooks.records import OrderField
from crossdock.mapping import FieldRule, FieldRules, compiled
from crossdock.mapping.fields import CUSTOM

from .builders import an_allocation, an_order, planned, rules_that_map_all
from .strategies import ROUNDS, orders

CUSTOM_7 = f"{CUSTOM}CustomField7"


def a_rule(target: str, expression: str, **more: Any) -> FieldRule:
    return FieldRule(target, compiled(expression), **more)


def rules_with(*rules: FieldRule, there: tuple[OrderField, ...] = ()) -> PipelineRules:
    described = {"": there} if there else {}
    return replace(rules_that_map_all(), fields=FieldRules(rules), order_fields=described)


def sold(**fields: Any) -> Order:
    return an_order("1").model_copy(update={"site": "eBay", "profile": "42", **fields})


def held(order: Order, rules: PipelineRules) -> str:
    answer = plan_release(StoredOrder(1, order.external_id, order), rules)
    assert answer.plan.state is OrderState.HELD
    assert answer.problem is not None
    assert answer.problem.code is Code.MISSING_FIELD
    assert "crossdock mapping explain" in answer.problem.action
    return f"{answer.problem.cause}: {answer.plan.reason}"


def test_each_field_of_a_request_comes_from_its_rule() -> None:
    rules = rules_with(
        a_rule("notes", "join(' / ', [notes, site])"),
        a_rule("tags", "[site, profile]"),
        a_rule("source", "profile"),
        a_rule("area", "custom_fields.area"),
        a_rule(CUSTOM_7, "custom_fields.po"),
    )
    order = sold(notes="ring", tags=("vip",), custom_fields={"po": "P-1", "area": "EAST", "other": "x"})
    (request,) = planned(order, rules).requests
    assert (request.notes, request.tags, request.source, request.area) == ("ring / eBay", ("eBay", "42"), "42", "EAST")
    assert request.custom_fields == {"po": "P-1", "area": "EAST", "other": "x", "CustomField7": "P-1"}


def test_what_has_no_rule_stays_as_the_cart_gave_it() -> None:
    order = sold(notes="ring", tags=("vip",), custom_fields={"po": "P-1"})
    (plain,) = planned(order, rules_with()).requests
    (request,) = planned(order, rules_with(a_rule("source", "profile"))).requests
    assert request == plain.model_copy(update={"source": "42"})


def test_a_rule_that_gives_nothing_leaves_its_field_empty_but_the_area_to_the_centre() -> None:
    rules = rules_with(a_rule("notes", "flag"), a_rule("area", "flag"), a_rule(f"{CUSTOM}po", "flag"))
    rules = replace(rules, distribution_centers={"7": DistributionCenterRule(area="WEST")})
    (request,) = planned(sold(notes="ring", custom_fields={"po": "P-1"}), rules).requests
    assert (request.notes, request.area, request.custom_fields) == ("", "WEST", {})


def test_every_centre_gets_the_same_fields_and_its_own_area() -> None:
    centers = {"5": DistributionCenterRule(area="EAST"), "6": DistributionCenterRule(area="WEST")}
    rules = replace(rules_with(a_rule("notes", "site")), distribution_centers=centers)
    order = sold(allocations=(an_allocation("10", "5"), an_allocation("10", "6")))
    requests = planned(order, rules).requests
    assert [(one.notes, one.area) for one in requests] == [("eBay", "EAST"), ("eBay", "WEST")]


def test_an_order_whose_required_field_has_no_value_is_held() -> None:
    reason = held(sold(), rules_with(a_rule(CUSTOM_7, "custom_fields.po", required=True)))
    assert reason == (f"{CUSTOM_7}: missing_field: {CUSTOM_7} has no value: `custom_fields.po` gives nothing")


def test_every_flaw_of_an_order_is_told_at_once() -> None:
    rules = rules_with(a_rule("notes", "site", max_length=3), a_rule("source", "upper(lines)"))
    reason = held(sold(), rules)
    assert reason.startswith("notes: missing_field: notes has 4 characters, and 3 fit; source: `upper(lines)` cannot")


THERE = (
    OrderField("notes", max_length=6),
    OrderField("tags", refused="tags are not sent"),
    OrderField(f"{CUSTOM}CustomField3", refused="it holds the key"),
    OrderField(f"{CUSTOM}CustomField8", max_length=2),
    OrderField(f"{CUSTOM}CustomField[1-9]"),
)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (a_rule("source", "site"), "source is no field of the warehouse's orders: it takes notes, custom_fields.Cust"),
        (a_rule("tags", "site"), "tags is not free: tags are not sent"),
        (a_rule(f"{CUSTOM}CustomField3", "site"), "CustomField3 is not free: it holds the key"),
        (a_rule(f"{CUSTOM}po", "site"), "custom_fields.po is no field of the warehouse's orders"),
        (a_rule(f"{CUSTOM}CustomField8", "site"), "CustomField8 has 4 characters, and the warehouse takes 2"),
    ],
)
def test_a_value_that_the_warehouse_has_no_room_for_holds_the_order(rule: FieldRule, reason: str) -> None:
    assert reason in held(sold(), rules_with(rule, there=THERE))


def test_what_the_cart_gave_without_a_rule_must_fit_too() -> None:
    assert "notes has 10 characters, and the warehouse takes 6" in held(
        sold(notes="ring twice"), rules_with(there=THERE)
    )
    assert planned(sold(custom_fields={"nobody takes": "this"}, tags=("vip",)), rules_with(there=THERE)).requests


def test_a_field_that_the_warehouse_asks_for_must_have_a_value() -> None:
    there = (OrderField("area", required=True), OrderField("notes"))
    assert held(sold(), rules_with(there=there)).endswith("area has no value, and the warehouse asks for one")
    assert planned(sold(), rules_with(a_rule("area", "site"), there=there)).requests


def test_each_warehouse_has_fields_of_its_own() -> None:
    centers = {"5": DistributionCenterRule(), "6": DistributionCenterRule(fulfillment_target="west")}
    rules = replace(
        rules_with(), distribution_centers=centers, order_fields={"west": (OrderField("notes", max_length=2),)}
    )
    at_home, away = an_allocation("10", "5"), an_allocation("10", "6")
    assert planned(sold(notes="ring", allocations=(at_home,)), rules).requests
    assert "the warehouse takes 2" in held(sold(notes="ring", allocations=(at_home, away)), rules)


def test_an_exact_name_counts_before_a_pattern() -> None:
    assert room_for(f"{CUSTOM}CustomField8", THERE) == THERE[3]
    assert room_for(f"{CUSTOM}CustomField9", THERE) == THERE[4]
    assert room_for(f"{CUSTOM}customfield9", THERE) is None


def test_rules_without_a_field_are_found_before_any_order() -> None:
    rules = FieldRules((a_rule("notes", "site"), a_rule("source", "site"), a_rule(CUSTOM_7, "site")))
    assert list(refused_targets(rules, THERE)) == ["source"]
    assert refused_targets(rules, ()) == {}


FIELD_RULES = st.lists(
    st.sampled_from(
        (
            a_rule("notes", "join(', ', lines[].sku)"),
            a_rule("tags", "lines[].sku"),
            a_rule("source", "site", default="web"),
            a_rule("area", "requested_carrier"),
            a_rule(CUSTOM_7, "ship_to.name", max_length=3, cut=True),
        )
    ),
    unique_by=lambda rule: rule.target,
)


@ROUNDS
@given(orders(), FIELD_RULES)
def test_rules_for_fields_change_nothing_but_their_fields(order: Order, rules: list[FieldRule]) -> None:
    plain, ruled = planned(order, rules_that_map_all()), planned(order, rules_with(*rules))
    assert ruled.state is plain.state
    mapped = fields_of(order, FieldRules(tuple(rules)))
    for was, now in zip(plain.requests, ruled.requests, strict=True):
        before, after = values_of(was), values_of(now)
        assert {target for target in before | after if before.get(target) != after.get(target)} <= set(mapped.by_target)
        assert with_fields(now, mapped) == now
        same = {name: getattr(was, name) for name in ("notes", "tags", "source", "area", "custom_fields")}
        assert now.model_copy(update=same) == was
