"""Stock changes while buyers buy, answers get lost and the process dies anywhere: each is made once."""

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

from crossdock.engine.settle_stock import TELLS_FOR
from crossdock.store.queries import list_problems
from crossdock.store.repair import resolve_problem, retry_problem

from .remote import Fault
from .repeatable import RepeatableLoop
from .shelf import EAST, WEST, a_change, promise, with_shelf
from .world import new_database, opened

SKUS = "AB"
numbers = st.integers(-2, 2)
FAULTS = (Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.BUSY, Fault.REFUSED_BEFORE, Fault.BUG, Fault.BUG_AFTER)


class Shop(RuleBasedStateMachine):
    """Changes and movements are promised; a person who looks at the shelf decides what crossdock cannot tell."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="crossdock-")
        self.runner = asyncio.Runner(loop_factory=RepeatableLoop)
        self.stack = AsyncExitStack()
        self.world = self.runner.run(self.stack.enter_async_context(opened(new_database(Path(self.folder.name)))))
        self.shelf = with_shelf(self.world, *SKUS)
        self.sold: Counter[tuple[str, str]] = Counter()
        self.promised: dict[str, tuple[str, int, int]] = {}

    @rule(changes=st.lists(st.tuples(st.sampled_from(SKUS), numbers, numbers), min_size=1, max_size=4))
    def something_is_promised(self, changes: list[tuple[str, int, int]]) -> None:
        for sku, east, west in changes:
            if east or west:  # a change of nothing cannot be told from one that did not arrive
                key = str(len(self.promised))
                self.promised[key] = (sku, east, west)
                self.runner.run(promise(self.world, a_change(key, sku, EAST=east, WEST=west)))

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(1, 2), center=st.sampled_from((EAST, WEST)))
    def somebody_buys(self, sku: str, quantity: int, center: str) -> None:
        self.sold[sku, center] += quantity
        self.shelf.sell(sku, quantity, center)

    @rule(sku=st.sampled_from(SKUS))
    def what_was_sold_leaves_the_house_later(self, sku: str) -> None:
        self.world.clock.advance(TELLS_FOR + timedelta(minutes=1))
        self.shelf.ship(sku, self.shelf.reserved[sku])

    @rule(operation=st.sampled_from(("change_stock", "change_stock", "read_stock")), fault=st.sampled_from(FAULTS))
    def something_will_fail(self, operation: str, fault: Fault) -> None:
        self.shelf.faults[operation].append(fault)

    @rule(minutes=st.sampled_from((1, 1, 10, 120)))
    def work(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        self.runner.run(self.world.cycle(("stock",)))

    @rule(steps=st.integers(1, 60))
    def work_and_die(self, steps: int) -> None:
        self.runner.run(self.world.live(steps, ("stock",)))

    @rule()
    def a_person_decides(self) -> None:
        self.runner.run(self.decide())

    async def decide(self) -> None:
        now, made = self.world.clock.now(), {change.key for change in self.shelf.applied}
        for problem in await self.world.store.read(list_problems):
            if problem.code == "stock_refused" and problem.subject in made:
                await self.world.store.write(resolve_problem, problem.id, "it is in the levels", now=now)
            else:
                await self.world.store.write(retry_problem, problem.id, now=now)

    @invariant()
    def nothing_is_made_twice(self) -> None:
        if hasattr(self, "shelf"):
            made = Counter(change.key for change in self.shelf.applied)
            assert not [key for key, times in made.items() if times > 1]

    def teardown(self) -> None:
        try:
            self.shelf.faults.clear()
            for _ in range(4):
                self.world.clock.advance(timedelta(days=1))
                self.runner.run(self.world.cycle(("stock",)))
                self.runner.run(self.decide())
            self.runner.run(self.world.cycle(("stock",)))
            self.every_change_was_made()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    def every_change_was_made(self) -> None:
        self.nothing_is_made_twice()
        assert {change.key for change in self.shelf.applied} == set(self.promised)
        states = {state for (state,) in self.runner.run(self.world.select("SELECT state FROM promise"))}
        assert states <= {"done", "rejected"}
        assert self.runner.run(self.world.problems()) == []
        for sku in SKUS:
            east = sum(numbers[1] for numbers in self.promised.values() if numbers[0] == sku)
            west = sum(numbers[2] for numbers in self.promised.values() if numbers[0] == sku)
            assert self.shelf.available[sku][EAST] == 10 + east - self.sold[sku, EAST]
            assert self.shelf.available[sku][WEST] == 10 + west - self.sold[sku, WEST]


class TestShop(Shop.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=12, stateful_step_count=20, print_blob=True)


@pytest.mark.slow
class TestLongShop(Shop.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=400, stateful_step_count=30, print_blob=True)
