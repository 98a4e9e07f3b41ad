"""A label is bought once: answers get lost, runners die and run side by side, people print labels too, as stories."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from world import Line, World
from world.label_ends import ADDRESS, SELLERS, Seller, buys, seller_of
from world.label_money import LATE, lose_purchases, purchases_at
from world.operator import SOON
from world.reading import data
from world.reaper import Reaper
from world.relentless import Death, Runners

from crossdock.config import load_config
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once

MINUTE = timedelta(minutes=1)
SOLD, NOT_SOLD = ("lost_reply", "error_502_after"), ("dropped", "error_503")
"""Answers that get lost after the label was sold, and before."""
LOST = (*SOLD, *NOT_SOLD)


@pytest.fixture(params=SELLERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each provider that sells labels."""
    return str(request.param)


def packed(shop: World, *numbers: str, later: timedelta = timedelta(0)) -> list[int]:
    """Orders that the warehouse has packed into a box each, without a tracking number."""
    orders = [shop.cart.sells(number, Line("SKU-0001", 2), **ADDRESS) for number in numbers]
    shop.run(later=later)
    shop.warehouse.works(without_tracking=1.0)
    return orders


def runs(shop: World, *minutes: float) -> None:
    """Crossdock runs at these minutes of the world's clock."""
    for later in minutes:
        shop.run(later=later * MINUTE)


def told(shop: World, orders: Sequence[int]) -> int:
    """How many shipments of these orders the cart was told of."""
    return sum(len(shop.cart.ships(order)) for order in orders)


def require_told_once(shop: World, seller: Seller, orders: Sequence[int]) -> None:
    """Each order has one label that was paid for, and the cart knows its number from being told once."""
    numbers = [ship["tracking"] for order in orders for ship in shop.cart.ships(order)]
    assert sorted(numbers) == sorted(one.tracking for one in seller.labels())
    assert all(len(shop.cart.ships(order)) == 1 for order in orders)
    assert shop.books.unfinished() == []
    assert shop.books.problems() == {}


def test_purchases_whose_answers_are_lost_are_looked_up_before_anything_is_bought(world: World, kind: str) -> None:
    with seller_of(world, kind, **{LATE[kind]: 2}) as seller:
        buys(world)
        orders = packed(world, *(f"A-{place}" for place in range(8)))
        lose_purchases(seller, 8, **dict.fromkeys(LOST, 0.25))
        runs(world, 0)
        assert set(seller.injected()) == set(LOST)
        sold = sum(seller.injected()[fault] for fault in SOLD)
        assert [len(seller.labels()), told(world, orders)] == [sold, 0]
        runs(world, 2, 4, 6)
        assert [len(seller.labels()), told(world, orders)] == [sold, sold], "what was not sold is still looked for"
        runs(world, 12, 14)
        require_told_once(world, seller, orders)


def test_a_label_that_shows_only_after_nobody_waits_any_more_is_the_only_one(world: World, kind: str) -> None:
    with seller_of(world, kind, **{LATE[kind]: 8}) as seller:
        buys(world)
        orders = packed(world, "A-1")
        lose_purchases(seller, 1, lost_reply=1.0)
        runs(world, 0, 11)
        assert [purchases_at(seller), len(seller.labels()), told(world, orders)] == [2, 1, 0]
        runs(world, 12, 14, 16, 18)
        require_told_once(world, seller, orders)


def die(world: World, kind: str, seed: int, deaths: int) -> None:
    """Runs die so many times just after the provider has done something, each of them some time after the other."""
    print(f"seed {seed}")
    dice, reaper, orders, later = random.Random(seed), Reaper(), list[int](), timedelta(0)
    with seller_of(world, kind, around=reaper) as seller:
        buys(world)
        orders += packed(world, *(f"A-{place}" for place in range(8)))
        for _ in range(deaths):
            reaper.run_until_call(world.config(), dice.randint(1, 50), later=later, retry=SOON)
            later += 6 * MINUTE
        drain(world, orders, later)
        require_told_once(world, seller, orders)


def drain(world: World, orders: Sequence[int], later: timedelta) -> None:
    """Crossdock runs until the cart was told of every order, or for a day."""
    for _ in range(240):
        if told(world, orders) == len(orders) and not world.books.unfinished():
            return
        world.run(later=later)
        later += 6 * MINUTE


def test_runs_that_die_after_any_step_buy_each_label_once(world: World, kind: str) -> None:
    die(world, kind, seed=random.randrange(2**32), deaths=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_runs_that_die_again_and_again_buy_each_label_once(world: World, kind: str, seed: int) -> None:
    die(world, kind, seed=seed, deaths=25)


@pytest.mark.slow
def test_processes_that_are_killed_buy_each_label_once(world: World, kind: str) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    dice, runners = random.Random(seed), Runners(world.config(), SOON)
    with seller_of(world, kind) as seller:
        buys(world)
        orders = []
        for place in range(12):
            orders += packed(world, f"A-{place}", f"B-{place}")
            world.config()
            runners.live_and_die(Death.drawn(dice, longest=0.5, most=40))
        print(runners.died, len(seller.labels()), told(world, orders))
        drain(world, orders, MINUTE)
        require_told_once(world, seller, orders)


def test_two_runners_at_the_same_time_buy_each_label_once(world: World) -> None:
    with seller_of(world, "karrio") as seller:  # it would sell twice
        buys(world)
        orders = packed(world, *(f"A-{place}" for place in range(8)))

        async def both() -> None:
            async with AsyncExitStack() as stack:
                config = load_config(world.config())
                hosts = [await stack.enter_async_context(open_host(config, retry=SOON, quiet=True)) for _ in range(2)]
                await asyncio.gather(*(run_once(host, asyncio.Event()) for host in hosts))

        asyncio.run(both())
        runs(world, 1)
        require_told_once(world, seller, orders)


def test_what_a_person_printed_in_the_meantime_is_used_and_nothing_bought_beside_it(world: World, kind: str) -> None:
    with seller_of(world, kind) as seller:
        buys(world)
        early, doubted = packed(world, "A-1", "A-2")
        by_hand = [seller.prints("A-1")]
        lose_purchases(seller, 1, dropped=1.0)
        runs(world, 0)
        by_hand.append(seller.prints("A-2"))
        runs(world, 1, 12)
        assert [[ship["tracking"] for ship in world.cart.ships(order)] for order in (early, doubted)] == [
            [number] for number in by_hand
        ]
        require_told_once(world, seller, [early, doubted])


@pytest.mark.parametrize("kind", ["karrio", "easypost"])
def test_a_label_that_turns_out_to_be_sold_beside_one_printed_by_hand_is_named_as_unused(
    world: World, kind: str
) -> None:
    with seller_of(world, kind, **{LATE[kind]: 6}) as seller:
        buys(world)
        orders = packed(world, "A-1")
        lose_purchases(seller, 1, lost_reply=1.0)
        runs(world, 0)
        seller.prints("A-1")
        runs(world, 1, 4, 8, 12)
        assert (len(seller.labels()), told(world, orders)) == (2, 1)
        [ship] = world.cart.ships(orders[0])
        [unused] = data(world, "parcels", "list", "--unused")
        assert {unused["tracking_number"], ship["tracking"]} == {one.tracking for one in seller.labels()}
        void = world.says("labels", "void", unused["tracking_number"], "--why", "it is one too many")
        ours, others = f"The box travels with {ship['tracking']}.", "take it back in the shipping system"
        assert (ours if unused["key"] else others) in " ".join((void.out + void.err).split())
        runs(world, 20)
        assert told(world, orders) == 1
        assert (world.books.problems(), world.books.unfinished()) == ({}, [])
