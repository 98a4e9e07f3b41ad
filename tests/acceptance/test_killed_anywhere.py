"""kill -9 at any moment, while replies are lost on the way: every effect happens exactly once."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from world import Line, World, open_world
from world.audit import disagreements
from world.postgres import open_postgres
from world.relentless import Death, Runners
from world.sales import EAST, WEST

from crossdock.engine.retry import RetryPolicy

KILLS = 12
ORDERS = 60
UNSTEADY = {
    "lost_reply": 0.06,
    "error_502_after": 0.04,
    "dropped": 0.04,
    "error_503": 0.03,
    "slow": 0.05,
    "throttled": 0.005,
}
SLOW_SECONDS, SETTLE_SECONDS = 0.1, 0.2
"""What is late arrives before anybody asks for it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'crossdock.db'}"
    else:
        with open_postgres() as address:
            yield address


def test_a_dozen_kills_and_every_effect_happens_exactly_once(database: str, tmp_path: Path) -> None:
    survive(database, tmp_path, seed=random.randrange(2**32))


def test_confirmation_still_on_its_way_when_the_runner_dies_is_not_sent_again(database: str, tmp_path: Path) -> None:
    with open_world(tmp_path, database=database, apart=True) as world:
        runners = Runners(world.config(), swift(1.0))
        order = world.cart.sells("A-1", Line("SKU-0001", 100))
        world.run()
        picked = world.warehouse.works(short_picks=1.0, split_boxes=1.0, seed=3)["pieces"]
        assert 1 < picked <= 50, "so few that the cart would accept every box twice"
        boxes = world.warehouse.orders()["A-1"]["boxes"]
        world.cart.faults(slow=1.0, slow_seconds=0.8, only_paths="Ship")

        runners.live_until(lambda: world.cart.injected().get("slow", 0) == len(boxes))
        assert world.cart.ships(order) == [], "the requests are still on their way"
        world.cart.faults()
        runners.settle()

        assert list(world.cart.shipped(order).values()) == [picked]
        assert disagreements(world) == []
        assert world.books.unfinished() == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_kills_by_the_hundred(database: str, tmp_path: Path, seed: int) -> None:
    survive(database, tmp_path, seed=seed, kills=200)


def survive(database: str, folder: Path, *, seed: int, kills: int = KILLS) -> None:
    """Kill a runner so many times while orders come and boxes are packed; then nothing is lost and nothing doubled."""
    print(f"seed {seed}")
    dice = random.Random(seed)
    cart, warehouse = {"page_size": 20, "rate_per_minute": 0}, {"redeliver": 0.1, "shuffle": True}
    with open_world(
        folder, orders=ORDERS, seed=seed, database=database, apart=True, cart=cart, warehouse=warehouse
    ) as world:
        world.connections["warehouse"]["queue_page_size"] = 20
        runners = Runners(world.config(), swift(SETTLE_SECONDS))
        for end in (world.cart, world.warehouse):
            end.faults(seed=dice.randrange(2**32), slow_seconds=SLOW_SECONDS, **UNSTEADY)
        for _ in range(kills):
            business_goes_on(world, dice)
            runners.live_and_die(Death.drawn(dice, longest=SETTLE_SECONDS + 0.3, most=60))
        print(f"killed {dict(runners.died)}; faults {injected(world)}; {world.books.unfinished()}")
        assert runners.died.total() == kills

        calm_down(world, runners)
        assert disagreements(world) == []
        assert world.books.unfinished() == []
        assert world.books.problems() == {}
        assert all(told["creates"] == 1 for told in world.warehouse.orders().values())


def swift(settle: float) -> RetryPolicy:
    """Retries for remote ends that are near; doubt is looked up after so many seconds."""
    return RetryPolicy(
        first=timedelta(seconds=0.05),
        longest=timedelta(seconds=0.2),
        settle=timedelta(seconds=settle),
        attempts=1000,
    )


def business_goes_on(world: World, dice: random.Random) -> None:
    """Buyers order a little, the warehouse packs a little.

    Large quantities in several boxes are what a doubled confirmation shows in: the cart itself refuses to ship more
    than was ordered.
    """
    for _ in range(dice.randint(0, 2)):
        world.cart.ask("/_orders", {"set": {}})
    for _ in range(dice.randint(0, 2)):
        sku, kit = f"SKU-{dice.randint(1, 400):04}", f"KIT-{dice.randint(1, 40):03}"
        shares = {EAST: (6, 3, 2), WEST: (6, 3, 2)} if dice.random() < 0.3 else EAST
        number = f"LARGE-{dice.randrange(10**9)}"
        world.cart.sells(number, Line(sku, 12), Line(sku, 6), Line(kit, 4), leaves_from=shares)
    habits = {"short_picks": 0.2, "split_boxes": 0.7, "limit": dice.randint(0, 8)}
    world.warehouse.ask("/_shift", {"seed": dice.randrange(1000), **habits})


def calm_down(world: World, runners: Runners) -> None:
    """No more kills and no more faults: what is open is finished, what was picked short is picked."""
    world.cart.faults()
    world.warehouse.faults()
    runners.settle()
    world.warehouse.works()
    runners.settle()


def injected(world: World) -> Counter[str]:
    """How many requests went wrong at both ends."""
    return Counter(world.cart.injected()) + Counter(world.warehouse.injected())
