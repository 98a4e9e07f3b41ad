"""Labels under a bad network and dying runners, with people in both systems: paid once, told once, or named."""

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from world import open_world
from world.label_ends import buys, seller_of
from world.label_rules import broken, unsettled
from world.label_steps import COMMAND, STEPS, follow, network_calms, shows_after
from world.label_trade import LabelTrade
from world.reading import data
from world.script import Step, counted, drawn, shortened, told

CART = {"rate_per_minute": 0, "duplicate_rows": True, "shuffled_rows": True}
SHORT, LONG = 25, 70
ROUNDS, AWHILE = 5, timedelta(hours=2)
FAR_BACK = 10 * 86_400


@dataclass(frozen=True)
class Way:
    """A shipping system that sells labels, and what is particular about it."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    connection: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)


KARRIO = Way("karrio", connection={"overlap": FAR_BACK})
EASYPOST = Way("easypost", connection={"overlap": FAR_BACK, "search_keeps": 1})
SHIPSTATION = Way("shipstation", connection={"overlap": FAR_BACK})
WAYS = (
    KARRIO,
    EASYPOST,
    SHIPSTATION,
    Way("karrio", connection=KARRIO.connection, labels={"most": "5.00 USD"}),
    Way("easypost", {"late_purchases": 2, "late_drafts": 1}, EASYPOST.connection),
    Way("shipstation", {"voids": False}, SHIPSTATION.connection),
)


@pytest.fixture(autouse=True)
def _calls_are_repeated_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.transport.retry.FIRST_SECONDS", 0.01)


def test_twenty_five_steps_of_labels(tmp_path: Path, migrated_sqlite: Path) -> None:
    play(tmp_path, migrated_sqlite, seed=random.randrange(2**32), length=SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_two_thousand_steps_of_labels(tmp_path: Path, migrated_sqlite: Path, seed: int) -> None:
    play(tmp_path, migrated_sqlite, seed=seed, length=LONG)


def play(folder: Path, books: Path, *, seed: int, length: int) -> None:
    """Play the script of a seed; one that fails is made as short as it will go before it is told."""
    way = WAYS[seed % len(WAYS)]
    script = drawn(STEPS, seed, length)
    print(f"seed {seed}: {way} {dict(counted(script))}")

    def failure_of(some: Sequence[Step]) -> str:
        with open_trade(folder, books, way) as trade:
            return _failure(trade, some)

    if failure := failure_of(script):
        shortest, why = shortened(failure_of, script, failure)
        pytest.fail(f"seed {seed}, {len(script)} steps, after {len(shortest)} of them:\n{why}", pytrace=False)


def _failure(trade: LabelTrade, script: Sequence[Step]) -> str:
    """What went wrong when the script was played, with all that happened before; empty if nothing."""
    for step in script:
        trade.take(step, STEPS)
        if wrong := broken(trade):
            return told(trade.happened, wrong)
    return told(trade.happened, wrong) if (wrong := [*settle(trade), *unsettled(trade)]) else ""


def settle(trade: LabelTrade) -> list[str]:
    """No more faults, nothing shows late: people pack all and do what problems say. Says what was broken on the way."""
    network_calms(trade, random.Random(0))
    shows_after(trade, 0)
    wrong = []
    for _ in range(ROUNDS):
        trade.run()
        trade.world.warehouse.works(without_tracking=1.0)
        for one in data(trade.world, "problems", "list", "--each"):
            if COMMAND.search(one["action"]):
                trade.happened.append(f"followed: {(words := follow(trade, one['action']))}")
                wrong += [f"{one['code']} names a label that nobody knows: {words}"] * ("no label is known" in words)
        trade.later += AWHILE
        wrong += broken(trade)
    trade.run()
    return [*wrong, *broken(trade)]


_FOLDERS = count(1)


@contextmanager
def open_trade(folder: Path, books: Path, way: Way) -> Iterator[LabelTrade]:
    """A cart and a warehouse whose boxes get their labels in one of the `WAYS`."""
    (home := folder / f"labels-{next(_FOLDERS)}").mkdir()
    shutil.copy(books, home / "crossdock.db")
    with ExitStack() as stack:
        world = stack.enter_context(open_world(home, cart=CART))
        seller = stack.enter_context(seller_of(world, way.kind, **way.options))
        world.connections["cart"]["retries"] = 1
        world.connections["seller"].update(way.connection)
        buys(world, **way.labels)
        world.pipeline["tracking"] = {"wait": "6h", "look_again": "5m"}
        yield LabelTrade(world, seller)
