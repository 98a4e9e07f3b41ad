"""The sink is told only what changed, and ends as the source is."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.domain import ProductChange
from crossdock.hooks.errors import OutcomeUnknown, Rejected, Unavailable
from crossdock.hooks.records import ProductAnswer
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .goods import Shop, a_product, with_goods
from .remote import Fault
from .world import World, new_database, opened, played

DAY = timedelta(days=1)
GOODS = ("catalog", "publish")


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
    assert await world.problems() == [("publish_refused", "RA")]

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
            assert len(shop.told) == 2
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
    assert shop.files == [3, 3, 2], "what began in bulk ends in bulk"
    world.clock.advance(DAY)
    await world.flow("publish")
    assert len(shop.products) == 8
    assert (shop.files, shop.calls["put_products"]) == ([3, 3, 2], 1)


@pytest.mark.parametrize("fault", [Fault.NO, Fault.BUG, Fault.BUG_AFTER, Fault.LOST_AFTER])
def test_what_a_file_refuses_is_put_singly(tmp_path: Path, fault: Fault) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            _, shop = with_goods(world, *(a_product(f"A{number}") for number in range(3)))
            shop.bulk = 3
            shop.faults["put_products_in_bulk"].append(fault)
            shop.says["A1"] = [Rejected("no title")]
            await world.flow("catalog")
            await world.flow("publish")
            world.clock.advance(DAY)
            await world.flow("publish")
            assert shop.calls == {"put_products_in_bulk": 1, "put_products": 1}

    asyncio.run(scene())


@played
async def test_what_a_lost_answer_may_have_changed_is_put_right_when_the_source_takes_it_back(world: World) -> None:
    records, shop = with_goods(world, a_product("A", brand="one"))
    await world.cycle(GOODS)
    records.write(a_product("A", brand="two"))
    shop.says["A"] = [OutcomeUnknown("no answer")]
    await world.cycle(GOODS)
    records.write(a_product("A", brand="one", title="new"))
    world.clock.advance(DAY)
    await world.cycle(GOODS)
    assert shop.products["A"]["brand"] == "one"


@played
async def test_what_a_refusal_may_have_changed_is_put_right_too(world: World) -> None:
    records, shop = with_goods(world, a_product("A"))
    await world.cycle(GOODS)
    records.write(a_product("A", brand="two"))
    shop.says["A"] = [Rejected("the second half was refused")]
    await world.cycle(GOODS)
    records.write(a_product("A", title="new"))
    await world.cycle(GOODS)
    assert len(shop.told[-1][1]) > 1


@played
async def test_a_product_that_changes_while_it_is_put_is_put_again(world: World) -> None:
    class Slow(Shop):
        async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
            answers = await super().put_products(changes)
            if len(self.told) == 1:
                await world.flow("catalog")
            return answers

    records, shop = with_goods(world, a_product("A"), sink=Slow)
    await world.flow("catalog")
    records.write(a_product("A", title="newer"))
    await world.flow("publish")
    assert shop.products["A"]["title"] == "newer"
    assert shop.told[1:] == [("A", ("title",))]


@played
async def test_a_bug_of_the_plugin_on_one_product_is_that_products_problem_alone(world: World) -> None:
    class Moody(Shop):
        async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
            if any(change.product.sku == "B" for change in changes):
                raise ZeroDivisionError("a bug of the plugin")
            return await super().put_products(changes)

    _, shop = with_goods(world, *map(a_product, "ABC"), sink=Moody)
    await world.cycle(GOODS)
    assert set(shop.products) == {"A", "C"}
    (problem,) = await world.store.read(list_problems)
    assert problem.title == "Product B was not taken: the plugin failed: ZeroDivisionError: a bug of the plugin"


@played
async def test_answers_that_are_not_one_each_are_a_bug_of_the_plugin(world: World) -> None:
    class Forgetful(Shop):
        async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
            return (await super().put_products(changes))[1:]

    with_goods(world, a_product("A"), sink=Forgetful)
    await world.cycle(GOODS)
    (problem,) = await world.store.read(list_problems)
    assert "1 products were put, and 0 answers came" in problem.title


@played
async def test_a_sink_that_is_gone_is_not_told_of_everything(world: World) -> None:
    _, shop = with_goods(world, *(a_product(f"A{number}") for number in range(250)))
    shop.faults["put_products"] += [Fault.REFUSED_BEFORE] * 9
    await world.flow("catalog")
    report = await world.flow("publish")
    assert "refused" in report.error
    assert shop.calls == {"put_products": 1}


@played
async def test_refused_credentials_pause_the_sink_and_lose_nothing(world: World) -> None:
    _, shop = with_goods(world, a_product("A"), a_product("B"))
    shop.faults["put_products"].append(Fault.LOCKED_OUT)
    await world.cycle(GOODS)
    assert world.pauses == [("shop", "the token was revoked")]
    await world.store.resume_connection("shop")
    await world.cycle(GOODS)
    assert set(shop.products) == {"A", "B"}
    assert await world.problems() == []


@played
async def test_what_never_arrives_becomes_a_persons_problem(world: World) -> None:
    _, shop = with_goods(world, a_product("A"))
    shop.faults["put_products"] += [Fault.BUSY] * 100
    await world.flow("catalog")
    for _ in range(61):
        await world.flow("publish")
        world.clock.advance(DAY)
    assert await world.problems() == [("publish_refused", "RA")]
    assert shop.calls["put_products"] == 60


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
