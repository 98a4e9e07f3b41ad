"""The store of levels as the engine sees it: each call is one transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime

from crossdock.domain import StockChange
from crossdock.engine.lease import Lease
from crossdock.engine.level_ports import NewLevel, Place, SeenPlan, ToldLevel
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import Cursor
from crossdock.store import level_plans, told_levels
from crossdock.store.moments import micros
from crossdock.store.transactions import Transactions


class StoreOfLevels(Transactions):
    """Implements `crossdock.engine.level_ports.Levels`."""

    async def told_levels(self, pipeline: str, *, after: Place | None, limit: int) -> Sequence[ToldLevel]:
        return await self.read(told_levels.told_levels, pipeline, after, limit)

    async def refused_levels(self, cart: str, pipeline: str, keys: Sequence[str]) -> Collection[str]:
        return await self.read(told_levels.refused_levels, cart, pipeline, keys)

    async def save_levels(
        self, lease: Lease, cart: str, changes: Sequence[StockChange], new: Sequence[NewLevel], *, now: datetime
    ) -> None:
        await self.write(told_levels.save_levels, lease, cart, changes, new, now)

    async def forget_levels(self, lease: Lease, *, now: datetime) -> None:
        await self.write(told_levels.forget_levels, lease, micros(now))

    async def seen_plan(self, pipeline: str) -> SeenPlan | None:
        return await self.read(level_plans.seen_plan, pipeline)

    async def ask_for_levels(self, lease: Lease, plan: SeenPlan | None, problem: Problem, *, now: datetime) -> None:
        await self.write(level_plans.ask_for_levels, lease, plan, problem, micros(now))

    async def end_levels(self, lease: Lease, checkpoint: Cursor, *, now: datetime) -> None:
        await self.write(level_plans.end_levels, lease, checkpoint, micros(now))

    async def open_subjects(self, pipeline: str, code: Code) -> Collection[str]:
        return await self.read(level_plans.open_subjects, pipeline, code)

    async def settle_problems(
        self, pipeline: str, code: Code, found: Sequence[Problem], gone: Collection[str], *, now: datetime
    ) -> None:
        await self.write(level_plans.settle_problems, pipeline, code, found, gone, micros(now))
