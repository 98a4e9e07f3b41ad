"""`crossdock services`: paused through restarts, run by hand, and every state told with its reason."""

import json
from typing import Any

import pytest

from crossdock.runtime.services import service_named
from crossdock.store import hold_runner_lock


def services(systems: Any, *options: str) -> dict[str, dict[str, Any]]:
    told = systems.crossdock("services", "list", "--json", *options)
    return {one["service"]: one for one in json.loads(told.stdout)}


def test_a_paused_service_rests_through_restarts_and_what_waited_is_done_when_it_is_resumed(systems):
    paused = systems.crossdock("services", "pause", "release", "--reason", "stock count", "--by", "ada")
    assert paused.stdout == "release of pipeline main rests until `crossdock services resume`.\n"
    for _ in range(2):
        told = systems.crossdock("run", "--once", "--quiet")
        assert told.returncode == 0, "a pause is no failure"
        assert "paused by ada" in told.stdout
    assert systems.released() == []
    one = services(systems)["release"]
    assert (one["state"], one["next_run"], one["last_success"]) == ("paused", None, None)
    assert one["why"].startswith("paused by ada since ")
    assert one["why"].endswith(": stock count")

    by_hand = systems.crossdock("services", "run", "release")
    assert by_hand.returncode == 1
    assert "crossdock services resume release --pipeline main" in by_hand.stdout
    assert systems.crossdock("services", "resume", "order-release").stdout.endswith("runs by its interval again.\n")
    by_hand = systems.crossdock("services", "run", "release", "--by", "bob")
    assert by_hand.returncode == 0, by_hand.stdout
    assert systems.released() != []
    deeds = json.loads(systems.crossdock("audit", "list", "release", "--json").stdout)
    assert (deeds[0]["by"], deeds[0]["action"]) == ("bob", "run service")
    assert {"pause service", "resume service"} <= {one["action"] for one in deeds}


def test_everything_can_be_paused_and_resumed_at_once(systems):
    told = systems.crossdock("services", "pause", "--all", "--by", "ada")
    assert told.stdout.count("rests until") > 5
    systems.crossdock("run", "--once", "--quiet")
    assert json.loads(systems.crossdock("orders", "list", "--json").stdout) == []
    assert {one["state"] for one in services(systems).values()} <= {"paused", "cannot"}
    assert "was paused before" in systems.crossdock("services", "pause", "download").stdout
    assert systems.crossdock("services", "resume", "--all").stdout.count("runs by its interval") > 5
    assert systems.crossdock("services", "resume", "--all").stdout == "None of them was paused.\n"


def test_where_another_crossdock_runs_a_service_is_made_due_for_it(systems):
    with hold_runner_lock(f"sqlite:///{systems.crossdock.folder}/crossdock.db"):
        told = systems.crossdock("services", "run", "download")
    assert told.returncode == 0
    assert told.stdout == "download of pipeline main is due: the crossdock that runs does it within seconds.\n"
    assert services(systems)["download"]["next_run"] is not None


def test_what_is_asked_of_a_paused_service_is_noted_and_said_to_wait(systems):
    systems.crossdock("services", "pause", "fetch", "--by", "ada")
    with hold_runner_lock(f"sqlite:///{systems.crossdock.folder}/crossdock.db"):
        told = systems.crossdock("orders", "fetch", "555000001")
    assert told.returncode == 2
    assert "it is noted, but fetch of pipeline main is paused by ada" in told.stderr


def test_a_service_that_the_config_switches_off_is_run_by_hand_only(systems):
    config = systems.crossdock.folder / "crossdock.toml"
    config.write_text(config.read_text().replace('download = "5m"', 'download = "off"'))
    one = services(systems)["download"]
    assert (one["every"], one["state"], one["why"]) == ("off", "off", "switched off in the config")
    with hold_runner_lock(f"sqlite:///{systems.crossdock.folder}/crossdock.db"):
        told = systems.crossdock("services", "run", "download")
    assert (told.returncode, "off in the config" in told.stdout) == (1, True)
    assert systems.crossdock("services", "run", "download").returncode == 0
    assert json.loads(systems.crossdock("orders", "list", "--json").stdout) != []


def test_the_list_tells_what_ran_and_what_fails(finished):
    every = services(finished)
    assert every["download"]["title"] == "order download"
    assert every["download"]["every"] == "5m"
    assert every["download"]["last_success"]
    assert every["confirm"]["counts"]["done"] > 0
    told = finished.crossdock("services", "list")
    assert told.returncode == 0, told.stdout
    assert "shipment upload" in told.stdout
    assert " done" in finished.crossdock("runs", "list", "confirm").stdout


def test_a_connection_that_is_paused_and_a_pipeline_that_cannot_be_opened_are_told(systems):
    systems.crossdock("run", "--once", "--quiet", DEMO_WAREHOUSE_KEY="not-the-key-of-it")
    told = systems.crossdock("services", "list", "--json")
    assert told.returncode == 1
    one = services(systems)["release"]
    assert one["state"] == "waiting"
    assert one["why"].startswith("connection warehouse is paused")
    config = systems.crossdock.folder / "crossdock.toml"
    config.write_text(config.read_text().replace("[pipelines.main]\n", "[pipelines.main]\nenabled = false\n"))
    told_now = {(one["state"], one["why"]) for one in services(systems).values()}
    assert told_now == {("off", "the pipeline is not enabled")}


@pytest.mark.parametrize("words", [["pause"], ["resume"], ["run"], ["pause", "relese"], ["pause", "stock"]])
def test_what_is_meant_must_be_clear(finished, words):
    told = finished.crossdock("services", *words)
    assert told.returncode == 2
    assert "services" in told.stderr or "did you mean 'release'?" in told.stderr


@pytest.mark.parametrize("text", ["release", "Order release", "order-release", "order_release", "RELEASE"])
def test_a_service_goes_by_its_name_and_by_its_title(text):
    assert service_named(text) == "release"
