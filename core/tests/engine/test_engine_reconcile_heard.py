"""What the warehouse has not been heard to say is neither a change by hand nor corrected."""

from crossdock.engine.flows.reconcile import reconcile_now
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.repairs import repairs
from crossdock.engine.report import Cause
from crossdock.store.reconciliations import store_repairs

from .counting import a_level
from .moving import a_movement
from .shelf import EAST
from .test_engine_reconcile import newest, night, rows, with_ends
from .world import World, played


@played
async def test_what_moved_before_the_report_and_was_heard_after_it_is_not_corrected(world: World) -> None:
    room, shelf = with_ends(world, "A", "B")
    world.changes["hearers"] = {"warehouse": (Hearer("main", sells=True),)}
    shelf.available["B"][EAST] = 7
    room.levels[0] = a_level("A", 14)
    saved = await night(world)
    assert [(sku, number) for sku, _, number, _ in rows(saved)] == [("A", 4), ("B", 3)]
    room.moved.append(a_movement("m1", 4, None, "MAIN"))
    await world.flow("movements")
    changes, now = repairs(saved.id, saved.report, saved.report.discrepancies).changes, world.clock.now()
    done = await world.store.write(store_repairs, "cart", saved.id, changes, by="ada", note="", now=now)
    assert done.left == {"A": "it moved in the warehouse before the report, which was heard since: compare again"}
    await world.cycle(("movements", "stock"))
    assert (shelf.available["A"][EAST], shelf.available["B"][EAST]) == (14, 10)


@played
async def test_the_warehouse_is_heard_before_it_counts_and_again_where_something_differs(world: World) -> None:
    room, _ = with_ends(world, "A")
    world.changes["hearers"] = {"warehouse": (Hearer("main", sells=True),)}
    heard: list[str] = []

    async def hear() -> str:
        heard.append("")
        if len(heard) == 2:
            await world.flow("movements")
        return ""

    await reconcile_now(world.pipeline(), "ada", hear)
    assert len(heard) == 1
    heard.clear()
    room.levels[0] = a_level("A", 14)
    room.moved.append(a_movement("m1", 4, None, "MAIN"))
    await reconcile_now(world.pipeline(), "ada", hear)
    assert (len(heard), rows(await newest(world))) == (2, [])


@played
async def test_where_the_warehouse_is_not_heard_nobody_is_blamed(world: World) -> None:
    _, shelf = with_ends(world, "A")
    await world.flow("movements")
    shelf.available["A"][EAST] = 7
    saved = await night(world)
    assert rows(saved) == [("A", EAST, 3, Cause.SOLD_MEANWHILE)]
    assert saved.report.discrepancies[0].because == (
        "What moved in the warehouse is not known here: the service `movements` last did well on 2024-03-01 12:00 UTC."
    )
    await world.flow("movements")
    await world.flow("reconcile")
    assert rows(await newest(world)) == [("A", EAST, 3, Cause.MANUAL_CHANGE)]
