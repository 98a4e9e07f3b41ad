"""`crossdock problems`: by cause, one by one, and many at once."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime

import pytest

from crossdock.engine.problems import Code, Problem
from crossdock.store import open_store
from crossdock.store.audit import list_deeds

DATABASE = ("--database", "crossdock.db")
NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
RETRY = "`crossdock problems retry`."
CONFIG = """
[store]
url = "sqlite:///crossdock.db"

[connections.cart]
connector = "channeladvisor"

[connections.other]
connector = "channeladvisor"

[pipelines.acme]
client = "acme"
order_source = "cart"

[pipelines.bolt]
client = "bolt"
order_source = "other"
"""


def in_store(folder, work):
    async def run():
        async with open_store(f"sqlite:///{folder}/crossdock.db") as store:
            return await work(store)

    return asyncio.run(run())


@pytest.fixture
def troubled(crossdock):
    """A dozen boxes without a tracking number in two pipelines, two refusals of one cause, a paused connection."""

    async def trouble(store):
        for pipeline, boxes in (("acme", 10), ("bolt", 2)):
            lost = [Problem(Code.NO_TRACKING, f"N{box}/A", f"no number for N{box}") for box in range(boxes)]
            await store.report_problems(pipeline, lost, now=NOW)
        refused = [
            Problem(Code.PUBLISH_REFUSED, sku, f"{sku} is refused", action=RETRY, cause="# is long")
            for sku in ("A-1", "A-2")
        ]
        await store.report_problems("acme", refused, now=NOW)
        await store.report_problems("", [Problem(Code.CONNECTION_PAUSED, "cart", "cart is paused")], now=NOW)

    in_store(crossdock.folder, trouble)
    (crossdock.folder / "crossdock.toml").write_text(CONFIG)
    return crossdock


def rows(told):
    return json.loads(told.stdout)


def test_problems_of_one_cause_stand_on_one_line_with_what_to_do(troubled):
    told = troubled("problems", "list")
    assert told.returncode == 1
    assert "no number for N0 (and 11 more)" in told.stdout
    assert "crossdock problems retry --like 1" in told.stdout
    assert "acme, bolt" in told.stdout
    groups = {one["code"]: one for one in rows(troubled("problems", "list", "--json"))}
    assert {code: one["count"] for code, one in groups.items()} == {
        "no_tracking": 12,
        "publish_refused": 2,
        "connection_paused": 1,
    }
    assert groups["publish_refused"]["action"] == "`crossdock problems retry --like 13`."
    assert groups["connection_paused"]["then"][0] == "crossdock problems retry 15"


def test_they_are_listed_one_by_one_and_narrowed_down(troubled):
    def ids(*options):
        return [one["id"] for one in rows(troubled("problems", "list", "--each", "--json", *options))]

    assert len(ids()) == 15
    assert ids("--code", "publish_refused") == [14, 13]
    assert ids("--like", "13") == [14, 13]
    assert ids("--client", "bolt") == [12, 11]
    assert ids("--pipeline", "acme", "--limit", "3") == [15, 14, 13], "the cart's pause stops this pipeline, too"
    told = list(csv.DictReader(io.StringIO(troubled("problems", "list", "--each", "--csv").stdout)))
    assert {one["code"] for one in told} == {"no_tracking", "publish_refused", "connection_paused"}
    assert troubled("problems", "list", "--code", "no_such_thing").returncode == 2
    assert "not one of client 'bolt'" in troubled("problems", "list", "--pipeline", "acme", "--client", "bolt").stderr


def test_one_problem_says_how_it_ends_and_how_many_are_like_it(troubled):
    told = troubled("problems", "show", "3").stdout
    assert "when there is a tracking number" in told
    assert "12 in all: crossdock problems list --like 3" in told
    shown = rows(troubled("problems", "show", "15", "--json"))
    assert (shown["id"], shown["group"]["count"], shown["order"]) == (15, 1, "")


def test_many_are_resolved_at_once_and_a_person_is_asked_first(troubled):
    many = ("problems", "resolve", "--like", "1", "--note", "found them", "--by", "anna")
    assert troubled(*many).returncode == 1, "nobody said yes"
    assert len(rows(troubled("problems", "list", "--each", "--json"))) == 15
    told = troubled(*many, "--client", "bolt")
    assert (told.returncode, told.stdout.splitlines()) == (0, ["11, 12: resolved", "2 of 2 problems."])
    told = troubled(*many, "--yes")
    assert "1, 2, 3, 4, 5 and 5 more: resolved" in told.stdout
    assert [one["code"] for one in rows(troubled("problems", "list", "--json"))] == [
        "connection_paused",
        "publish_refused",
    ]
    deeds = in_store(troubled.folder, lambda store: store.read(list_deeds))
    assert {(one.by, one.action, one.note) for one in deeds} == {("anna", "resolve problem", "found them")}
    assert {one.subject for one in deeds} >= {"N0/A", "N9/A"}


def test_what_cannot_be_retried_is_said_one_by_one_and_the_rest_goes_on(troubled):
    told = troubled("problems", "retry", "15", "13", "4711")
    assert told.returncode == 1
    assert "15: connection cart is used again" in told.stdout
    assert "13: not done: problem 13 (A-1 is refused) stands for nothing" in told.stderr
    assert "4711: not done: there is no problem 4711" in told.stderr
    assert "1 of 3 problems." in told.stdout
    assert troubled("problems", "retry", "13", "14").returncode == 2
    assert troubled("problems", "retry", "13", "--code", "publish_refused").returncode == 2


def test_what_is_ignored_can_be_opened_again(troubled):
    assert troubled("problems", "resolve", "13", "--ignore", "--note", "a test").returncode == 0
    again = troubled("problems", "resolve", "13", "--ignore", "--note", "a test")
    assert (again.returncode, "is ignored already: a test" in again.stderr) == (2, True)
    assert "crossdock problems reopen 13" in troubled("problems", "show", "13").stdout
    assert troubled("problems", "reopen", "13", "--note", "it is none").returncode == 0
    told = troubled("problems", "reopen", "13")
    assert (told.returncode, "problem 13 is open" in told.stderr) == (2, True)
    assert 13 in [one["id"] for one in rows(troubled("problems", "list", "--each", "--json"))]


def test_a_second_problem_of_the_same_is_not_opened_beside_the_first(troubled):
    troubled("problems", "resolve", "13", "--note", "settled")
    same = Problem(Code.PUBLISH_REFUSED, "A-1", "A-1 is refused again")
    in_store(troubled.folder, lambda store: store.report_problems("acme", [same], now=NOW))
    told = troubled("problems", "reopen", "13")
    assert (told.returncode, "is open, or ignored" in told.stderr) == (2, True), told.stderr


def test_the_problems_of_one_order_are_found_by_its_number(copied):
    found = rows(copied("problems", "list", "--order", "odd-missing_address", "--json", *DATABASE))
    assert [one["code"] for one in found] == ["unshippable_order"]
