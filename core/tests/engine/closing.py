"""What every scene of a problem's end works with.

A scene opens its problem until its `yield`, and takes the cause away after it. A person acts in it only where nothing
else puts the work back.
"""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from crossdock.domain import Address
from crossdock.engine.problems import Code
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import HOME, an_order
from .market import with_market
from .world import World

Scene = Callable[[World], AsyncIterator[None]]
SCENES: list[tuple[Code, Scene]] = []
NOWHERE = Address(**HOME.model_dump() | {"line1": ""})
LATER = timedelta(minutes=40)


def ends(code: Code) -> Callable[[Scene], Scene]:
    """Note a scene after which no problem of this kind is open."""

    def note_it(scene: Scene) -> Scene:
        SCENES.append((code, scene))
        return scene

    return note_it


async def retry(world: World) -> None:
    """A person has corrected the cause, and says so."""
    for one in await world.store.read(list_problems):
        await world.store.write(retry_problem, one.id, now=world.clock.now())


async def later(world: World, *flows: str) -> None:
    world.clock.advance(LATER)
    await world.cycle(flows or ("download", "release", "acknowledge", "collect", "confirm"))


async def no_address(world: World) -> None:
    with_market(world, an_order("1").model_copy(update={"ship_to": NOWHERE}))
    await world.cycle(("download", "release"))
