"""How the problem ends that both sides of the stock differ."""

from collections.abc import AsyncIterator
from dataclasses import replace

from crossdock.engine.problems import Code
from crossdock.engine.stock_rules import RepairRules

from .closing import ends
from .shelf import EAST
from .test_engine_reconcile import night, with_ends
from .world import World


@ends(Code.STOCK_DIFFERS)
async def a_report_finds_no_difference(world: World) -> AsyncIterator[None]:
    _, shelf = with_ends(world, "A")
    shelf.available["A"][EAST] = 7
    await night(world)
    yield
    shelf.available["A"][EAST] = 10
    await night(world)


@ends(Code.STOCK_DIFFERS)
async def all_of_it_is_corrected_by_itself(world: World) -> AsyncIterator[None]:
    _, shelf = with_ends(world, "A")
    world.rules = replace(world.rules, repair=RepairRules(small=True, causes=("manual_change",)))
    shelf.available["A"][EAST] = 7
    await night(world)
    yield
    await night(world)
