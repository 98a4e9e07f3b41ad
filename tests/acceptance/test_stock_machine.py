"""Stock under a bad network and dying runners, with people on both sides: in the end both ends agree unit by unit."""

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from world import World, open_world
from world.floor_trade import GOODS
from world.floor_ways import LATER_UNSOLD, STOCK, UNSOLD
from world.sales import BUNDLES, SET
from world.script import Step, Steps, counted, drawn, shortened, told
from world.settings import write_secrets
from world.stock_books import decide_on_stock
from world.stock_rules import agreement, broken, unsettled
from world.stock_steps import OF_LEVELS, STEPS, everything_is_told, report_of, says, words
from world.stock_trade import StockTrade
from world.stock_ways import ADJUST, CENTER_OF, NOT_SOLD, SET_WAYS, StockWay

CART = {"rate_per_minute": 0, "duplicate_rows": True, "shuffled_rows": True}
SHORT, LONG = 25, 90
ROUNDS, AWHILE = 5, timedelta(hours=2)
BUNDLES_FILE = "bundle,component,quantity\n" + "".join(f"{SET},{part.sku},{part.quantity}\n" for part in BUNDLES[SET])


@pytest.mark.parametrize("ways", [ADJUST, SET_WAYS], ids=["differences", "levels"])
def test_twenty_five_steps_of_stock(tmp_path: Path, migrated_sqlite: Path, ways: Sequence[StockWay]) -> None:
    play(tmp_path, migrated_sqlite, ways, seed=random.randrange(2**32), length=SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(14))
def test_more_than_a_thousand_steps_of_differences(tmp_path: Path, migrated_sqlite: Path, seed: int) -> None:
    play(tmp_path, migrated_sqlite, ADJUST, seed=seed, length=LONG)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(18))
def test_more_than_a_thousand_steps_of_levels(tmp_path: Path, migrated_sqlite: Path, seed: int) -> None:
    play(tmp_path, migrated_sqlite, SET_WAYS, seed=seed, length=LONG)


def play(folder: Path, books: Path, ways: Sequence[StockWay], *, seed: int, length: int) -> None:
    """Play the script of a seed; one that fails is made as short as it will go before it is told."""
    way = ways[seed % len(ways)]
    steps = OF_LEVELS if way.sets else STEPS
    script = drawn(steps, seed, length)
    print(f"seed {seed}: {way.name} {dict(counted(script))}")

    def failure_of(some: Sequence[Step]) -> str:
        with open_stock(folder, books, way) as trade:
            return _failure(trade, some, steps)

    if failure := failure_of(script):
        shortest, why = shortened(failure_of, script, failure)
        pytest.fail(f"seed {seed}, {len(script)} steps, after {len(shortest)} of them:\n{why}", pytrace=False)


def _failure(trade: StockTrade, script: Sequence[Step], steps: Steps) -> str:
    """What went wrong when the script was played, with all that happened before; empty if nothing."""
    for step in script:
        trade.take(step, steps)
        if wrong := broken(trade):
            return told(trade.happened, wrong)
    if wrong := [*settle(trade), *unsettled(trade)]:
        return told(trade.happened, wrong)
    correct(trade)
    return told(trade.happened, wrong) if (wrong := [*broken(trade), *agreement(trade, corrected=True)]) else ""


def settle(trade: StockTrade) -> list[str]:
    """No more faults, goods for everybody, every area mapped: people work until nothing is left to do. Says what was
    broken on the way.
    """
    world = trade.world
    for end in (world.cart, world.warehouse):
        end.faults()
    world.warehouse.ask("/_levels", {"show": "now"})
    trade.old = None
    trade.happened.append(words(says(trade, "services", "resume", "--all")))
    world.pipeline["unsold_areas"] = [*UNSOLD, LATER_UNSOLD]
    for place in ("EAST", "BULK", "WEST"):
        for sku in GOODS:
            trade.floor(act="put", item=sku, quantity=200, place=place)
    wrong = []
    for _ in range(ROUNDS):
        wrong += _go_on(trade)
        trade.shift()
        _hours_pass(trade)
    return [*wrong, *_go_on(trade)]


def _hours_pass(trade: StockTrade) -> None:
    trade.later += AWHILE
    trade.world.warehouse.ask("/_tick", {"seconds": AWHILE.total_seconds()})


def correct(trade: StockTrade) -> None:
    """A person has every difference corrected that the last report has found."""
    if report_of(trade)["lines"]:
        done = says(trade, "reconcile", "repair", "--all", "--yes")
        trade.happened.append(f"corrected: {words(done)}")
        trade.run()
        trade.look()


def _go_on(trade: StockTrade) -> list[str]:
    trade.look()
    trade.run()
    everything_is_told(trade)
    decide_on_stock(trade.world, trade.arrived)
    trade.run()
    trade.look()
    return broken(trade)


_FOLDERS = count(1)


@contextmanager
def open_stock(folder: Path, books: Path, way: StockWay) -> Iterator[StockTrade]:
    """A cart that agrees with a warehouse, and is told of its stock in one of the ways."""
    (home := folder / f"stock-{next(_FOLDERS)}").mkdir()
    shutil.copy(books, home / "crossdock.db")
    with ExitStack() as stack:
        world = stack.enter_context(open_world(home, cart=CART, warehouse=way.options()))
        write_secrets(home)
        set_up(world, way)
        trade = StockTrade(world, way)
        trade.run()
        trade.look()
        everything_is_told(trade)
        trade.look()
        yield trade


def set_up(world: World, way: StockWay) -> None:
    """Have the cart sell what lies in two centres of the warehouse."""
    world.connections["cart"].update({"retries": 1, **way.cart})
    world.connections["warehouse"].update(way.warehouse)
    world.pipeline.update({"inventory_source": "warehouse", "inventory_sink": "cart", **way.pipeline})
    world.pipeline["stock"] = {"leave_out": list(NOT_SOLD), **way.told}
    (world.folder / "bundles.csv").write_text(BUNDLES_FILE)
    world.pipeline["distribution_centers"]["1"]["stock_areas"] = ["EAST", "BU*"]
    world.pipeline["unsold_areas"] = list(UNSOLD)
    world.pipeline["services"].update({"sweep": "10m", "amend": "1m", "stock": "1m", "levels": "1m"})
    world.cart.ask("/_products", {"create": {"Sku": SET, "Title": "A set"}})
    for sku in GOODS:
        for center in (1, 2):
            lying = sum(n for place, n in STOCK[sku].items() if CENTER_OF.get(place.partition("/")[0]) == center)
            world.cart.ask("/_stock", {"sku": sku, "center": center, "quantity": lying})
