"""Products are read page by page; what is known is not read again."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from crossdock.domain import Product
from crossdock.engine.runner import LEASE_SECONDS
from crossdock.hooks.records import Record
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import NOON
from .goods import Records, a_product, with_goods
from .remote import Clock, Fault
from .repeatable import RepeatableLoop
from .world import World, new_database, opened, played

DAY = timedelta(days=1)
GOODS = ("catalog", "publish")


async def products(world: World) -> dict[str, str]:
    """The title of every product in the store."""
    return dict(await world.select("SELECT sku, title FROM product ORDER BY sku"))


@played
async def test_every_page_is_read_and_only_what_changed_is_read_again(world: World) -> None:
    records, _ = with_goods(world, *(a_product(f"A{number}") for number in range(7)))
    report = await world.flow("catalog")
    assert report.counts == {"pages": 3, "products seen": 7, "products": 7}

    records.write(a_product("A1", title="changed"), a_product("A2"))
    report = await world.flow("catalog")
    assert report.counts == {"pages": 1, "products seen": 2, "unchanged": 1, "products": 1}
    assert (await products(world))["A1"] == "changed"


@played
async def test_an_unreadable_product_is_a_problem_until_it_can_be_read(world: World) -> None:
    records, shop = with_goods(world, a_product("A", title="unreadable"), a_product("B"))
    await world.cycle(GOODS)
    assert await world.problems() == [("unreadable_product", "RA")]
    assert set(shop.products) == {"B"}

    records.write(a_product("A"))
    await world.cycle(GOODS)
    assert await world.problems() == []
    assert set(shop.products) == {"A", "B"}


@played
async def test_a_walk_that_breaks_off_goes_on_where_it_was(world: World) -> None:
    records, _ = with_goods(world, *(a_product(f"A{number}") for number in range(7)))
    records.faults["fetch_products"] += [Fault.REFUSED_BEFORE]
    assert "refused" in (await world.flow("catalog")).error
    await world.live(8, ("catalog",))
    world.clock.advance(DAY)
    await world.flow("catalog")
    assert len(await products(world)) == 7


@played
async def test_waiting_for_the_source_ends_at_a_stop(world: World) -> None:
    records, _ = with_goods(world, *(a_product(f"A{number}") for number in range(7)))
    records.wait = 3600.0
    running = asyncio.create_task(world.flow("catalog"))
    while not await products(world):  # noqa: ASYNC110 - the store rings no bell
        await asyncio.sleep(0)
    world.stop.set()
    assert (await running).error == ""
    assert records.calls == {"fetch_products": 1}


class PassingClock(Clock):
    """Goes with the time of the event loop."""

    def now(self) -> datetime:
        return NOON + timedelta(seconds=asyncio.get_running_loop().time())


def test_a_source_that_takes_an_hour_keeps_its_lease(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            world.clock = PassingClock()
            records, _ = with_goods(world, a_product("A"), a_product("B"))
            records.page_size, records.wait = 1, 3600.0
            running = asyncio.create_task(world.flow("catalog", patience=4000.0))
            for _ in range(35):
                await asyncio.sleep(100.0)
                left = await world.select("SELECT lease_until FROM flow WHERE flow = 'catalog'")
                assert left[0][0] / 1e6 > world.clock.now().timestamp() + LEASE_SECONDS / 2
            assert (await running).counts["products"] == 2

    with asyncio.Runner(loop_factory=RepeatableLoop) as runner:
        runner.run(scene())


@played
async def test_an_unreadable_product_is_read_again_as_it_was_stored_once_the_plugin_can(world: World) -> None:
    records, shop = with_goods(world, a_product("A", title="unreadable"), a_product("B"))
    await world.cycle(GOODS)
    (problem,) = await world.store.read(list_problems)
    await world.store.write(retry_problem, problem.id, now=world.clock.now())

    records.read_product = lambda record: Product.model_validate_json(record.data)  # type: ignore[method-assign]
    await world.cycle(GOODS)
    assert await world.problems() == []
    assert set(shop.products) == {"A", "B"}
    assert await world.store.records_to_reread("main", "product", 10) == []


@played
async def test_a_product_that_became_unreadable_stays_as_it_was_and_stops_nobody(world: World) -> None:
    records, shop = with_goods(world, a_product("A"), a_product("B"))
    await world.flow("catalog")
    records.write(a_product("A", title="unreadable"))
    await world.cycle(GOODS)
    assert await products(world) == {"A": "The A", "B": "The B"}
    assert set(shop.products) == {"B"}

    records.write(a_product("A", title="readable"))
    await world.cycle(GOODS)
    assert shop.products["A"]["title"] == "readable"


@played
async def test_a_bug_of_the_plugin_in_one_product_is_that_products_problem(world: World) -> None:
    class Moody(Records):
        def read_product(self, record: Record) -> Product:
            if record.id == "RA":
                raise ZeroDivisionError("a bug of the plugin")
            return super().read_product(record)

    _, shop = with_goods(world, a_product("A"), a_product("B"), source=Moody)
    await world.cycle(GOODS)
    (problem,) = await world.store.read(list_problems)
    assert "the plugin failed: ZeroDivisionError" in problem.title
    assert set(shop.products) == {"B"}


@played
async def test_a_page_and_its_checkpoint_are_kept_together(world: World) -> None:
    with_goods(world, *(a_product(f"A{number}") for number in range(7)))
    for steps in range(1, 30):
        await world.live(steps, ("catalog",))
        ((checkpoint,),) = await world.select("SELECT checkpoint FROM flow WHERE flow = 'catalog'") or [(None,)]
        assert len(await products(world)) == int(checkpoint or 0)


@played
async def test_a_sink_that_comes_later_is_told_everything(world: World) -> None:
    with_goods(world, a_product("A"))
    sink = world.changes.pop("catalog_sink")
    await world.cycle(GOODS)
    world.changes["catalog_sink"] = sink
    await world.cycle(GOODS)
    assert set(sink.role.products) == {"A"}
