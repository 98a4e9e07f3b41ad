"""Fields of the warehouse's orders, as the operator writes them."""

import pytest

from crossdock.config import load_config, survey_config
from crossdock.mapping import FieldRule, compiled
from crossdock.runtime.rules import rules_of

from .conftest import GOOD


def rules_in(write, text):
    config = load_config(write(GOOD + text))
    return rules_of("main", config.pipelines["main"]).fields.rules


def test_a_rule_is_an_expression_or_a_table(write):
    rules = rules_in(
        write,
        """
    [pipelines.main.fields]
    notes = "join(' / ', [notes, site])"
    source = { from = "profile", default = "web" }
    [pipelines.main.fields.custom_fields]
    CustomField7 = { from = "tags[0]", max_length = 30, too_long = "cut" }
    "po number" = { from = "custom_fields.po", required = true }
    """,
    )
    assert rules == (
        FieldRule("notes", compiled("join(' / ', [notes, site])")),
        FieldRule("source", compiled("profile"), default="web"),
        FieldRule("custom_fields.CustomField7", compiled("tags[0]"), max_length=30, cut=True),
        FieldRule("custom_fields.po number", compiled("custom_fields.po"), required=True),
    )


def test_without_the_table_there_are_no_rules(write):
    assert rules_in(write, "") == ()


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("\"join(', ', \"", "JMESPath expression"),
        ('"uper(site)"', "did you mean upper()?"),
        ('"shipto.phone"', "Order has no 'shipto': did you mean 'ship_to'?"),
        ('{ from = "site", max_length = 0 }', "greater than"),
        ('{ from = "site", max_length = 2, default = "web" }', "at most 2 characters"),
        ('{ default = "web" }', "missing"),
    ],
)
def test_a_wrong_rule_is_a_mistake_at_its_key(write, rule, allowed):
    _, mistakes = survey_config(write(GOOD + f"    [pipelines.main.fields]\n    notes = {rule}\n"))
    told = " ".join(map(str, mistakes))
    assert "pipelines.main.fields.notes" in told
    assert allowed in told, told
