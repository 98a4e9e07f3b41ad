"""Stock moves while carts sell, answers get lost and the process dies anywhere: each movement is told exactly once."""

import asyncio
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crossdock.domain import InventoryMovement
from crossdock.engine.problems import Code
from crossdock.mapping import AreaRule, Areas
from crossdock.store.queries import list_problems
from crossdock.store.repair import resolve_problem, retry_problem

from .moving import TWO_CENTRES, a_movement, warehouse_of, with_movements
from .remote import Fault
from .repeatable import RepeatableLoop
from .shelf import EAST, WEST
from .world import new_database, opened

SKUS = "AB"
WORK = ("collect", "stock")
CENTER = {"MAIN": EAST, "BULK-1": EAST, "W": WEST, "DOCK": WEST}
PLACES = (None, "MAIN", "BULK-1", "W", "QUARANTINE", "DOCK")
ways = st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES)).filter(lambda way: way != (None, None))
drafts = st.tuples(st.sampled_from(SKUS), st.integers(1, 3), ways)
FAULTS = (Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.BUSY, Fault.BUG_AFTER)


class House(RuleBasedStateMachine):
    """The warehouse forgets what was acknowledged and repeats the rest; nobody maps DOCK until a person does."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="crossdock-")
        self.runner = asyncio.Runner(loop_factory=RepeatableLoop)
        self.stack = AsyncExitStack()
        self.world = self.runner.run(self.stack.enter_async_context(opened(new_database(Path(self.folder.name)))))
        self.shelf = with_movements(self.world, *SKUS)
        self.moved: list[InventoryMovement] = []

    @rule(some=st.lists(drafts, min_size=1, max_size=5))
    def stock_moves(self, some: list[tuple[str, int, tuple[str | None, str | None]]]) -> None:
        new = [
            a_movement(f"m{len(self.moved) + number}", quantity, *way, sku=sku)
            for number, (sku, quantity, way) in enumerate(some)
        ]
        self.moved += new
        warehouse_of(self.world).move(*new)

    @rule(picks=st.lists(st.integers(0, 50), min_size=1, max_size=4))
    def the_queue_tells_old_news_again(self, picks: list[int]) -> None:
        warehouse = warehouse_of(self.world)
        for pick in picks:
            if self.moved:
                one = self.moved[pick % len(self.moved)]
                warehouse.move(one)
                warehouse.saved[:] = [id for id in warehouse.saved if id != f"m-{one.external_id}"]

    @rule(fault=st.sampled_from(FAULTS))
    def the_cart_will_fail(self, fault: Fault) -> None:
        self.shelf.faults["change_stock"].append(fault)

    @rule()
    def an_acknowledgement_will_be_lost(self) -> None:
        self.world.warehouse.faults["acknowledge_records"].append(Fault.LOST_BEFORE)

    @rule(minutes=st.sampled_from((1, 10)))
    def work(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        self.runner.run(self.world.cycle(WORK))

    @rule(steps=st.integers(1, 40))
    def work_and_die(self, steps: int) -> None:
        self.runner.run(self.world.live(steps, WORK))

    @invariant()
    def nothing_is_told_twice(self) -> None:
        if hasattr(self, "shelf"):
            told = Counter(change.key for change in self.shelf.applied)
            assert not [key for key, times in told.items() if times > 1]

    def teardown(self) -> None:
        try:
            self.shelf.faults.clear()
            self.world.warehouse.faults.clear()
            areas = Areas((*TWO_CENTRES.rules, AreaRule("DOCK", WEST)))
            self.world.rules = replace(self.world.rules, areas=areas)
            self.runner.run(self.world.store.reconsider_held("main", Code.UNMAPPED_AREA, now=self.world.clock.now()))
            for _ in range(3):
                self.world.clock.advance(timedelta(days=1))
                self.runner.run(self.world.cycle(WORK))
                self.runner.run(self.decide())
            self.every_movement_was_told()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    async def decide(self) -> None:
        """A person who looks at the shelf decides what nobody can tell."""
        now, made = self.world.clock.now(), {change.key for change in self.shelf.applied}
        for problem in await self.world.store.read(list_problems):
            if problem.subject in made:
                await self.world.store.write(resolve_problem, problem.id, "it is in the levels", now=now)
            else:
                await self.world.store.write(retry_problem, problem.id, now=now)

    def every_movement_was_told(self) -> None:
        self.nothing_is_told_twice()
        wanted = {sku: Counter({EAST: 10, WEST: 10}) for sku in SKUS}
        for one in self.moved:
            for place, sign in ((one.origin, -1), (one.destination, +1)):
                if place and place.area in CENTER:
                    wanted[one.sku][CENTER[place.area]] += sign * one.quantity
        assert {sku: dict(held) for sku, held in self.shelf.available.items()} == {
            sku: dict(held) for sku, held in wanted.items()
        }
        states = {state for (state,) in self.runner.run(self.world.select("SELECT state FROM movement"))}
        assert states <= {"planned", "nothing"}
        assert self.runner.run(self.world.problems()) == []


class TestHouse(House.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(
        deadline=None, max_examples=settings.default.max_examples // 3, stateful_step_count=12, print_blob=True
    )
