"""Products are read page by page, and the sink is told only what changed."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.domain import Product
from crossdock.engine.product_changes import changed_fields, fingerprint
from crossdock.hooks.errors import OutcomeUnknown, Rejected, Unavailable
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .goods import a_product, with_goods
from .remote import Fault
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


@played
async def test_a_new_product_is_told_whole_and_a_changed_one_by_what_changed(world: World) -> None:
    records, shop = with_goods(world, a_product("A"))
    await world.cycle(GOODS)
    assert {"sku", "title", "images"} <= set(shop.told[0][1])

    records.write(a_product("A", title="better"))
    await world.cycle(GOODS)
    assert shop.told[1:] == [("A", ("title",))]

    records.write(a_product("A", title="worse"), a_product("A", title="better"))
    await world.cycle(GOODS)
    await world.cycle(GOODS)
    assert shop.told[2:] == [], "what the sink has already is not told again"


@played
async def test_a_refused_product_is_a_problem_that_its_correction_closes(world: World) -> None:
    records, shop = with_goods(world, a_product("A"), a_product("B"))
    shop.says["A"] = [Rejected("the title is too long"), Rejected("the title is too long")]
    await world.cycle(GOODS)
    (problem,) = await world.store.read(list_problems)
    assert problem.title == "Product A was not taken: the title is too long"

    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.flow("publish")
    assert await world.problems() == [("publish_refused", "A")]

    records.write(a_product("A", title="short"))
    await world.cycle(GOODS)
    assert await world.problems() == []
    assert set(shop.products) == {"A", "B"}


@pytest.mark.parametrize("error", [Unavailable("down"), OutcomeUnknown("no answer")])
def test_what_did_not_arrive_is_put_again(tmp_path: Path, error: Exception) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            _, shop = with_goods(world, a_product("A"), a_product("B"))
            shop.says["A"] = [error]
            await world.cycle(GOODS)
            assert set(shop.products) == {"B"}
            world.clock.advance(DAY)
            await world.cycle(GOODS)
            assert set(shop.products) == {"A", "B"}
            assert len(shop.told) == 3

    asyncio.run(scene())


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.REFUSED_BEFORE, Fault.BUSY, Fault.NO])
def test_an_error_of_the_whole_call_loses_nothing(tmp_path: Path, fault: Fault) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            _, shop = with_goods(world, a_product("A"), a_product("B"))
            shop.faults["put_products"].append(fault)
            await world.cycle(GOODS)
            for problem in await world.store.read(list_problems):
                await world.store.write(retry_problem, problem.id, now=world.clock.now())
            world.clock.advance(DAY)
            await world.cycle(GOODS)
            assert set(shop.products) == {"A", "B"}
            assert await world.problems() == []

    asyncio.run(scene())


@played
async def test_many_go_in_bulk_and_what_is_in_doubt_goes_singly(world: World) -> None:
    _, shop = with_goods(world, *(a_product(f"A{number}") for number in range(8)))
    shop.bulk = 3
    shop.says["A1"] = [OutcomeUnknown("the file had errors")]
    await world.flow("catalog")
    await world.flow("publish")
    assert shop.files == [3, 3]
    world.clock.advance(DAY)
    await world.flow("publish")
    assert len(shop.products) == 8
    assert shop.files == [3, 3]


@played
async def test_a_process_that_dies_anywhere_leaves_the_sink_as_the_source_is(world: World) -> None:
    records, shop = with_goods(world, *(a_product(f"A{number}") for number in range(5)))
    for steps in range(1, 40, 3):
        records.write(a_product(f"A{steps % 5}", title=f"version {steps}"))
        await world.live(steps, GOODS)
    for _ in range(2):
        world.clock.advance(DAY)
        await world.cycle(GOODS)
    newest = {one.sku: one.title for one in records.changes}
    assert {sku: fields["title"] for sku, fields in shop.products.items()} == newest


def test_what_differs_by_nature_is_no_change() -> None:
    one, other = a_product("A"), a_product("A", external_id="other", profile="2")
    assert fingerprint(one) == fingerprint(other)
    assert changed_fields(one, other) == ()
    assert changed_fields(one, a_product("A", labels=("new",))) == ("labels",)
    assert set(changed_fields(None, one)) == set(Product.model_fields) - {"external_id", "profile", "updated_at"}
