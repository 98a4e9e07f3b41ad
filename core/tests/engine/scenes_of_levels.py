"""How problems of levels end."""

from collections.abc import AsyncIterator
from datetime import timedelta

from crossdock.engine.problems import Code

from .builders import NOON, a_line, an_order
from .closing import ends
from .counting import a_level
from .levelling import let_go, put, tell, with_levels
from .world import World


@ends(Code.LEVELS_WAIT)
async def the_levels_are_let_go(world: World) -> AsyncIterator[None]:
    with_levels(world, "A", levels=[a_level("A", 7)], asks_first=True)
    await tell(world)
    yield
    await let_go(world)
    await tell(world)


@ends(Code.LEVELS_WAIT)
async def the_warehouse_is_not_empty_any_more(world: World) -> AsyncIterator[None]:
    skus = {f"S{number}": 5 for number in range(12)}
    room, _ = with_levels(world, *skus)
    put(room, **skus)
    await tell(world)
    put(room)
    await tell(world)
    yield
    put(room, **skus)
    await tell(world)


@ends(Code.STALE_LEVELS)
async def the_warehouse_counts_again(world: World) -> AsyncIterator[None]:
    room, _ = with_levels(world, "A", levels=[a_level("A", 7, counted_at=NOON - timedelta(days=2))])
    await tell(world)
    yield
    room.levels = [a_level("A", 7, counted_at=NOON)]
    await tell(world)


@ends(Code.OVERSOLD)
async def stock_is_put_there(world: World) -> AsyncIterator[None]:
    room, _ = with_levels(world, "A", levels=[a_level("A", 1)])
    world.cart.sell(an_order("1", a_line("10", 3, sku="A")))
    await world.cycle(("download", "levels"))
    await tell(world)
    yield
    put(room, A=3)
    room.levels.append(a_level("A", 3, "W"))
    await tell(world)
