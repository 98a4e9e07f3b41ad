"""A pipeline whose cart is told levels of a warehouse that counts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crossdock.domain import InventoryLevel, StockMeaning
from crossdock.engine.claims import Sharer
from crossdock.engine.pipeline import Bound
from crossdock.engine.run_ports import RunReport
from crossdock.engine.stock_rules import StockRules
from crossdock.store.level_plans import approve_levels

from .counting import CountingRoom, a_level, own_rules, own_sharer, with_counting
from .shelf import Shelf
from .world import World

HOUR = timedelta(hours=1)


def with_levels(
    world: World, *skus: str, levels: Sequence[InventoryLevel] = (), sharers: Sequence[Sharer] = (), **stock: Any
) -> tuple[CountingRoom, Shelf]:
    """The cart of the world knows these SKUs; it is told what the warehouse counts, without anybody's word."""
    room = with_counting(world, *levels)
    shelf = Shelf(*skus)
    rules = own_rules(
        stock=StockRules(**({"sets": True, "meaning": StockMeaning.SELLABLE, "asks_first": False} | stock))
    )
    world.rules = rules
    world.others.append(shelf)
    world.changes |= {"inventory_sink": Bound("cart", shelf, 4), "sharers": (own_sharer(rules), *sharers)}
    return room, shelf


def wanting(world: World, **stock: Any) -> None:
    """The operator wants something else."""
    world.rules = replace(world.rules, stock=replace(world.rules.stock, **stock))


def put(room: CountingRoom, **pieces: int) -> None:
    """So many pieces of each SKU lie in the main area now, and nothing else anywhere."""
    room.levels = [a_level(sku, quantity) for sku, quantity in pieces.items()]


async def tell(world: World) -> RunReport:
    """Work out the levels, and send what was promised."""
    return (await world.cycle(("levels", "stock")))["levels"]


async def let_go(world: World, by: str = "ada") -> None:
    """A person approves the plan that waits."""
    waiting = await world.store.seen_plan("main")
    assert waiting is not None
    await world.store.write(approve_levels, "main", waiting, by=by, note="", now=world.clock.now())


async def told(world: World) -> dict[tuple[str, str], int]:
    """What the store says that the cart was told."""
    levels = await world.store.told_levels("main", after=None, limit=1000)
    return {(one.name, one.center): one.quantity for one in levels}
