"""`crossdock mapping`: where fields come from, what rules leave out, and what would differ; nothing is written."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import SECRETS, Crossdock, Systems

RULES = """
[pipelines.main.fields]
notes = "join(' / ', [notes, site][?@])"
source = { from = "flag", default = "web" }

[pipelines.main.fields.custom_fields]
CustomField7 = { from = "ship_to.country", max_length = 5 }
"""


@pytest.fixture
def with_rules(finished: Systems, tmp_path: Path) -> "WithRules":
    return WithRules(finished, tmp_path)


class WithRules:
    """The finished systems beside a config of a test's own, which looks into the same database."""

    def __init__(self, systems: Systems, folder: Path) -> None:
        database = systems.crossdock.folder / "crossdock.db"
        config = (systems.crossdock.folder / "crossdock.toml").read_text()
        self.plain = config.replace("sqlite:///crossdock.db", f"sqlite:///{database}")
        self.folder, self.database = folder, database
        self.crossdock = Crossdock(folder, systems.crossdock.environment)

    def __call__(self, *arguments: str, rules: str = RULES) -> tuple[int, str]:
        (self.folder / "crossdock.toml").write_text(self.plain + rules)
        told = self.crossdock("mapping", *arguments)
        return told.returncode, told.stdout + told.stderr

    def as_json(self, *arguments: str, rules: str = RULES) -> Any:
        return json.loads(self(*arguments, "--json", rules=rules)[1])


def a_number(systems: Systems) -> str:
    return systems.released()[0]


def in_the_warehouse(systems: Systems, number: str) -> dict[str, Any]:
    """An order as the warehouse keeps it."""
    key = {"ApiKey": SECRETS["DEMO_WAREHOUSE_KEY"]}
    with httpx.Client() as client:
        asked = client.get(f"{systems.warehouse}/api/OrderApi/GetOrder", params={"orderNumber": number}, headers=key)
        return asked.raise_for_status().json()


def test_try_shows_what_differs_from_what_was_sent_and_changes_nothing(with_rules, finished):
    before = with_rules.database.read_bytes(), finished.released()
    code, told = with_rules("try", "--last", "50")
    assert code == 0, told
    assert "as sent" in told
    assert "custom_fields.CustomField7" in told
    (trial,) = with_rules.as_json("try")
    sent = [order for order in trial["orders"] if order["compared"]]
    assert {change["target"] for order in sent for change in order["changes"]} == {
        "notes",
        "source",
        "custom_fields.CustomField7",
    }
    assert trial["counts"]["different"] == len(sent) > 0
    assert (with_rules.database.read_bytes(), finished.released()) == before


def test_try_without_a_changed_rule_shows_nothing_that_differs(with_rules):
    code, told = with_rules("try", rules="")
    assert code == 0
    assert "0 different" in told
    assert "as sent" not in told


def test_try_says_which_orders_would_be_held_and_exits_with_one(with_rules):
    wrong = RULES.replace("max_length = 5", "max_length = 1") + 'Custom = "site"\n'
    code, told = with_rules("try", rules=wrong)
    assert code == 1
    assert "custom_fields.CustomField7 has 2 characters, and 1 fit" in told
    assert "custom_fields.Custom is no field of the warehouse's orders" in told


def test_try_compares_with_another_config(with_rules):
    (with_rules.folder / "old.toml").write_text(with_rules.plain + RULES.replace('"web"', '"shop"'))
    code, told = with_rules("try", "--before", "old.toml")
    assert code == 0
    assert "by the rules before" in told
    assert "shop" in told
    assert "CustomField7" not in told


def test_explain_says_where_each_value_comes_from(with_rules, finished):
    code, told = with_rules("explain", a_number(finished))
    assert code == 0, told
    assert "default, since `flag` gives nothing" in told
    assert "that of the distribution centre" in told
    (order,) = with_rules.as_json("explain", a_number(finished))
    fields = {one["target"]: one for one in order["fields"]}
    assert fields["custom_fields.CustomField7"]["because"] == "`ship_to.country`"
    assert fields["source"]["value"] == "web"


def test_explain_of_an_unknown_order_is_a_sentence(with_rules):
    code, told = with_rules("explain", "no-such-order")
    assert code == 2
    assert "has an order with the number or id 'no-such-order'" in told


def test_coverage_names_what_goes_nowhere(with_rules):
    code, told = with_rules("coverage")
    assert code == 0, told
    assert "rules that gave no order a value: none" in told
    assert "total.amount (in" in told
    (found,) = with_rules.as_json("coverage", rules=RULES.replace(', default = "web"', ""))
    assert found["silent"] == ["source"]
    assert found["pipeline"] == "main"
    assert "area" in found["without_rule"]


def test_a_pipeline_that_is_not_there_is_a_sentence(with_rules):
    code, told = with_rules("coverage", "--pipeline", "nain")
    assert code == 2
    assert "the config has no pipeline 'nain'; it has main" in told


def test_check_finds_a_field_that_the_warehouse_has_not(with_rules):
    (with_rules.folder / "crossdock.toml").write_text(with_rules.plain + RULES + 'po = "site"\nCustomField3 = "site"\n')
    told = with_rules.crossdock("check")
    assert told.returncode == 1
    assert "custom_fields.po is no field of the warehouse's orders" in told.stderr
    assert "  pipelines.main.fields.custom_fields.CustomField3\n" in told.stderr
    assert "CustomField3 is not free: by the settings of the connection it holds crossdock's own key" in told.stderr
    assert "CustomField7" not in told.stderr


def test_mapped_fields_reach_the_warehouse_and_preview_says_why(systems):
    config = systems.crossdock.folder / "crossdock.toml"
    config.write_text(config.read_text() + RULES)
    told = systems.crossdock("preview", "--limit", "50").stdout
    assert "  source: web  (default, since `flag` gives nothing)" in told
    assert '"CustomField7": "' in told
    systems.crossdock("run", "--once", "--quiet")
    document = in_the_warehouse(systems, a_number(systems))
    assert (document["Source"], document["CustomField7"]) == ("web", document["ShipTo"]["Country"])
    assert systems.crossdock("mapping", "try").stdout.count(", 0 different") == 1


def test_what_the_warehouse_takes_may_be_corrected_and_lets_go_what_it_held(systems):
    config = systems.crossdock.folder / "crossdock.toml"
    written = config.read_text() + RULES
    key = 'api_key = { env = "DEMO_WAREHOUSE_KEY" }\n'
    config.write_text(written.replace(key, key + "field_lengths = { CustomField7 = 1 }\n"))
    systems.crossdock("run", "--once", "--quiet")
    assert systems.released() == []
    config.write_text(written)
    systems.crossdock("run", "--once", "--quiet")
    assert systems.released()


def test_an_order_without_a_required_field_is_held_with_the_reason(systems):
    config = systems.crossdock.folder / "crossdock.toml"
    config.write_text(config.read_text() + RULES + 'CustomField8 = { from = "custom_fields.po", required = true }\n')
    systems.crossdock("run", "--once", "--quiet")
    assert systems.released() == []
    held = json.loads(systems.crossdock("orders", "list", "--state", "held", "--json").stdout)
    reason = "missing_field: custom_fields.CustomField8 has no value: `custom_fields.po` gives nothing"
    assert reason in {order["reason"] for order in held}
