"""Boxes are packed while a shipping provider loses answers, shows purchases late, is down, and the process dies.

No box is sold two labels, all that was paid for is kept, and every box has a label or a problem.
"""

import asyncio
import tempfile
from collections import Counter
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crossdock.domain import Parcel
from crossdock.engine.label_purchase import DOUBT_PATIENCE
from crossdock.hooks.errors import CrossdockError
from crossdock.store.label_views import list_labels
from crossdock.store.label_wishes import ask_void
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import a_box, a_line, an_order
from .remote import Fault
from .repeatable import RepeatableLoop
from .selling import a_rate, with_seller
from .world import new_database, opened

SERVICES = ("collect", "void", "label", "confirm")
CALLS = ("find_label", "draft_label", "buy_label", "find_parcels", "fetch_label", "void_label", "check_address")
PASSING = (Fault.REFUSED_BEFORE, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.BUSY, Fault.NO, Fault.BUG_AFTER)
ROUNDS_TO_DRAIN = 6
troubles = st.dictionaries(
    st.sampled_from(CALLS), st.lists(st.sampled_from(PASSING), min_size=1, max_size=3), max_size=3
)
minutes = st.sampled_from((0, 1, 9, 60))
Troubles = dict[str, list[Fault]]


class Packing(RuleBasedStateMachine):
    """The real flows over a real database, beside a provider that counts what it sells."""

    @initialize(
        late=st.sampled_from((timedelta(), DOUBT_PATIENCE - timedelta(minutes=1), timedelta(hours=2))),
        amount=st.sampled_from(("3.10", "7.00")),
    )
    def open(self, late: timedelta, amount: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="crossdock-")
        self.runner = asyncio.Runner(loop_factory=RepeatableLoop)
        self.stack = AsyncExitStack()
        self.world = self.runner.run(self.stack.enter_async_context(opened(new_database(Path(self.folder.name)))))
        # Only a provider that knows its drafts may show a purchase later than we wait for it.
        forgets = late < DOUBT_PATIENCE
        self.seller = with_seller(self.world, a_rate(amount=amount), late=late, forgetful=forgets)
        self.packed = 0

    @rule(boxes=st.integers(1, 3))
    def an_order_is_packed(self, boxes: int) -> None:
        self.packed += 1
        key = str(self.packed)
        self.world.cart.sell(an_order(key, a_line("10", boxes)))
        self.runner.run(self.world.cycle(("download", "release")))
        packed = (a_box(f"b{key}{box}", f"N{key}", ("10", 1), tracking="") for box in range(boxes))
        self.world.warehouse.pack(*packed)

    @rule(troubles=troubles, minutes=minutes)
    def work(self, troubles: Troubles, minutes: int) -> None:
        self.brew(troubles, minutes)
        self.runner.run(self.world.cycle(SERVICES))

    @rule(troubles=troubles, minutes=minutes, steps=st.integers(1, 60))
    def work_and_die(self, troubles: Troubles, minutes: int, steps: int) -> None:
        self.brew(troubles, minutes)
        self.runner.run(self.world.live(steps, SERVICES))

    @rule(again=st.booleans(), data=st.data())
    def a_person_takes_a_label_back(self, again: bool, data: st.DataObject) -> None:
        labels = self.runner.run(self.world.store.read(list_labels))
        if bought := [one.key for one in labels if one.state == "bought"]:
            key = data.draw(st.sampled_from(bought))
            self.runner.run(self.void(key, again))

    async def void(self, key: str, again: bool) -> None:
        try:
            how = {"why": "torn", "by": "ada", "now": self.world.clock.now()}
            await self.world.store.write(ask_void, key, again=again, **how)  # type: ignore[arg-type]
        except CrossdockError:
            pass

    @rule()
    def a_person_retries(self) -> None:
        self.runner.run(self.retry())

    async def retry(self) -> None:
        for one in await self.world.store.read(list_problems):
            with suppress(CrossdockError):
                await self.world.store.write(retry_problem, one.id, now=self.world.clock.now())

    def brew(self, troubles: Troubles, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        for call, faults in troubles.items():
            self.seller.faults[call].extend(faults)

    @invariant()
    def nothing_is_bought_twice(self) -> None:
        if hasattr(self, "seller"):
            assert max(Counter(sale.key for sale in self.seller.sold).values(), default=1) == 1

    def teardown(self) -> None:
        try:
            self.settle_down()
            self.runner.run(self.everything_is_labelled_or_named())
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    def settle_down(self) -> None:
        self.seller.faults.clear()
        for _ in range(ROUNDS_TO_DRAIN):
            self.world.clock.advance(timedelta(hours=3))
            self.runner.run(self.world.cycle(SERVICES))
        self.runner.run(self.world.flow("label"))

    async def everything_is_labelled_or_named(self) -> None:
        self.nothing_is_bought_twice()
        labels = await self.world.store.read(list_labels, limit=1000)
        named = {subject for code, subject in await self.world.problems()}
        assert all(one.key in named for one in labels if one.state == "refused"), (labels, named)
        assert {one.state for one in labels} <= {"bought", "voided", "refused"}
        keys = {one.key for one in labels}
        assert {f"{box.request_number}/{box.external_id}" for box in self.world.warehouse.boxes} <= keys
        refused = {one.key for one in labels if one.state == "refused"}
        rows = await self.world.select("SELECT document FROM parcel")
        kept = {one.external_id: one.cost for one in (Parcel.model_validate_json(document) for (document,) in rows)}
        paid = {f"p{number}": sale.cost for number, sale in enumerate(self.seller.sold, start=1)}
        owed = {f"p{number}" for number, sale in enumerate(self.seller.sold, start=1) if sale.key not in refused}
        assert kept.items() <= paid.items()
        assert owed <= set(kept)
        told = Counter(one.tracking_number for one in self.world.cart.confirmed)
        assert max(told.values(), default=1) == 1


Packing.TestCase.settings = settings(max_examples=6, stateful_step_count=10, deadline=None, print_blob=True)
TestPacking = Packing.TestCase


@pytest.mark.slow
class TestManyPackings(Packing.TestCase):  # type: ignore[misc, name-defined]
    settings = settings(max_examples=120, stateful_step_count=25, deadline=None, print_blob=True)
