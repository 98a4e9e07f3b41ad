"""Products are renamed, doubled, deleted and made anew while anything fails: what the sink has is right, or named."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from crossdock.domain import ProductChange
from crossdock.engine.problems import Code
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Rejected
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .goods import Shop, a_product
from .listing import with_listing
from .remote import Fault
from .repeatable import RepeatableLoop
from .world import new_database, opened

SERVICES = ("catalog", "census", "publish")
ANCHORS = ("K", "L", "M", "N")
"""Products that nobody touches: with fewer, half the catalogue could be deleted, and no list of it be believed."""
OPERATIONS = ("fetch_products", "fetch_identities", "put_products")
FAULTS = (Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.REFUSED_BEFORE, Fault.BUG)
ERRORS = (OutcomeUnknown("no answer"), Rejected("no"))
keys = st.sampled_from(("R1", "R2", "R3", "R4"))
skus = st.sampled_from(("A", "a", "B", "C"))


class Owned(Shop):
    """Knows whose word each item is."""

    def _take(self, change: ProductChange) -> None:
        super()._take(change)
        self.products[change.product.sku]["owner"] = change.product.external_id


class Names(RuleBasedStateMachine):
    """Four products that fight for three SKUs."""

    @initialize(bulk=st.sampled_from((0, 3)))
    def open(self, bulk: int) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="crossdock-")
        self.runner = asyncio.Runner(loop_factory=RepeatableLoop)
        self.stack = AsyncExitStack()
        self.world = self.runner.run(self.stack.enter_async_context(opened(new_database(Path(self.folder.name)))))
        self.records, self.shop = with_listing(self.world, *map(a_product, ANCHORS), sink=Owned)
        self.shop.bulk = bulk

    @rule(key=keys, sku=skus, title=st.sampled_from(("one", "two")))
    def a_person_writes(self, key: str, sku: str, title: str) -> None:
        self.records.write(a_product(sku, external_id=key, title=title))

    @rule(key=keys)
    def a_person_deletes(self, key: str) -> None:
        self.records.delete(key)

    @rule(operation=st.sampled_from(OPERATIONS), fault=st.sampled_from(FAULTS))
    def something_will_fail(self, operation: str, fault: Fault) -> None:
        self.records.faults[operation].append(fault)
        self.shop.faults[operation].append(fault)

    @rule(sku=skus, error=st.sampled_from(ERRORS))
    def one_will_fail(self, sku: str, error: CrossdockError) -> None:
        self.shop.says.setdefault(sku, []).append(error)

    @rule(minutes=st.sampled_from((1, 120)))
    def work(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        self.runner.run(self.world.cycle(SERVICES))

    @rule(steps=st.integers(1, 50))
    def work_and_die(self, steps: int) -> None:
        self.runner.run(self.world.live(steps, SERVICES))

    @rule(code=st.sampled_from((Code.SKU_RENAMED, Code.DUPLICATE_SKU)))
    def a_person_says_again(self, code: Code) -> None:
        self.runner.run(self.retry(code))

    def teardown(self) -> None:
        try:
            for remote in (self.records, self.shop):
                remote.faults.clear()
            self.shop.says.clear()
            for _ in range(3):
                self.world.clock.advance(timedelta(days=1))
                self.runner.run(self.world.cycle(SERVICES))
                self.runner.run(self.retry(Code.PUBLISH_REFUSED, Code.UNREADABLE_PRODUCT))
            self.everything_is_right_or_named(set(self.runner.run(self.world.problems())))
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    def everything_is_right_or_named(self, problems: set[tuple[str, str]]) -> None:
        there, bearers = self.records.there(), self.bearers()
        for key, product in there.items():
            item: dict[str, Any] = self.shop.products.get(product.sku, {})
            if len(bearers[product.sku.casefold()]) > 1:
                assert ("duplicate_sku", product.sku.casefold()) in problems
            elif ("sku_renamed", key) not in problems:
                assert (item["owner"], item["title"]) == (key, product.title)
        for sku, item in self.shop.products.items():
            if item["owner"] not in there and sku.casefold() not in bearers:
                assert ("product_gone", item["owner"]) in problems
        for code, subject in problems:
            assert code in ("duplicate_sku", "sku_renamed", "product_gone")
            assert len(bearers.get(subject, ())) > 1 if code == "duplicate_sku" else True
            assert (subject in there) == (code == "sku_renamed") or code == "duplicate_sku"

    def bearers(self) -> dict[str, list[str]]:
        """By SKU, the products that bear it."""
        found: dict[str, list[str]] = {}
        for key, product in self.records.there().items():
            found.setdefault(product.sku.casefold(), []).append(key)
        return found

    async def retry(self, *codes: Code) -> None:
        now = self.world.clock.now()
        for problem in await self.world.store.read(list_problems):
            if problem.code == "plugin_failed":  # of a whole flow: it runs again by itself
                await self.world.store.close_problems("main", Code.PLUGIN_FAILED, [problem.subject], now=now)
            elif problem.code in codes:
                await self.world.store.write(retry_problem, problem.id, now=now)


class TestNames(Names.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=8, stateful_step_count=15, print_blob=True)


@pytest.mark.slow
class TestLongNames(Names.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(deadline=None, max_examples=150, stateful_step_count=25, print_blob=True)
