"""Services as stories: each with its own interval and switch, paused and resumed by people, and what the list says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from world import Line, World
from world.reading import data, order_now, read
from world.running import running, until

WorldMaker = Callable[..., World]
PAUSE = ("services", "pause", "release", "--reason", "stock count until noon", "--by", "ada")


def services(world: World, *options: str) -> dict[str, dict[str, Any]]:
    """What `crossdock services list` says of each service."""
    return {one["service"]: one for one in data(world, "services", "list", *options)}


def test_each_service_has_its_own_interval_and_switch(world: World) -> None:
    world.pipeline["services"] |= {"download": "5m", "confirm": "0 6 * * *", "acknowledge": "off"}
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.run()

    listed = services(world)
    assert {name: listed[name]["every"] for name in ("download", "release", "confirm", "acknowledge")} == {
        "download": "5m",
        "release": "1m",
        "confirm": "0 6 * * *",
        "acknowledge": "off",
    }
    assert (listed["acknowledge"]["state"], listed["acknowledge"]["why"]) == ("off", "switched off in the config")
    assert listed["download"]["title"] == "order download"
    assert listed["download"]["counts"]["ready"] == 1
    assert "A-1" in world.warehouse.orders()
    assert world.cart.exports(order) == 0, "what is off does nothing"
    assert "1 pages, 1 orders seen, 1 ready" in read(world, "services", "list")
    assert "acknowledge of pipeline main: 1 done." in read(world, "services", "run", "acknowledge")
    assert world.cart.exports(order) == 1, "by hand it can be run all the same"


def test_paused_release_keeps_orders_here_and_holds_nothing_back_elsewhere(world: World, new_world: WorldMaker) -> None:
    other = new_world("second shop").cart
    world.connections["second_cart"] = {**world.connections["cart"], "base_url": other.url}
    world.settings["pipelines"]["second"] = {**world.pipeline, "order_source": "second_cart"}
    before = world.cart.sells("A-1", Line("SKU-0001"))
    world.run_all()
    assert read(world, *PAUSE, "--pipeline", "main") == (
        "release of pipeline main rests until `crossdock services resume`."
    )

    world.cart.sells("A-2", Line("SKU-0002"))
    other.sells("B-1", Line("SKU-0003"))
    world.warehouse.works()
    world.run_all()
    world.run_all()

    assert world.warehouse.orders().keys() == {"A-1", "B-1"}, "the other pipeline releases as ever"
    assert len(world.cart.ships(before)) == 1, "what was packed is told as ever"
    assert order_now(world, "A-2")["state"] == "ready", "and new orders come in as ever"
    one = services(world, "--pipeline", "main")["release"]
    assert (one["state"], one["next_run"]) == ("paused", None)
    assert one["why"].startswith("paused by ada since ")
    assert one["why"].endswith(": stock count until noon")
    refused = world.says("services", "run", "release", "--pipeline", "main")
    assert (refused.code, "`crossdock services resume release --pipeline main` lets it run" in refused.out) == (1, True)
    assert "was paused before; it stays as it was" in read(world, *PAUSE, "--pipeline", "main")

    read(world, "services", "resume", "release", "--pipeline", "main", "--by", "bob")
    world.run_all()

    assert world.warehouse.orders().keys() == {"A-1", "A-2", "B-1"}
    deeds = [(deed["by"], deed["action"], deed["note"]) for deed in data(world, "audit", "list", "release")]
    assert deeds == [("bob", "resume service", ""), ("ada", "pause service", "stock count until noon")]


def test_crossdock_that_runs_is_paused_resumed_and_hurried_by_commands(world: World) -> None:
    world.pipeline["services"] |= {"download": "1h", "release": "1h"}
    with running(world):
        until(lambda: bool(services(world)["download"]["last_success"]))
        next_run = datetime.fromisoformat(services(world)["download"]["next_run"])
        assert timedelta(minutes=55) < next_run - datetime.now(UTC) <= timedelta(hours=1)
        read(world, *PAUSE)
        world.cart.sells("A-1", Line("SKU-0001"))

        hurried = read(world, "services", "run", "download")

        assert hurried == "download of pipeline main is due: the crossdock that runs does it within seconds."
        until(lambda: [one["number"] for one in data(world, "orders", "list")] == ["A-1"])
        assert world.warehouse.orders() == {}
        assert services(world)["release"]["state"] == "paused"
        read(world, "services", "resume", "order release")
        until(lambda: "A-1" in world.warehouse.orders())


def test_list_says_what_fails_since_when_it_went_well_and_when_it_is_tried_again(world: World) -> None:
    world.run()
    well = services(world)["collect"]["last_success"]
    assert world.says("services", "list").code == 0
    world.warehouse.faults(error_503=1.0, only_paths="HostQueueApi")
    world.run()
    world.run()

    told = world.says("services", "list")
    one = services(world)["collect"]
    assert (told.code, one["last_success"]) == (1, well), "a monitor hears of it by the exit code"
    assert (one["fails"], "503" in one["last_error"]) == (2, True)
    assert "2 failures in a row: " in " ".join(told.out.split())
    assert one["next_run"] is not None

    world.warehouse.faults()
    world.run()

    one = services(world)["collect"]
    assert (one["fails"], one["last_error"], one["last_success"] > well) == (0, "", True)
    assert world.says("services", "list").code == 0
    runs = data(world, "runs", "list", "collect")
    assert any("503" in run["error"] for run in runs)


def test_slip_of_a_tired_operator_pauses_nothing_and_says_what_to_do(world: World) -> None:
    world.connections["second_cart"] = dict(world.connections["cart"])
    world.settings["pipelines"]["second"] = {**world.pipeline, "order_source": "second_cart"}
    slips = {
        ("pause", "relase"): "did you mean 'release'?",
        ("pause",): "say --all; `crossdock services list` shows them",
        ("pause", "release"): "say which with --pipeline or --client, or all of them with --all",
        ("pause", "release", "--pipeline", "mian"): "no pipeline 'mian'; it has main, second",
        ("run", "stock", "--pipeline", "main"): "no pipeline that is meant has the service stock",
        ("resume", "release", "--client", "acme"): "acme",
    }
    for command, words in slips.items():
        told = world.says("services", *command)
        assert (told.code, words in " ".join(told.err.split())) == (2, True), f"{command}: {told}"
    assert "paused" not in {one["state"] for one in data(world, "services", "list")}
    assert read(world, "services", "pause", "release", "--all").count("rests until") == 2
    assert read(world, "services", "resume", "--all").count("runs by its interval again") == 2
