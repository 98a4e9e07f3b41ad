"""The cart is told of each stock change exactly once, and doubt that cannot be settled goes to a person."""

import asyncio
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crossdock.domain import StockMeaning
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .remote import Fault
from .repeatable import RepeatableLoop
from .shelf import EAST, WEST, a_change, promise, with_shelf
from .world import World, new_database, opened, played

DAY = timedelta(days=1)
LEVEL = StockMeaning.SELLABLE


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
    world.clock.advance(DAY)
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
            world.clock.advance(DAY)
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
    world.clock.advance(DAY)
    await world.flow("stock")
    assert shelf.applied == []
    (problem,) = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("stock_refused", "1")
    assert "held 10 at 0, now 9 at 0; promised to buyers 0 before, 1 now" in problem.title

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
    world.clock.advance(DAY)
    await world.flow("stock")
    world.clock.advance(DAY)
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
    world.clock.advance(DAY)
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
    world.clock.advance(DAY)
    await world.flow("stock")
    assert (len(shelf.applied), shelf.available["A"][EAST]) == (2, 5)
    assert await world.promises() == {"stock done": 1}


class Shop(RuleBasedStateMachine):
    """Changes and movements are promised, buyers buy, answers get lost and the process dies anywhere."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="crossdock-")
        self.runner = asyncio.Runner(loop_factory=RepeatableLoop)
        self.stack = AsyncExitStack()
        self.world = self.runner.run(self.stack.enter_async_context(opened(new_database(Path(self.folder.name)))))
        self.shelf = with_shelf(self.world, "A", "B")
        self.promised = 0

    @rule(sku=st.sampled_from("AB"), east=st.integers(-3, 3), west=st.integers(-3, 3))
    def something_is_promised(self, sku: str, east: int, west: int) -> None:
        if not (east or west):
            return  # a change of nothing cannot be told from one that did not arrive
        self.promised += 1
        self.runner.run(promise(self.world, a_change(str(self.promised), sku, EAST=east, WEST=west)))

    @rule(sku=st.sampled_from("AB"), quantity=st.integers(1, 3), center=st.sampled_from((EAST, WEST)))
    def somebody_buys(self, sku: str, quantity: int, center: str) -> None:
        self.shelf.sell(sku, quantity, center)

    @rule(
        faults=st.lists(
            st.sampled_from((Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.BUSY, Fault.REFUSED_BEFORE)), max_size=3
        ),
        operation=st.sampled_from(("change_stock", "read_stock")),
        minutes=st.sampled_from((1, 10, 120)),
    )
    def work(self, faults: list[Fault], operation: str, minutes: int) -> None:
        self.shelf.faults[operation].extend(faults)
        self.world.clock.advance(timedelta(minutes=minutes))
        self.runner.run(self.world.cycle(("stock",)))

    @rule(steps=st.integers(1, 60))
    def work_and_die(self, steps: int) -> None:
        self.runner.run(self.world.live(steps, ("stock",)))

    @invariant()
    def nothing_is_applied_twice(self) -> None:
        if hasattr(self, "shelf"):
            assert not [key for key, times in Counter(one.key for one in self.shelf.applied).items() if times > 1]

    def teardown(self) -> None:
        try:
            self.shelf.faults.clear()
            for _ in range(4):
                self.world.clock.advance(DAY)
                self.runner.run(self.world.cycle(("stock",)))
            self.nothing_is_applied_twice()
            states = dict(self.runner.run(self.world.select("SELECT key, state FROM promise")))
            assert set(states.values()) <= {"done", "rejected"}
            applied = {one.key for one in self.shelf.applied}
            assert {key for key, state in states.items() if state == "done"} <= applied, (
                "called done, and never applied"
            )
            named = {subject for _, subject in self.runner.run(self.world.problems())}
            assert {key for key, state in states.items() if state == "rejected"} <= named, "given up without a word"
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()


TestShop = Shop.TestCase
TestShop.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
