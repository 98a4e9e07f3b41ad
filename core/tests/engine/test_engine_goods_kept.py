"""Products change while answers get lost and the process dies anywhere: the sink ends as the source is."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from crossdock.domain import Product
from crossdock.engine.problems import Code
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Rejected, Throttled
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .goods import a_product, with_goods
from .remote import Fault
from .repeatable import RepeatableLoop
from .world import new_database, opened

GOODS = ("catalog", "publish")
SKUS = ("A", "B", "C", "D")
OPERATIONS = ("fetch_products", "put_products", "put_products_in_bulk")
FAULTS = (Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.BUSY, Fault.REFUSED_BEFORE, Fault.NO, Fault.BUG, Fault.BUG_AFTER)
ERRORS = (OutcomeUnknown("no answer"), Rejected("no"), Throttled("slower", 5.0))
texts = st.sampled_from(("one", "two", "unreadable"))


class Mirror(RuleBasedStateMachine):
    """Some products of three fields, written over and over."""

    @initialize(bulk=st.sampled_from((0, 2)))
    def open(self, bulk: int) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="crossdock-")
        self.runner = asyncio.Runner(loop_factory=RepeatableLoop)
        self.stack = AsyncExitStack()
        self.world = self.runner.run(self.stack.enter_async_context(opened(new_database(Path(self.folder.name)))))
        self.records, self.shop = with_goods(self.world)
        self.shop.bulk = bulk

    @rule(sku=st.sampled_from(SKUS), title=texts, brand=texts)
    def something_changes(self, sku: str, title: str, brand: str) -> None:
        self.records.write(a_product(sku, title=title, brand=brand))

    @rule(operation=st.sampled_from(OPERATIONS), faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3))
    def something_will_fail(self, operation: str, faults: list[Fault]) -> None:
        self.shop.faults[operation].extend(faults)
        self.records.faults[operation].extend(faults)

    @rule(sku=st.sampled_from(SKUS), error=st.sampled_from(ERRORS))
    def one_will_fail(self, sku: str, error: CrossdockError) -> None:
        self.shop.says.setdefault(sku, []).append(error)

    @rule(minutes=st.sampled_from((1, 10, 120)))
    def work(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        self.runner.run(self.world.cycle(GOODS))

    @rule(steps=st.integers(1, 50))
    def work_and_die(self, steps: int) -> None:
        self.runner.run(self.world.live(steps, GOODS))

    def teardown(self) -> None:
        try:
            for remote in (self.records, self.shop):
                remote.faults.clear()
            self.shop.says.clear()
            self.records.write(*(self.readable(one) for one in self.newest().values()))
            for _ in range(3):
                self.world.clock.advance(timedelta(days=1))
                self.runner.run(self.world.cycle(GOODS))
                self.runner.run(self.retry())
            wanted = {sku: (one.title, one.brand) for sku, one in self.newest().items()}
            assert {sku: (it["title"], it["brand"]) for sku, it in self.shop.products.items()} == wanted
            assert self.runner.run(self.world.problems()) == []
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    def newest(self) -> dict[str, Product]:
        return {one.sku: one for one in self.records.changes}

    def readable(self, product: Product) -> Product:
        return product.model_copy(update={"title": "three"}) if product.title == "unreadable" else product

    async def retry(self) -> None:
        now = self.world.clock.now()
        for problem in await self.world.store.read(list_problems):
            if problem.code == "plugin_failed":  # of a whole flow: it runs again by itself
                await self.world.store.close_problems("main", Code.PLUGIN_FAILED, [problem.subject], now=now)
            else:
                await self.world.store.write(retry_problem, problem.id, now=now)


class TestMirror(Mirror.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=10, stateful_step_count=15, print_blob=True)


@pytest.mark.slow
class TestLongMirror(Mirror.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=400, stateful_step_count=30, print_blob=True)
