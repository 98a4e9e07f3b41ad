"""Telling levels: promised some products at a time; what may be sold, only after a look at what the cart promised."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from crossdock.domain import StockItem, StockMeaning, StockReading
from crossdock.engine.lasting import lasting
from crossdock.engine.level_plan import LevelChange, guarded, new_levels, stock_change
from crossdock.engine.level_ports import NewLevel, level_key
from crossdock.engine.listings import Listings
from crossdock.engine.pipeline import Bound, Run
from crossdock.engine.positions import LevelReading, Side, StockTaking
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.roles import InventorySink

READ_AT_ONCE = 20
"""Products of which the cart is asked with one call."""
READ_FOR = "levels"

T = TypeVar("T")


def counted_at_of(taking: StockTaking) -> datetime:
    """When the numbers were true: no clock of a warehouse is believed that goes before ours."""
    return min(taking.counted_at, taking.began_at)


class Telling:
    """Promises the levels of some products; what may be sold is worked out once more with what the cart says."""

    def __init__(self, run: Run, sink: Bound[InventorySink], taking: StockTaking, listings: Listings) -> None:
        self._run, self._sink = run, sink
        self._taking, self._listings = taking, listings
        self._readings: Mapping[str, StockReading] = {}

    async def guarded(self, products: Sequence[Sequence[LevelChange]]) -> Sequence[Sequence[LevelChange]]:
        """The same levels, less what buyers have been promised of whose orders nothing is known here."""
        names = {of[0].name for of in products if self._is_guarded(of)}
        self._readings = await self._read(sorted(names))
        known = [of for of in products if of[0].name not in names or of[0].name in self._readings]
        return [left for of in known if (left := self._less_unknown(of))]

    async def save(self, products: Sequence[Sequence[LevelChange]]) -> None:
        """Promise what is told of each product, and note it."""
        if not products:
            return
        run, counted_at = self._run, counted_at_of(self._taking)
        reason = f"counted {counted_at:%Y-%m-%d %H:%M} UTC"
        named = [(level_key(run.pipeline.name, of[0].name, run.lease.fence), of) for of in products]
        changes = [stock_change(key, of, self._listings, self._product_id(of[0].name), reason) for key, of in named]
        told = [one for key, of in named for one in new_levels(key, of, self._listings, counted_at)]
        now = run.pipeline.clock.now()
        await run.pipeline.store.save_levels(run.lease, self._sink.connection, changes, told, now=now)
        run.report.add("levels told", len(told))
        await self._note(told)

    async def _note(self, told: Sequence[NewLevel]) -> None:
        """Note what both sides said of what is told."""
        store, name, now = self._run.pipeline.store, self._run.pipeline.name, self._run.pipeline.clock.now()
        counted = [
            LevelReading(one.unit, one.center, one.on_hand, one.counted_at)
            for one in told
            if one.name not in self._listings.bundles
        ]
        await store.note_levels(name, Side.WAREHOUSE, counted, READ_FOR, now=now)
        read = [
            LevelReading(one.name, one.center, self._readings[one.name].at(one.center))
            for one in told
            if one.name in self._readings and not self._readings[one.name].refusal
        ]
        if read:
            await store.note_levels(name, Side.CART, read, READ_FOR, now=now)

    def _less_unknown(self, changes: Sequence[LevelChange]) -> Sequence[LevelChange]:
        reading, name = self._readings.get(changes[0].name), changes[0].name
        if reading is None:
            return changes
        return guarded(changes, reading, self._taking.units_waiting.get(name, 0), self._run.pipeline.rules.stock)

    def _product_id(self, name: str) -> str:
        """The cart's own id of a product that was read."""
        return self._readings[name].item.product_id if name in self._readings else ""

    def _is_guarded(self, changes: Sequence[LevelChange]) -> bool:
        """Whether it is set what may be sold: what lies there, the cart itself compares with what it has promised."""
        sellable = self._listings.meaning(changes[0].name) is StockMeaning.SELLABLE
        return sellable and any(change.quantity for change in changes)

    async def _read(self, names: Sequence[str]) -> Mapping[str, StockReading]:
        """A reading of each product, some with one call, and as many calls at once as the connection allows."""
        calls = [names[start : start + READ_AT_ONCE] for start in range(0, len(names), READ_AT_ONCE)]
        slots = asyncio.Semaphore(self._sink.workers)

        async def read(some: Sequence[str]) -> Mapping[str, StockReading]:
            async with slots:
                return await self._answers(some)

        answers = await lasting(self._run, _all(read(some) for some in calls)) if calls else ()
        return {name: reading for some in answers for name, reading in some.items()}

    async def _answers(self, names: Sequence[str]) -> Mapping[str, StockReading]:
        """What the cart says of these; where the plugin breaks at a product, nothing is told of that one."""
        try:
            readings = await self._sink.role.read_stock([StockItem(sku=name) for name in names])
            return dict(zip(names, readings, strict=True))
        except CrossdockError:
            raise
        except Exception as error:  # a plugin's bug
            if len(names) > 1:
                return {name: one for each in names for name, one in (await self._answers([each])).items()}
            self._run.report.add("levels not told")
            self._run.report.error = f"the stock of {names[0]} cannot be read: {type(error).__name__}: {error}"
            return {}


async def _all(calls: Iterable[Coroutine[Any, Any, T]]) -> Sequence[T]:
    """The answers to all calls, in their order; the first error ends them."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    return [task.result() for task in tasks]
