"""Pieces that a warehouse will not ship: waited for, shown to a person, or cancelled at the cart; never twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crossdock.domain import Order, OrderStatus
from crossdock.store.queries import list_problems

from .builders import a_box, a_line, an_order, rules_that_map_all
from .market import MarketCart, ask, cancel, with_market
from .remote import Fault
from .reversing import a_reversal
from .shorting import ShortingWarehouse, a_shortage
from .world import World, played

ORDER = an_order("1", a_line("10", 3), a_line("20", 1))


async def released(world: World, policy: str, order: Order = ORDER) -> tuple[MarketCart, ShortingWarehouse]:
    """The warehouse has an order, and finds less of it than was asked for."""
    world.rules = replace(rules_that_map_all(), short_picks=policy)
    cart = with_market(world, order)
    warehouse = world.warehouse = ShortingWarehouse()
    await world.cycle()
    return cart, warehouse


async def states(world: World) -> list[str]:
    return [state for (state,) in await world.select("SELECT state FROM shortage ORDER BY seen_at, external_id")]


def asked(cart: MarketCart) -> list[tuple[str, int | None]]:
    return [(one.line_id, one.quantity) for one in cart.adjusted]


async def settled(world: World) -> None:
    """Runs, until the marketplace was asked and the order was read again."""
    for _ in range(3):
        world.clock.advance(timedelta(minutes=20))
        await world.cycle()


@played
async def test_by_default_the_rest_is_waited_for(world: World) -> None:
    cart, warehouse = await released(world, "wait")
    warehouse.tell(a_shortage("s1", "10", 1))
    await settled(world)
    assert (asked(cart), await states(world), await world.problems()) == ([], ["open"], [])


@played
async def test_what_will_not_come_is_cancelled_once_and_the_order_ends_with_what_was_picked(world: World) -> None:
    cart, warehouse = await released(world, "cancel")
    warehouse.tell(a_box("b1", "N1", ("10", 2), ("20", 1)), short := a_shortage("s1", "10", 1), short)
    await settled(world)
    assert asked(cart) == [("10", 1)]
    assert await states(world) == ["asked"]
    assert await world.orders() == {"1": "part_shipped"}

    cart.accept(cart.adjusted[0].key)
    await settled(world)
    assert await world.orders() == {"1": "shipped"}
    assert await world.select("SELECT completed_at IS NOT NULL FROM orders") == [(1,)]
    assert await world.problems() == [], "what the cart shows of our own cancellation is no change"
    warehouse.tell(a_shortage("s2", "10", 1, minute=5))
    await settled(world)
    assert asked(cart) == [("10", 1)]


@played
async def test_an_order_ends_although_the_last_box_is_told_after_the_answer(world: World) -> None:
    cart, warehouse = await released(world, "cancel")
    warehouse.tell(a_shortage("s1", "10", 1), a_box("b1", "N1", ("10", 1)))
    await settled(world)
    cart.accept(cart.adjusted[0].key)
    await settled(world)
    assert await world.orders() == {"1": "part_shipped"}
    warehouse.tell(a_box("b2", "N1", ("10", 1), ("20", 1), minute=5))
    await settled(world)
    assert await world.orders() == {"1": "shipped"}


@played
async def test_an_order_of_which_nothing_is_found_is_cancelled_as_a_whole(world: World) -> None:
    cart, warehouse = await released(world, "cancel")
    warehouse.tell(a_shortage("s1", "10", 3), a_shortage("s2", "20", 1))
    await settled(world)
    assert sorted(asked(cart)) == [("10", 3), ("20", 1)]
    for one in cart.adjusted:
        cart.accept(one.key)
    await settled(world)
    assert await world.orders() == {"1": "cancelled"}
    assert cart.orders["1"].status is OrderStatus.CANCELLED
    assert await world.problems() == []
    assert warehouse.created() == {"N1": 1}


@played
async def test_pieces_that_come_after_all_that_was_cancelled_are_not_told_and_shown_to_a_person(world: World) -> None:
    cart, warehouse = await released(world, "cancel")
    warehouse.tell(a_box("b1", "N1", ("10", 2), ("20", 1)), a_shortage("s1", "10", 1))
    await settled(world)
    cart.accept(cart.adjusted[0].key)
    await settled(world)
    warehouse.tell(a_box("b2", "N1", ("10", 1), minute=9))
    await settled(world)
    assert sum(line.quantity for one in cart.confirmed for line in one.lines if line.order_line_id == "10") == 2
    assert [code for code, _ in await world.problems()] == ["over_picked"]


@played
async def test_a_person_is_asked_once_and_the_problem_closes_when_the_rest_is_picked(world: World) -> None:
    cart, warehouse = await released(world, "ask")
    warehouse.tell(a_box("b1", "N1", ("10", 2), ("20", 1)), a_shortage("s1", "10", 1, reason="DAMAGED"))
    await settled(world)
    assert await world.problems() == [("short_pick", "N1")]
    [problem] = await world.store.read(list_problems)
    assert "crossdock orders cancel N1 --line 10 --quantity 1 --reason not_available --anyway" in problem.action

    warehouse.tell(a_box("b2", "N1", ("10", 1), minute=5))
    await settled(world)
    assert (await world.problems(), await states(world), asked(cart)) == ([], ["arrived"], [])
    assert await world.orders() == {"1": "shipped"}


@played
async def test_the_problem_closes_when_a_person_does_what_it_says(world: World) -> None:
    cart, warehouse = await released(world, "ask")
    warehouse.tell(a_shortage("s1", "10", 1))
    await settled(world)
    await ask(world, "1", cancel("10", 1), anyway=True)
    await settled(world)
    assert (asked(cart), await states(world), await world.problems()) == ([("10", 1)], ["settled"], [])


@pytest.mark.parametrize("late", [True, False], ids=["after it was read", "before it was read"])
def test_a_reset_takes_an_undecided_shortage_back_and_its_problem(late: bool, tmp_path: object) -> None:
    @played
    async def scene(world: World) -> None:
        _, warehouse = await released(world, "ask")
        short, reset = a_shortage("s1", "10", 1), a_reversal("r1", "N1")
        warehouse.tell(*((short,) if late else (reset,)))
        await settled(world)
        assert await world.problems() == ([("short_pick", "N1")] if late else [])
        warehouse.tell(*((reset,) if late else (short,)))
        await settled(world)
        assert (await states(world), await world.problems()) == (["taken_back"], [])

    scene(tmp_path)  # type: ignore[arg-type]


@played
async def test_a_refusal_of_the_cart_is_a_problem_and_nothing_is_asked_again_by_itself(world: World) -> None:
    cart, warehouse = await released(world, "cancel")
    cart.faults["adjust_order"].append(Fault.NO)
    warehouse.tell(a_shortage("s1", "10", 1))
    await settled(world)
    await settled(world)
    [(code, key)] = await world.problems()
    assert (code, asked(cart), await states(world)) == ("adjust_refused", [], ["asked"])
    assert key.startswith("1-1-")


@played
async def test_a_shortage_of_an_order_that_is_not_ours_means_nothing(world: World) -> None:
    cart, warehouse = await released(world, "cancel")
    warehouse.tell(a_shortage("s1", "10", 1, number="OTHER"))
    await settled(world)
    assert (asked(cart), await states(world), await world.problems()) == ([], ["unknown"], [])


@pytest.mark.parametrize("steps", range(6, 40, 12))
def test_a_process_that_dies_anywhere_cancels_once(steps: int, tmp_path: object) -> None:
    @played
    async def scene(world: World) -> None:
        cart, warehouse = await released(world, "cancel")
        warehouse.tell(a_box("b1", "N1", ("10", 1)), a_shortage("s1", "10", 1), a_shortage("s2", "20", 1))
        await world.live(steps)
        await settled(world)
        assert sorted(asked(cart)) == [("10", 1), ("20", 1)]

    scene(tmp_path)  # type: ignore[arg-type]
