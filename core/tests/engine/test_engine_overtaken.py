"""What happens to an order while a newer version of it is being read stays as it happened."""

from collections.abc import Awaitable, Callable

from crossdock.engine.holds import ADJUSTING
from crossdock.store.adjusting import go_on, hold_back
from crossdock.store.moments import micros
from crossdock.store.queries import the_order

from .builders import a_line, an_order
from .market import with_market
from .withdrawing import take_back, with_withdrawals
from .world import World, played

WAITING = f"{ADJUSTING}: a cancellation is under way"


def meanwhile(world: World, happening: Callable[[], Awaitable[object]]) -> None:
    """Let something happen between the next look at what is known and what is stored after it."""
    look = world.store.known_orders

    async def look_and_happen(*arguments: object) -> object:
        known = await look(*arguments)  # type: ignore[arg-type]
        world.store.known_orders = look  # type: ignore[method-assign]
        await happening()
        return known

    world.store.known_orders = look_and_happen  # type: ignore[method-assign, assignment]


@played
async def test_an_order_that_is_set_free_is_not_held_again(world: World) -> None:
    with_market(world, an_order("1", a_line("10", 2)))
    await world.flow("download")
    order = await world.store.read(the_order, "1")
    await world.store.write(hold_back, order.id, WAITING, now=micros(world.clock.now()))

    meanwhile(world, lambda: world.store.write(go_on, [order.id], now=micros(world.clock.now())))
    world.cart.change("1", lines=(a_line("10", 1),))
    await world.flow("download")
    await world.cycle(("download", "release"))

    assert await world.orders() == {"1": "released"}
    assert [(line.sku, line.quantity) for line in world.warehouse.requests[0].lines] == [("SKU-10", 1)]


@played
async def test_an_order_that_is_held_is_not_set_free(world: World) -> None:
    with_market(world, an_order("1", a_line("10", 2)))
    await world.flow("download")
    order = await world.store.read(the_order, "1")

    meanwhile(world, lambda: world.store.write(hold_back, order.id, WAITING, now=micros(world.clock.now())))
    world.cart.change("1", lines=(a_line("10", 1),))
    await world.flow("download")
    await world.cycle(("download", "release"))

    assert await world.orders() == {"1": "held"}


@played
async def test_an_order_that_a_person_takes_back_is_not_sent_again(world: World) -> None:
    warehouse = with_withdrawals(world)
    with_market(world, an_order("1", a_line("10", 2)))
    await world.cycle(("download", "release"))

    async def taken_back() -> None:
        await take_back(world, "1")
        await world.flow("amend")

    meanwhile(world, taken_back)
    world.cart.change("1", lines=(a_line("10", 1),))
    await world.flow("sweep")
    await world.cycle(("download", "release"))

    assert warehouse.there() == {}
    assert await world.orders() == {"1": "held"}
    assert await world.problems() == []
