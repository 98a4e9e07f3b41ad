"""A cancellation that comes too late is said once, and hides nothing."""

import pytest

from crossdock.domain import OrderStatus
from crossdock.engine.adjustment_plan import NotAdjustable
from crossdock.store.queries import list_problems

from .builders import a_box, a_line, an_order
from .market import ask, cancel, want, with_market
from .remote import Fault
from .shorting import ShortingWarehouse
from .world import World, played


async def shipped(world: World) -> None:
    with_market(world, an_order("1", a_line("10", 2)))
    world.warehouse = ShortingWarehouse()
    await world.cycle()
    world.warehouse.tell(a_box("b1", "N1", ("10", 2)))
    await world.cycle()
    assert await world.orders() == {"1": "shipped"}


@played
async def test_an_order_that_the_cart_cancels_after_it_has_left_is_one_problem_that_says_so(world: World) -> None:
    await shipped(world)
    for notes in ("", "please!"):
        world.cart.change("1", status=OrderStatus.CANCELLED, notes=notes)
        await want(world, "1")
        await world.cycle()
    [problem] = await world.store.read(list_problems)
    assert (problem.code, problem.count) == ("changed_after_release", 1)
    assert problem.title == "Order N1 was cancelled at the cart after the warehouse got it"
    assert problem.action.startswith("It is too late: all of it has left")
    assert await world.orders() == {"1": "shipped"}


@played
async def test_a_person_who_cancels_too_late_is_told_so_and_nothing_is_asked(world: World) -> None:
    await shipped(world)
    with pytest.raises(NotAdjustable, match=r"it is too late, order N1 has left: `crossdock orders refund N1`"):
        await ask(world, "1", cancel())
    assert await world.promises() == {"release done": 1, "acknowledge done": 1, "confirm done": 1}


@played
async def test_a_cart_that_says_no_to_a_late_cancellation_has_the_last_word(world: World) -> None:
    await shipped(world)
    world.cart.faults["adjust_order"].append(Fault.NO)
    key = await ask(world, "1", cancel("10", 1), anyway=True)
    await world.cycle()
    assert await world.problems() == [("adjust_refused", key)]
    assert await world.orders() == {"1": "shipped"}
