"""A shipping system is away for an hour: what does not need it goes on, the rest waits quietly and is told once."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise

import pytest
from world import Line, World
from world.label_ends import ADDRESS, SELLERS, Opened, Seller, buys, packs, seller_of
from world.reading import data, problems
from world.sales import line_id
from world.settings import write_secrets

from crossdock.engine.delivery import FAILURES_IN_A_ROW

MINUTE = timedelta(minutes=1)
WAITING = [f"W-{number}" for number in range(1, 31)]
"""Orders whose boxes have no number of their own."""
CALLS = (FAILURES_IN_A_ROW + 16) * 5
"""So many calls of one run tell that the provider is away, however many boxes wait: those in a row, those that were
under way beside them, each tried five times."""
ONE_EACH = 10
"""A call each of those that are under way at once."""


@pytest.fixture
def opened(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Opens the shipping system of the story; calls are tried again at once."""
    monkeypatch.setattr("crossdock.transport.retry.FIRST_SECONDS", 0.001)
    with ExitStack() as stack:
        yield lambda kind, **options: stack.enter_context(seller_of(world, kind, **options))


def sells(world: World, *numbers: str) -> dict[str, int]:
    """Orders of one piece each, known to the warehouse; the cart's ids by number."""
    orders = {number: world.cart.sells(number, Line("SKU-0001"), **ADDRESS) for number in numbers}
    world.run()
    return orders


def packed_blank(world: World, orders: dict[str, int]) -> None:
    """A box without a number for each of these orders."""
    for number, order in orders.items():
        packs(world, number, {line_id(order, 1): 1})


def goes_away(seller: Seller) -> None:
    """From now on every call comes to nothing."""
    seller.faults(error_503=0.6, dropped=0.4, seed=7)


def hour_of(world: World, seller: Seller) -> int:
    """Some runs in an hour; how many calls the provider saw in the busiest."""
    calls = [seller.calls()]
    for minutes in (0, 20, 40):
        world.run(later=minutes * MINUTE)
        calls.append(seller.calls())
    return max(after - before for before, after in pairwise(calls))


def told_once(world: World, order: int) -> bool:
    """Whether the cart heard of exactly one box."""
    return len(world.cart.ships(order)) == 1


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind != "karrio")) for kind in SELLERS]
)
def test_boxes_with_numbers_go_on_and_the_others_wait_without_a_flood(world: World, opened: Opened, kind: str) -> None:
    seller = opened(kind)
    buys(world)
    own = sells(world, "T-1", "T-2")
    waiting = sells(world, *WAITING)
    goes_away(seller)
    packed_blank(world, waiting)
    world.warehouse.works("T-1", "T-2")

    calls = hour_of(world, seller)

    assert all(told_once(world, order) for order in own.values())
    assert not any(world.cart.ships(order) for order in waiting.values())
    assert seller.labels() == []
    assert calls <= CALLS, f"{calls} calls in one run"
    assert world.books.problems() == {}

    seller.faults()
    world.run(later=61 * MINUTE)

    assert all(told_once(world, order) for order in waiting.values())
    assert len(seller.labels()) == len(WAITING)
    assert {world.cart.ships(order)[0]["tracking"] for order in waiting.values()} == {
        one.tracking for one in seller.labels()
    }
    assert world.books.problems() == {}
    world.run(later=62 * MINUTE)
    assert all(told_once(world, order) for order in {**own, **waiting}.values())
    assert len(seller.labels()) == len(WAITING)


def test_numbers_that_were_made_meanwhile_are_gathered_in_one_go(world: World, opened: Opened) -> None:
    seller = opened("shipstation")
    waiting = sells(world, *WAITING)
    goes_away(seller)
    packed_blank(world, waiting)
    made = {number: seller.prints(number) for number in WAITING}
    hour_of(world, seller)
    assert not any(world.cart.ships(order) for order in waiting.values())
    assert world.books.problems() == {}

    seller.faults()
    world.run(later=61 * MINUTE)

    assert {number: world.cart.ships(order)[0]["tracking"] for number, order in waiting.items()} == made
    assert all(told_once(world, order) for order in waiting.values())


def test_a_wrong_key_pauses_the_provider_alone_until_it_is_right(world: World, opened: Opened) -> None:
    seller = opened("easypost")
    buys(world)
    write_secrets(world.folder, seller_key="mistyped")
    orders = sells(world, "T-1", *WAITING)
    packed_blank(world, {number: order for number, order in orders.items() if number != "T-1"})
    world.warehouse.works("T-1")
    world.run()
    later = sells(world, "T-2")
    world.warehouse.works("T-2")
    world.run(later=5 * MINUTE)

    assert told_once(world, orders["T-1"])
    assert told_once(world, later["T-2"])
    assert world.cart.ships(orders["W-1"]) == []
    [task] = problems(world)
    assert "seller" in task.text
    before = seller.calls()
    world.run(later=10 * MINUTE)
    assert seller.calls() - before <= ONE_EACH, "a start tries the key once more, and then leaves it"

    write_secrets(world.folder, seller_key="sandbox-key")
    world.says("problems", "retry", task.number)
    world.run(later=11 * MINUTE)

    assert all(told_once(world, order) for order in orders.values())
    assert len(seller.labels()) == len(WAITING)
    assert data(world, "problems", "list") == []
