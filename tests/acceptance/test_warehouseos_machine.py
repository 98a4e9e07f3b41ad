"""A warehouse with stock under a bad network and dying runners: no unit is lost or invented between it and the cart."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from world import World, open_world
from world.floor_operator import everything_goes_on, minds_what_is_given_up
from world.floor_rules import broken, unsettled
from world.floor_steps import STEPS
from world.floor_trade import GOODS, FloorTrade
from world.floor_ways import LATER_UNSOLD, MOVED, UNSOLD, WAYS, Way
from world.listener import free_place, listening
from world.sales import BUNDLES, SET
from world.script import Step, counted, drawn, shortened, told
from world.settings import secret, write_secrets
from world.stock_books import decide_on_stock

from crossdock.engine.movement_ports import WaitingMovement
from crossdock.engine.netting import effect
from crossdock.mapping import Areas

CART = {"rate_per_minute": 0, "page_size": 20, "duplicate_rows": True, "shuffled_rows": True}
GLANCE, SHORT, LONG = 40, 60, 120
ROUNDS = 6
BUNDLES_FILE = "bundle,component,quantity\n" + "".join(f"{SET},{part.sku},{part.quantity}\n" for part in BUNDLES[SET])
CALLED, SIGNED = "a-part-of-the-address", "a-key-for-signatures"


def test_forty_steps_of_a_busy_floor(tmp_path: Path) -> None:
    play(tmp_path, seed=random.randrange(2**32), length=GLANCE)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_nearly_three_thousand_steps(tmp_path: Path, seed: int) -> None:
    play(tmp_path, seed=seed, length=LONG)


@pytest.mark.slow
def test_broken_rule_is_caught_and_told_in_few_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_of_it(moved: WaitingMovement, areas: Areas) -> Mapping[str, int]:
        return effect(replace(moved, of_its_order=False), areas)

    monkeypatch.setattr("crossdock.engine.netting.effect", all_of_it)

    with pytest.raises(pytest.fail.Exception, match="the cart was told of") as failed:
        play(tmp_path, seed=0, length=SHORT)

    print(failed.value)
    assert len(str(failed.value).splitlines()) < SHORT / 2


@pytest.mark.slow
def test_service_that_runs_in_spite_of_a_pause_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.store.leases._refuse_paused", lambda *one: None)

    with pytest.raises(pytest.fail.Exception, match="is paused and went on") as failed:
        play(tmp_path, seed=1, length=SHORT)

    print(failed.value)
    assert len(str(failed.value).splitlines()) < SHORT / 2


def play(folder: Path, *, seed: int, length: int) -> None:
    """Play the script of a seed; one that fails is made as short as it will go before it is told."""
    script, way = drawn(STEPS, seed, length), WAYS[seed % len(WAYS)]
    print(f"seed {seed}: {way.name} {dict(counted(script))}")
    if failure := failure_of(folder, script, way):
        shortest, words = shortened(lambda rest: failure_of(folder, rest, way), script, failure)
        pytest.fail(f"seed {seed}, {len(script)} steps, after {len(shortest)} of them:\n{words}", pytrace=False)


def failure_of(folder: Path, script: Sequence[Step], way: Way) -> str:
    """What went wrong when the script was played in a new world, with all that happened before; empty if nothing."""
    with open_floor(folder, way) as trade:
        for step in script:
            trade.take(step, STEPS)
            if wrong := broken(trade):
                return told(trade.happened, wrong)
        settle(trade)
        return told(trade.happened, wrong) if (wrong := [*broken(trade), *unsettled(trade)]) else ""


def settle(trade: FloorTrade) -> None:
    """No more faults, goods for everybody, every area mapped: people work until nothing is left to do."""
    world = trade.world
    for end in (world.cart, world.warehouse):
        end.faults()
    everything_goes_on(trade)
    world.pipeline["unsold_areas"] = [*UNSOLD, LATER_UNSOLD]
    for place in ("EAST", "BULK", "WEST"):
        for sku in GOODS:
            trade.floor(act="put", item=sku, quantity=300, place=place)
    for _ in range(ROUNDS):
        trade.run()
        for number, order in world.warehouse.orders().items():
            if order["status"] == "Hold":
                trade.floor(act="release", order=number)
        trade.shift()
        decide_on_stock(world, trade.arrived)
        minds_what_is_given_up(trade)
        trade.later += timedelta(hours=2)
    trade.run()


_FOLDERS = count(1)


@contextmanager
def open_floor(folder: Path, way: Way) -> Iterator[FloorTrade]:
    """A cart that sells from a warehouse, set up in one of the `WAYS`."""
    (home := folder / f"floor-{next(_FOLDERS)}").mkdir()
    calls: dict[str, object] = {}
    listen_at = free_place()
    if way.pushes:
        url = f"http://{listen_at}/webhooks/warehouse/{CALLED}"
        calls = {"push": {"url": url, "triggers": ["box_closed", "pick_reset", *MOVED], "secret": SIGNED}}
    with ExitStack() as stack:
        world = stack.enter_context(open_world(home, cart=CART, warehouse={**way.options(), **calls}))
        write_secrets(home, called=CALLED, signed=SIGNED)
        set_up(world, way)
        if way.pushes:
            world.connections["warehouse"]["push"] = {"secret": secret("signed")}
            world.settings["webhooks"] = {"listen": listen_at, "secret": secret("called")}
            stack.enter_context(listening(world.config(), listen_at))
        trade = FloorTrade(world, way)
        trade.run()
        yield trade


def set_up(world: World, way: Way) -> None:
    """Have the cart sell what lies in two centres of the warehouse."""
    world.connections["cart"].update({"retries": 1, **way.cart})
    world.connections["warehouse"].update(way.warehouse)
    world.pipeline.update({"inventory_source": "warehouse", "inventory_sink": "cart", **way.pipeline})
    (world.folder / "bundles.csv").write_text(BUNDLES_FILE)
    world.pipeline["distribution_centers"]["1"]["stock_areas"] = ["EAST", "BU*"]
    world.pipeline["unsold_areas"] = list(UNSOLD)
    world.pipeline["services"].update({"sweep": "10m", "amend": "1m", "stock": "1m", "reconcile": "off"})
