"""Trials of rules for fields: what is explained, what differs, and what is left untouched."""

from dataclasses import replace
from typing import Any

from hypothesis import given

from crossdock.domain import Money, Order
from crossdock.engine.field_trial import ChangedField, changes, coverage, drafts, explain_fields, flaws_of
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.hooks.records import OrderField
from crossdock.mapping import FieldRule, FieldRules, compiled
from crossdock.mapping.fields import CUSTOM

from .builders import an_allocation, an_order, planned, rules_that_map_all
from .strategies import ROUNDS, rules_that_ship, shippable_orders

CENTERS = {"5": DistributionCenterRule(area="EAST"), "6": DistributionCenterRule(area="WEST")}
THERE = (OrderField("notes"), OrderField("tags"), OrderField("source"), OrderField("area"), OrderField(f"{CUSTOM}F?"))


def rules_with(**expressions: str) -> PipelineRules:
    rules = tuple(FieldRule(target.replace("__", "."), compiled(text)) for target, text in expressions.items())
    return replace(rules_that_map_all(), fields=FieldRules(rules), distribution_centers=CENTERS)


def sold(**fields: Any) -> Order:
    update = {"site": "eBay", "notes": "ring", "allocations": (an_allocation("10", "5"),), **fields}
    return an_order("1").model_copy(update=update)


def explained(order: Order, rules: PipelineRules) -> dict[str, tuple[str, str]]:
    return {one.target: (one.value, one.because) for one in explain_fields(order, rules)}


def test_each_field_says_where_its_value_comes_from() -> None:
    rules = rules_with(source="site", area="flag", custom_fields__po="custom_fields.order")
    told = explained(sold(custom_fields={"order": "P-1"}), rules)
    assert told == {
        "notes": ("ring", "as the cart gave it"),
        "tags": ("", "nothing, as at the cart"),
        "source": ("eBay", "`site`"),
        "area": ("EAST", "that of the distribution centre (`flag` gives nothing)"),
        "custom_fields.po": ("P-1", "`custom_fields.order`"),
        "custom_fields.order": ("P-1", "as the cart gave it"),
    }


def test_without_rules_everything_is_as_the_cart_and_the_settings_have_it() -> None:
    told = explained(sold(), rules_with())
    assert told["source"] == ("", "the connection's own setting decides")
    assert told["area"] == ("EAST", "that of the distribution centre")
    assert set(told) == {"notes", "tags", "source", "area"}


def test_every_centre_is_explained() -> None:
    both = sold(allocations=(an_allocation("10", "6"), an_allocation("10", "5")))
    areas = [(one.distribution_center, one.value) for one in explain_fields(both, rules_with()) if one.target == "area"]
    assert areas == [("5", "EAST"), ("6", "WEST")]


def test_flaws_are_told_with_the_field() -> None:
    rules = replace(rules_with(custom_fields__po="site"), order_fields={"": THERE})
    flaws = {one.target: one.flaw for one in explain_fields(sold(), rules) if one.flaw}
    assert list(flaws) == ["custom_fields.po"]
    assert flaws == flaws_of(drafts(sold(), rules), sold(), rules)


def test_only_what_differs_is_shown() -> None:
    sent = planned(sold(), rules_with(notes="site")).requests
    now = drafts(sold(), rules_with(notes="site", source="site", custom_fields__po="number"))
    assert changes(sent, now) == [
        ChangedField("5", "source", "", "eBay"),
        ChangedField("5", "custom_fields.po", "", "N1"),
    ]


def test_a_rule_that_was_taken_away_is_a_difference_too() -> None:
    sent = planned(sold(), rules_with(source="site")).requests
    assert changes(sent, drafts(sold(), rules_with())) == [ChangedField("5", "source", "eBay", "")]


@ROUNDS
@given(shippable_orders(), rules_that_ship)
def test_what_was_sent_by_the_same_rules_does_not_differ(order: Order, rules: PipelineRules) -> None:
    rules = replace(rules, fields=rules_with(notes="site", tags="lines[].sku", custom_fields__po="number").fields)
    requests = planned(order, rules).requests
    if requests:
        assert changes(requests, drafts(order, rules, [one.distribution_center for one in requests])) == []


def test_coverage_names_what_goes_nowhere_and_what_gives_nothing() -> None:
    rules = replace(rules_with(source="profile", custom_fields__F1="custom_fields.po"), order_fields={"": THERE})
    total = Money(amount=12, currency="USD")
    some = [sold(total=total, custom_fields={"po": "1", "F2": "x", "gate": "7"}), sold(flag="red", tags=("vip",))]
    found = coverage(some, rules)
    assert found.orders == 2
    assert found.without_rule == ("notes", "tags", "area")
    assert found.silent == ("source",)
    assert found.unused == {"total.amount": 1, "total.currency": 1, "custom_fields.gate": 1, "flag": 1}


def test_a_field_that_a_rule_has_replaced_is_used_no_more_unless_the_rule_reads_it() -> None:
    assert "notes" in coverage([sold()], rules_with(notes="site")).unused
    assert "notes" not in coverage([sold()], rules_with(notes="join(' ', [notes, site])")).unused
    assert "notes" not in coverage([sold()], rules_with()).unused
