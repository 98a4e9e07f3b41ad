"""The cart is told of each stock change exactly once, and doubt that cannot be settled goes to a person."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.domain import StockItem, StockMeaning, StockReading
from crossdock.engine.flows.stock import TOGETHER
from crossdock.engine.pipeline import Bound
from crossdock.engine.settle_stock import TELLS_FOR
from crossdock.store import NothingToRetry
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .goods import a_product, with_goods
from .remote import Fault
from .shelf import EAST, WEST, Shelf, a_change, promise, with_shelf
from .world import World, new_database, opened, played

SOON = timedelta(minutes=2)
LEVEL = StockMeaning.SELLABLE


async def retry_all(world: World) -> None:
    """A person puts every problem back to work."""
    for problem in await world.store.read(list_problems):
        await world.store.write(retry_problem, problem.id, now=world.clock.now())


@played
async def test_a_change_arrives_once_and_a_movement_whole(world: World) -> None:
    shelf = with_shelf(world, "A", "B")
    assert await promise(world, a_change("1", "A", EAST=3), a_change("2", "B", EAST=-4, WEST=4)) == 2
    await world.flow("stock")
    assert shelf.available["A"][EAST] == 13
    assert (shelf.available["B"][EAST], shelf.available["B"][WEST]) == (6, 14)
    assert await world.promises() == {"stock done": 2}
    assert shelf.calls == {"read_stock": 1, "change_stock": 2}


@played
async def test_a_key_that_was_promised_before_changes_nothing(world: World) -> None:
    shelf = with_shelf(world, "A")
    await promise(world, a_change("1", EAST=3))
    await world.flow("stock")
    assert await promise(world, a_change("1", EAST=3)) == 0
    await world.flow("stock")
    assert len(shelf.applied) == 1


@played
async def test_changes_of_one_product_go_one_after_the_other_in_one_run(world: World) -> None:
    shelf = with_shelf(world, "A", "B")
    await promise(
        world, *(a_change(str(number), "A", EAST=number) for number in range(1, 6)), a_change("b", "B", EAST=1)
    )
    await world.flow("stock")
    assert [change.key for change in shelf.applied if change.item.sku == "A"] == ["1", "2", "3", "4", "5"]
    assert shelf.available["A"][EAST] == 25


@played
async def test_while_one_change_is_in_doubt_the_next_of_that_product_waits_and_others_go(world: World) -> None:
    shelf = with_shelf(world, "A", "B")
    shelf.faults["change_stock"].append(Fault.LOST_AFTER)
    await promise(world, a_change("1", "A", EAST=1), a_change("2", "A", EAST=1))
    await world.flow("stock")
    await promise(world, a_change("3", "B", EAST=1))
    await world.flow("stock")
    assert [change.key for change in shelf.applied] == ["1", "3"]
    world.clock.advance(SOON)
    await world.flow("stock")
    assert [change.key for change in shelf.applied] == ["1", "3", "2"]
    assert await world.promises() == {"stock done": 3}


@pytest.mark.parametrize(("fault", "sent"), [(Fault.LOST_AFTER, 1), (Fault.LOST_BEFORE, 1)])
def test_a_lost_answer_is_settled_by_reading(tmp_path: Path, fault: Fault, sent: int) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            shelf = with_shelf(world, "A")
            shelf.faults["change_stock"].append(fault)
            await promise(world, a_change("1", EAST=3, WEST=-3))
            await world.flow("stock")
            world.clock.advance(SOON)
            await world.flow("stock")
            assert len(shelf.applied) == sent
            assert (shelf.available["A"][EAST], shelf.available["A"][WEST]) == (13, 7)
            assert await world.problems() == []

    asyncio.run(scene())


@played
async def test_a_sale_meanwhile_makes_it_a_persons_word_and_never_a_second_send(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"].append(Fault.LOST_BEFORE)
    await promise(world, a_change("1", EAST=-1))
    await world.flow("stock")
    shelf.sell("A", 1)
    world.clock.advance(SOON)
    await world.flow("stock")
    assert shelf.applied == []
    (problem,) = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("stock_refused", "1")
    assert "UTC, the cart held 10 at 0, now 9 at 0; promised to buyers 0 before, 1 now" in problem.title

    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.flow("stock")
    assert shelf.available["A"][EAST] == 8
    assert await world.problems() == []


@played
async def test_what_was_read_before_a_first_attempt_is_not_used_for_the_second(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"] += [Fault.BUSY, Fault.LOST_AFTER]
    await promise(world, a_change("1", EAST=3))
    await world.flow("stock")
    shelf.sell("A", 2)
    world.clock.advance(SOON)
    await world.flow("stock")
    world.clock.advance(SOON)
    await world.flow("stock")
    assert len(shelf.applied) == 1
    assert await world.promises() == {"stock done": 1}


@played
async def test_an_unknown_product_is_a_problem_and_the_others_go_on(world: World) -> None:
    shelf = with_shelf(world, "A")
    await promise(world, a_change("1", "NOWHERE", EAST=3), a_change("2", "A", EAST=3))
    await world.flow("stock")
    assert [change.key for change in shelf.applied] == ["2"]
    assert await world.problems() == [("stock_refused", "1")]


@played
async def test_a_reading_that_fails_loses_nothing(world: World) -> None:
    shelf = with_shelf(world, "A", "B")
    shelf.faults["read_stock"].append(Fault.REFUSED_BEFORE)
    await promise(world, a_change("1", "A", EAST=3), a_change("2", "B", EAST=3))
    await world.flow("stock")
    assert await world.promises() == {"stock due": 2}
    world.clock.advance(SOON)
    await world.flow("stock")
    assert sorted(change.key for change in shelf.applied) == ["1", "2"]


@played
async def test_refused_credentials_pause_the_connection(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["read_stock"].append(Fault.LOCKED_OUT)
    await promise(world, a_change("1", EAST=3))
    report = await world.flow("stock")
    assert "Connection shop is paused" in report.error
    assert await world.promises() == {"stock due": 1}


@played
async def test_a_level_may_be_set_again(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"].append(Fault.LOST_AFTER)
    await promise(world, a_change("1", "A", LEVEL, EAST=5))
    await world.flow("stock")
    world.clock.advance(SOON)
    await world.flow("stock")
    assert (len(shelf.applied), shelf.available["A"][EAST]) == (2, 5)
    assert await world.promises() == {"stock done": 1}


@played
async def test_case_does_not_make_two_products_of_one(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.available["a"] = shelf.available["A"]
    shelf.faults["change_stock"].append(Fault.LOST_BEFORE)
    await promise(world, a_change("1", "A", EAST=1), a_change("2", "a", EAST=1))
    await world.flow("stock")
    assert shelf.calls["change_stock"] == 1


@played
async def test_a_change_whose_turn_came_is_read_before_it_is_sent(world: World) -> None:
    shelf = with_shelf(world, *(f"A{number}" for number in range(TOGETHER + 5)))
    await promise(world, *(a_change(sku, sku, EAST=1) for sku in shelf.available))
    await world.flow("stock")
    assert shelf.calls == {"read_stock": 2, "change_stock": TOGETHER + 5}
    assert all(change.before and change.read_at for change in shelf.applied)


@played
async def test_doubt_that_is_older_than_a_sale_and_its_shipment_is_a_persons_word(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"].append(Fault.LOST_AFTER)
    await promise(world, a_change("1", EAST=1))
    await world.flow("stock")
    shelf.sell("A", 1)
    shelf.ship("A", 1)
    world.clock.advance(TELLS_FOR + SOON)
    await world.flow("stock")
    assert len(shelf.applied) == 1, "nothing seems to have moved, and still it is not sent again"
    assert await world.problems() == [("stock_refused", "1")]


@played
async def test_a_look_up_that_says_no_begins_the_comparison_anew(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"] += [Fault.LOST_BEFORE, Fault.LOST_AFTER]
    await promise(world, a_change("1", EAST=1))
    for _ in range(3):
        await world.flow("stock")
        world.clock.advance(TELLS_FOR * 0.7)
    assert len(shelf.applied) == 1
    assert await world.promises() == {"stock done": 1}


@played
async def test_a_run_that_died_before_it_read_anything_leaves_no_doubt(world: World) -> None:
    shelf = with_shelf(world, "A")
    await promise(world, a_change("1", EAST=1))
    lease = await world.store.begin_run("main", "stock", now=world.clock.now(), seconds=60)
    assert lease
    await world.store.claim_stock(lease, "shop", 10, now=world.clock.now())
    shelf.sell("A", 2)
    world.clock.advance(timedelta(days=1))
    await world.flow("stock")
    assert len(shelf.applied) == 1
    assert await world.problems() == []


@played
async def test_what_was_read_for_an_attempt_that_did_nothing_is_void_when_the_next_run_dies(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"].append(Fault.BUSY)
    await promise(world, a_change("1", EAST=-2))
    await world.flow("stock")
    world.clock.advance(SOON)
    shelf.sell("A", 2)
    shelf.ship("A", 2)
    lease = await world.store.begin_run("main", "stock", now=world.clock.now(), seconds=60)
    assert lease
    await world.store.claim_stock(lease, "shop", 10, now=world.clock.now())
    world.clock.advance(SOON)
    await world.flow("stock")
    assert len(shelf.applied) == 1, "the sale was taken for the change"


@played
async def test_a_bug_of_the_plugin_on_one_product_is_that_products_problem(world: World) -> None:
    class Moody(Shelf):
        async def read_stock(self, items: Sequence[StockItem]) -> Sequence[StockReading]:
            if any(item.sku == "B" for item in items):
                raise ZeroDivisionError("a bug of the plugin")
            return await super().read_stock(items)

    shelf = with_shelf(world, "A", "B", "C", kind=Moody)
    await promise(world, *(a_change(sku, sku, EAST=1) for sku in "ABC"))
    await world.flow("stock")
    assert sorted(change.key for change in shelf.applied) == ["A", "C"]
    assert await world.problems() == [("plugin_failed", "B")]


@played
async def test_readings_that_are_not_one_each_are_a_bug_of_the_plugin(world: World) -> None:
    class Forgetful(Shelf):
        async def read_stock(self, items: Sequence[StockItem]) -> Sequence[StockReading]:
            return (await super().read_stock(items))[1:]

    shelf = with_shelf(world, "A", kind=Forgetful)
    await promise(world, a_change("1", EAST=1))
    await world.flow("stock")
    (problem,) = await world.store.read(list_problems)
    assert "1 items were to be read, and 0 readings came" in problem.title
    assert shelf.applied == []


@pytest.mark.parametrize(("fault", "sent"), [(Fault.BUG, 1), (Fault.BUG_AFTER, 1)])
def test_after_a_bug_a_retry_looks_first_whether_it_arrived(tmp_path: Path, fault: Fault, sent: int) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            shelf = with_shelf(world, "A")
            shelf.faults["change_stock"].append(fault)
            await promise(world, a_change("1", EAST=3))
            await world.flow("stock")
            assert await world.problems() == [("plugin_failed", "1")]
            await retry_all(world)
            await world.flow("stock")
            assert len(shelf.applied) == sent
            assert await world.problems() == []

    asyncio.run(scene())


@played
async def test_a_level_that_was_overtaken_is_not_set_any_more(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"].append(Fault.NO)
    await promise(world, a_change("1", "A", LEVEL, EAST=5), a_change("2", "A", EAST=2), a_change("3", "A", WEST=1))
    await world.flow("stock")
    with pytest.raises(NothingToRetry, match="set or changed again after 1"):
        await retry_all(world)
    assert shelf.available["A"][EAST] == 12


@played
async def test_differences_of_one_product_may_be_made_in_any_order(world: World) -> None:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"].append(Fault.NO)
    await promise(world, a_change("1", "A", EAST=5), a_change("2", "A", EAST=2), a_change("3", "A", LEVEL, WEST=1))
    await world.flow("stock")
    await retry_all(world)
    await world.flow("stock")
    assert (shelf.available["A"][EAST], shelf.available["A"][WEST]) == (17, 1)


@played
async def test_a_cart_that_is_gone_is_not_asked_a_hundred_times(world: World) -> None:
    shelf = with_shelf(world, *(f"A{number}" for number in range(60)))
    shelf.faults["read_stock"] += [Fault.REFUSED_BEFORE] * 60
    await promise(world, *(a_change(sku, sku, EAST=1) for sku in shelf.available))
    report = await world.flow("stock")
    assert "shop failed 12 times in a row" in report.error
    assert shelf.calls["read_stock"] <= 3
    assert set(await world.promises()) == {"stock due"}


@played
async def test_a_stop_hands_back_what_was_not_sent(world: World) -> None:
    shelf = with_shelf(world, "A", "B")
    await promise(world, a_change("1", "A", EAST=1), a_change("2", "B", EAST=1))
    shelf.while_reading = world.stop.set
    await world.flow("stock")
    assert shelf.applied == []
    assert await world.promises() == {"stock due": 2}


@played
async def test_the_product_id_of_the_catalogue_is_used_and_levels_need_no_reading(world: World) -> None:
    shelf = with_shelf(world, "A")
    with_goods(world, a_product("A", external_id=shelf.product_id("A")))
    world.changes["catalog_source"] = Bound("shop", world.changes["catalog_source"].role)
    await world.flow("catalog")
    await promise(world, a_change("1", "A", LEVEL, EAST=5))
    await world.flow("stock")
    assert shelf.calls == {"change_stock": 1}
    assert shelf.applied[0].item.product_id == shelf.product_id("A")


@played
async def test_thousands_of_changes_are_promised_at_once(world: World) -> None:
    with_shelf(world, "A")
    changes = [a_change(str(number), f"S{number}", EAST=1) for number in range(3000)]
    assert await promise(world, *changes) == 3000
    assert await promise(world, *changes) == 0
