"""`crossdock test-mappings`: laws over the rules of a config, without a network, a database or a secret."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Crossdock

CONFIG = """
[connections.cart]
connector = "channeladvisor"
application_id = "an-application"
shared_secret = { env = "NOWHERE_1" }
refresh_token = { env = "NOWHERE_2" }

[connections.warehouse]
connector = "warehouseos"
base_url = "https://tenant.example"
api_key = { env = "NOWHERE_3" }

[pipelines.main]
client = "Acme"
order_source = "cart"
fulfillment_target = "warehouse"

[pipelines.main.ship_methods]
inbound = [
    { site = "640", service = "Next Day", to = { carrier = "UPS", service = "Next Day Air" } },
    { service = "Standard*", to = { carrier = "UPS", service = "Ground" } },
]
outbound = [
    { carrier = "UPS", service = "Ground", to = { carrier = "UPS", service = "GROUND" } },
]
"""
MENDED = CONFIG.replace('service = "Ground", to', 'service = "*", to')
ROUND_TRIP = "mapping.ship_methods.round_trip"


@pytest.fixture
def tested(crossdock: Crossdock) -> "Tried":
    return Tried(crossdock)


class Tried:
    """Runs the command in a folder with a config of its own; little is drawn, to be quick."""

    def __init__(self, crossdock: Crossdock) -> None:
        self.crossdock, self.examples = crossdock, crossdock.folder / "crossdock.examples"

    def __call__(self, *arguments: str, config: str = CONFIG) -> tuple[int, str]:
        (self.crossdock.folder / "crossdock.toml").write_text(config)
        told = self.crossdock("test-mappings", "--drawn", "3", *arguments)
        return told.returncode, told.stdout + told.stderr

    def as_json(self, *arguments: str, config: str = CONFIG) -> Any:
        return json.loads(self(*arguments, "--json", config=config)[1])

    def keep(self, name: str, **example: Any) -> Path:
        self.examples.mkdir(exist_ok=True)
        file = self.examples / name
        file.write_text(json.dumps(example))
        return file


def test_what_is_broken_is_told_as_the_operator_would_say_it(tested):
    code, told = tested("--law", "ship_methods")
    assert code == 1
    words = " ".join(told.split())
    assert f"main {ROUND_TRIP} broken inbound site '640' / service 'Next Day'" in words
    assert "goes to the warehouse as 'UPS / Next Day Air', and ship_methods.outbound has no name" in words
    assert "Add a rule for carrier 'UPS' and service 'Next Day Air'" in words


def test_rules_without_a_slip_hold_and_no_secret_is_needed(tested):
    code, told = tested(config=MENDED)
    assert (code, " 0 broken" in told) == (0, True), told


def test_a_counterexample_is_kept_once_and_tried_first_from_then_on(tested):
    for _ in range(2):
        assert tested("--save", "--law", "ship_methods")[0] == 1
    [kept] = tested.examples.iterdir()
    assert kept.name.startswith("main-ship_methods.round_trip-")
    assert json.loads(kept.read_text()) == {
        "pipeline": "main",
        "kind": "way",
        "law": ROUND_TRIP,
        "given": {"direction": "inbound", "service": "Next Day", "site": "640"},
    }
    assert tested("--law", "ship_methods", config=MENDED)[0] == 0


def test_an_example_may_say_what_must_come_out(tested):
    given = {"direction": "inbound", "service": "Next Day", "site": "640"}
    tested.keep("next-day.json", pipeline="main", kind="way", given=given, expect={"to": "UPS / Ground"})
    [row] = tested.as_json("--law", "examples")
    assert not row["holds"]
    assert row["found"].endswith("to: expected 'UPS / Ground', got 'UPS / Next Day Air'")


def test_who_would_notice_is_told_for_each_rule_and_an_example_makes_it_somebody(tested):
    rows = tested.as_json("--rules", "--law", "areas", config=MENDED)
    by = {(row["rule"], row["change"]): row for row in rows}
    lost = by["ship_methods.inbound 1", "taken out"]
    assert (lost["noticed_by"], lost["reached"] > 0) == ("mapping.ship_methods.named", True)
    renamed = by["ship_methods.outbound 1", "another target"]
    assert (renamed["noticed_by"], renamed["pin"]) == ("", "outbound carrier 'UPS'")

    assert tested("--pin", "--law", "areas", config=MENDED)[0] == 0
    again = tested.as_json("--rules", "--law", "areas", config=MENDED)
    assert {row["noticed_by"] for row in again} >= {"mapping.examples.expected"}
    assert [row for row in again if row["pin"]] == []
    code, told = tested("--law", "examples", config=MENDED.replace('"GROUND"', '"2DAY"'))
    assert (code, "expected 'UPS / GROUND', got 'UPS / 2DAY'" in " ".join(told.split())) == (1, True)


def test_a_law_may_be_broken_for_a_reason_and_for_nothing_else(tested):
    tested.examples.mkdir()
    known = tested.examples / "known.toml"
    known.write_text(f'[main]\n"{ROUND_TRIP}" = "the warehouse always names the carrier"\n')
    code, told = tested("--law", "round_trip")
    assert (code, "known" in told) == (0, True)
    assert tested("--law", "round_trip", config=MENDED)[0] == 1
    known.write_text(f'[main]\n"{ROUND_TRIP}" = " "\n"mapping.ship_methods.hold" = "why"\n')
    code, told = tested()
    assert code == 2
    assert "it has no reason" in told
    assert "there is no such law" in told
    assert "mapping.ship_methods.held" in told


def test_every_mistake_in_an_example_is_named(tested):
    tested.keep("a.json", pipeline="other", kind="way", given={})
    tested.keep("b.json", pipeline="main", kind="word", given={})
    tested.keep("c.json", pipeline="main", kind="way", given={"direction": "sideways"})
    tested.keep("d.json", kind="way")
    (tested.examples / "e.json").write_text("{")
    code, told = tested()
    assert code == 2
    for words in ("no pipeline 'other'", "no kind 'word'", "validation error", "it has no 'pipeline'", "Expecting"):
        assert words in told
    assert tested(config=CONFIG.replace('"main"', '"main"').replace("inbound = [", "inbund = ["))[0] == 2


def test_it_can_be_narrowed_and_had_as_csv(tested):
    code, told = tested("--law", "areas.answer", "--csv", "--client", "Acme", "--pipeline", "main")
    assert code == 0
    assert told.splitlines()[0] == "pipeline,law,holds,sentence,counterexample,found,known,saved"
    assert told.splitlines()[1].startswith("main,mapping.areas.answer,true,")
    assert tested("--pipeline", "other")[0] == 2


def test_the_page_needs_nothing_else_and_hides_nothing(tested):
    code, _ = tested("--report", "laws.html", "--law", "ship_methods", config=CONFIG.replace('"Standard*"', '"<b>*"'))
    page = (tested.crossdock.folder / "laws.html").read_text()
    assert code == 1
    assert ROUND_TRIP in page
    assert "&lt;b&gt;" in page
    assert "<b>*" not in page
    assert "nobody" in page
    assert page.count("http") == page.count("http-equiv")


def test_without_the_extra_it_says_what_to_install(tested, monkeypatch):
    for module in [name for name in sys.modules if name.startswith("crossdock.testing.mapping")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert tested() == (2, "the laws need the extra `testing`: pip install 'crossdock[testing]'\n")
