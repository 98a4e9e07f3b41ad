"""A trade under a bad network and dying runners: nothing is lost, nothing doubled, and units are conserved."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from world import World, open_world
from world.conservation import broken, unsettled
from world.decided import STANDARD
from world.operator_steps import everything_goes_on
from world.script import Step, counted, drawn, shortened, told
from world.settings import GROUND
from world.trade import OURS, STEPS, THEIRS, Trade

from crossdock.engine.settle_stock import Happened

CART = {
    "profiles": [OURS, THEIRS],
    "marketplace_answers": "by_hand",
    "rate_per_minute": 0,
    "page_size": 20,
    "duplicate_rows": True,
    "shuffled_rows": True,
}
WAREHOUSE = {"redeliver": 0.1, "shuffle": True}
WAYS: Sequence[Mapping[str, str]] = (
    {"retrieval": "not_exported", "claim": "export_mark"},
    {"retrieval": "updated", "claim": "export_mark"},
    {"retrieval": "not_exported", "claim": "fulfillment"},
)
"""The ways in which orders can be listed and marked."""
GLANCE, SHORT, LONG = 40, 60, 100
ROUNDS = 8


def test_forty_steps_of_a_bad_day(tmp_path: Path) -> None:
    play(tmp_path, seed=random.randrange(2**32), length=GLANCE)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_two_thousand_steps(tmp_path: Path, seed: int) -> None:
    play(tmp_path, seed=seed, length=LONG)


@pytest.mark.slow
def test_broken_rule_is_caught_and_told_in_few_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.engine.flows.stock.happened", lambda *readings: Happened.NO)

    with pytest.raises(pytest.fail.Exception, match="came 2 times and was asked for 1 times") as failed:
        play(tmp_path, seed=50, length=SHORT)

    print(failed.value)
    assert len(str(failed.value).splitlines()) < SHORT / 2


@pytest.mark.slow
def test_held_order_that_leaves_is_caught_and_told_in_few_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossdock.engine.release_plan.hold_of", lambda *asked: None)

    with pytest.raises(pytest.fail.Exception, match="left although") as failed:
        play(tmp_path, seed=48, length=SHORT)

    print(failed.value)
    assert len(str(failed.value).splitlines()) < SHORT / 2


def play(folder: Path, *, seed: int, length: int) -> None:
    """Play the script of a seed; one that fails is made as short as it will go before it is told."""
    script, way = drawn(STEPS, seed, length), WAYS[seed % len(WAYS)]
    print(f"seed {seed}: {way} {dict(counted(script))}")
    if failure := failure_of(folder, script, way):
        shortest, words = shortened(lambda rest: failure_of(folder, rest, way), script, failure)
        pytest.fail(f"seed {seed}, {len(script)} steps, after {len(shortest)} of them:\n{words}", pytrace=False)


def failure_of(folder: Path, script: Sequence[Step], way: Mapping[str, str]) -> str:
    """What went wrong when the script was played in a new world, with all that happened before; empty if nothing."""
    with open_trade(folder, way) as trade:
        for step in script:
            trade.take(step)
            if wrong := broken(trade):
                return told(trade.happened, wrong)
        stuck = settle(trade)
        return told(trade.happened, wrong) if (wrong := [*stuck, *unsettled(trade)]) else ""


def settle(trade: Trade) -> list[str]:
    """No more faults: the operator lets everything go on (what he cannot is said), the warehouse packs everything, the
    marketplaces answer, and the runner has time enough.
    """
    for end in (trade.world.cart, trade.world.warehouse):
        end.faults()
    trade.run()
    stuck = everything_goes_on(trade)
    trade.world.cart.ask("/_pay", {})
    for _ in range(ROUNDS):
        trade.run()
        trade.world.warehouse.works()
        trade.world.cart.answers("accept")
        trade.later += timedelta(hours=13)  # the longest that a marketplace is left alone
    trade.run()
    return stuck


_FOLDERS = count(1)


@contextmanager
def open_trade(folder: Path, way: Mapping[str, str]) -> Iterator[Trade]:
    """A shop that is told of orders, stock and products in one of the `WAYS`, and the account that products are edited
    in.
    """
    with ExitStack() as stack:

        def opened(name: str, **options: object) -> World:
            (place := folder / f"{name}-{next(_FOLDERS)}").mkdir()
            return stack.enter_context(open_world(place, **options))  # type: ignore[arg-type]

        record = opened("record", seed=2, cart={"rate_per_minute": 0})
        world = opened("shop", cart=CART, warehouse=WAREHOUSE)
        world.connections["cart"] |= {"profile_ids": [OURS], "retries": 1, **way}
        world.connections["record"] = record.connections["cart"]
        world.pipeline["inventory_sink"] = "cart"
        world.pipeline["services"]["sweep"] = "10m"
        world.pipeline["ship_methods"]["inbound"] = [{"service": STANDARD, "to": GROUND}]
        world.settings["pipelines"]["goods"] = {"catalog_source": "record", "catalog_sink": "cart"}
        trade = Trade(world, record)
        trade.run()
        yield trade
