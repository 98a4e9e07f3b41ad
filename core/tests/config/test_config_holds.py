"""Filters and holds as operators write them, and what they are compiled to."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from crossdock.config import Pipeline
from crossdock.engine.holding import HoldRules
from crossdock.mapping import Filter
from crossdock.runtime.rules import judging_digest, rules_of

ROAD = {"order_source": "cart", "fulfillment_target": "warehouse"}


def pipeline(**keys: object) -> Pipeline:
    return Pipeline.model_validate(ROAD | keys)


def test_filters_and_holds_arrive_as_they_are_written() -> None:
    rules = rules_of(
        "main",
        pipeline(
            order_filters=[
                {"field": "site", "match": ["Amazon*"]},
                {"field": "site", "match": ["x"], "rule": "restrict"},
            ],
            item_filters=[{"field": "sku", "match": ["GIFT*"], "rule": "restrict"}],
            holds={
                "window": "30m",
                "required_fields": ["ship_to.phone"],
                "tags": ["t"],
                "flags": ["f"],
                "review": "all",
            },
        ),
    )
    assert rules.order_filters == (Filter("site", ("Amazon*",)), Filter("site", ("x",), "restrict"))
    assert rules.item_filters == (Filter("sku", ("GIFT*",), "restrict"),)
    assert rules.holds == HoldRules(timedelta(minutes=30), ("ship_to.phone",), ("t",), ("f",), review_all=True)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"order_filters": [{"field": "sites", "match": ["x"]}]}, "Order has no 'sites': did you mean 'site'?"),
        ({"item_filters": [{"field": "site", "match": ["x"]}]}, "OrderLine has no 'site'"),
        ({"order_filters": [{"field": "site", "match": []}]}, "at least 1 item"),
        (
            {"order_filters": [{"field": "site", "match": ["x"]}, {"field": "site", "match": ["y"]}]},
            "one filter a field and rule, with all values in its `match`; several for 'site' (require)",
        ),
        ({"holds": {"required_fields": ["ship_to.fone"]}}, "Address has no 'fone': did you mean 'phone'?"),
        ({"holds": {"review_when": ["total >"]}}, "JMESPath"),
        ({"holds": {"window": "tomorrow"}}, "30s"),
    ],
    ids=str,
)
def test_what_would_never_work_is_a_mistake_when_it_is_written(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as mistakes:
        pipeline(**keys)
    assert words in str(mistakes.value)


def test_the_digest_of_the_rules_changes_with_what_skips_or_holds_orders_and_with_nothing_else() -> None:
    plain = judging_digest(pipeline())
    assert plain == judging_digest(pipeline(client="acme", services={"download": "1h"}))
    changes = (
        {"order_filters": [{"field": "site", "match": ["x"]}]},
        {"item_filters": [{"field": "sku", "match": ["x"]}]},
        {"holds": {"window": "5m"}},
        {"earliest_order_date": "2026-01-01T00:00:00Z"},
        {"ship_methods": {"unmapped": "pass"}},
    )
    assert len({plain, *(judging_digest(pipeline(**change)) for change in changes)}) == len(changes) + 1
