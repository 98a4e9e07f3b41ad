"""Stock: the cart is told of changed quantities, each change exactly once."""

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from crossdock.domain import StockChange, StockItem, StockMeaning, StockReading
from crossdock.engine.aliasing import aliases_of
from crossdock.engine.delivery import Delivery
from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.engine.levels_in_bulk import bulk_size, hand_back, set_levels
from crossdock.engine.movement_ports import MovementPlan
from crossdock.engine.netting import plan_movements
from crossdock.engine.pipeline import Bound, Run
from crossdock.engine.settle_stock import Happened, both_numbers, happened
from crossdock.hooks.errors import CrossdockError, Rejected
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import InventorySink

TOGETHER = 20
"""Changes that are read in one call; no more, because all of them are in doubt when the process dies."""
CLAIMED_AT_ONCE = 500
"""Changes that are claimed in one transaction, where levels go in bulk."""

MOVEMENTS_AT_ONCE = 2000
"""Movements that are planned in one transaction."""


async def stock(run: Run) -> None:
    """Read what the cart holds, write that down, then send; doubt is settled by reading again.

    What moved in the warehouse becomes changes first.
    """
    sink = run.pipeline.need(run.pipeline.inventory_sink, "inventory sink")
    await _plan_movements(run, sink.connection)
    while True:  # the next change of a product can only be claimed once the one before it is settled
        work = _Round(run, sink)
        delivery = Delivery(run, Kind.STOCK, sink.connection, sink.workers, work.send, work.find)
        await delivery.deliver(work.batches())
        await work.hand_back()
        if not work.claimed_any or work.over or delivery.stopping:
            return


async def _plan_movements(run: Run, cart: str) -> None:
    """Net what moved since, so that the cart is told of each product once; where it is told levels, they tell it."""
    pipeline = run.pipeline
    while pipeline.inventory_source and not run.stop.is_set():
        waiting = await pipeline.store.waiting_movements(pipeline.name, cart, MOVEMENTS_AT_ONCE)
        if not waiting:
            return
        names = await aliases_of(pipeline, {moved.sku for moved in waiting})
        plan = plan_movements(
            pipeline.name, waiting, pipeline.rules.areas, replace(pipeline.rules.stock, aliases=names)
        )
        await pipeline.store.save_movement_plan(run.lease, cart, plan, now=pipeline.clock.now())
        _count(run, plan)


def _count(run: Run, plan: MovementPlan) -> None:
    told = sum(len(planned.movements) for planned in plan.changes)
    run.report.add("movements planned", told + len(plan.nothing))
    run.report.add("movements left to levels", len(plan.by_level))
    run.report.add("movements left out", len(plan.left_out))
    run.report.add("movements without alias", len(plan.without_alias))
    run.report.add("movements unmapped", len(plan.unmapped))


class _Round:
    """One change at most of every product; what cannot be sent waits here with the reason for its worker."""

    def __init__(self, run: Run, sink: Bound[InventorySink]) -> None:
        self._run, self._sink = run, sink
        self._obstacles: dict[int, Exception] = {}
        self._claimed: deque[Promise] = deque()
        self._levels: list[Promise] = []
        self.claimed_any = False
        self.over = False

    async def batches(self) -> AsyncIterator[Sequence[Promise]]:
        """Claim what is due, and read what the cart holds of it; where many wait, their levels are set in bulk here."""
        bulk = await bulk_size(self._run, self._sink.role)
        while not (self._run.stop.is_set() or self.over) and await self._claim(bulk or TOGETHER):
            while self._claimed:
                some = [self._claimed.popleft() for _ in range(min(TOGETHER, len(self._claimed)))]
                prepared = await self._prepare(some)
                in_bulk = [one for one in prepared if bulk and self._is_sure_level(one)]
                self._levels += in_bulk
                yield [one for one in prepared if one not in in_bulk]
            levels, self._levels = self._levels, []
            self.over = not await set_levels(self._run, self._sink, levels)

    async def hand_back(self) -> None:
        """Give back what was claimed when the work broke off."""
        await hand_back(self._run, [*self._claimed, *self._levels])

    async def _claim(self, most: int) -> bool:
        """Take at most so many changes; whether there were any."""
        pipeline, asked = self._run.pipeline, 0
        while len(self._claimed) == asked < most:
            some = min(CLAIMED_AT_ONCE, most - asked)
            self._claimed += await pipeline.store.claim_stock(
                self._run.lease, self._sink.connection, some, now=pipeline.clock.now()
            )
            asked += some
        self.claimed_any = self.claimed_any or bool(self._claimed)
        return bool(self._claimed)

    def _is_sure_level(self, promise: Promise) -> bool:
        """Whether it sets a level of a product that is there, and is not in doubt."""
        if promise.state is not PromiseState.SENT or promise.id in self._obstacles:
            return False
        return StockChange.model_validate_json(promise.document).meaning is not StockMeaning.DIFFERENCE

    async def send(self, promise: Promise) -> Receipt:
        """Send a change, or raise why it cannot be sent."""
        if obstacle := self._obstacles.pop(promise.id, None):
            raise obstacle
        return await self._sink.role.change_stock(StockChange.model_validate_json(promise.document))

    async def find(self, promise: Promise) -> Receipt | None:
        """Whether a change in doubt is in the levels; raises what a person must read if nobody can tell."""
        change = StockChange.model_validate_json(promise.document)
        if change.before is None:
            return None  # a level may be set twice
        (after,) = await self._sink.role.read_stock([change.item])
        found = happened(change, after, self._run.pipeline.clock.now())
        if found is Happened.UNKNOWN:
            raise Rejected(f"nobody can tell whether it arrived. {both_numbers(change, after)}")
        if found is Happened.YES:
            return Receipt(after.item.product_id, "seen in the cart's levels")
        await self._keep({promise.id: self._with_reading(change, after)})
        return None

    async def _prepare(self, promises: Sequence[Promise]) -> Sequence[Promise]:
        """Read what must be known of these before they are sent, and keep it before any of them is."""
        changes = {promise.id: StockChange.model_validate_json(promise.document) for promise in promises}
        asked = [promise.id for promise in promises if _to_read(promise, changes[promise.id])]
        answers = await self._read([changes[id].item for id in asked])
        found: dict[int, StockChange] = {}
        for id, answer in zip(asked, answers, strict=True):
            if isinstance(answer, Exception):
                self._obstacles[id] = answer
            else:
                found[id] = self._with_reading(changes[id], answer)
        kept = {promise.id: promise.document for promise in promises} | dict(await self._keep(found))
        return [replace(item, state=_state(item, changes[item.id]), document=kept[item.id]) for item in promises]

    async def _read(self, items: Sequence[StockItem]) -> Sequence[StockReading | Exception]:
        """A reading of each item, or why it cannot be read or changed; what fails on one item fails for it alone."""
        try:
            readings = await self._sink.role.read_stock(items) if items else ()
            if len(readings) != len(items):
                raise ValueError(f"{len(items)} items were to be read, and {len(readings)} readings came")
            return [Rejected(reading.refusal) if reading.refusal else reading for reading in readings]
        except CrossdockError as error:
            return [error] * len(items)
        except Exception as error:  # a plugin's bug
            return [error] if len(items) == 1 else [answer for item in items for answer in await self._read([item])]

    def _with_reading(self, change: StockChange, reading: StockReading) -> StockChange:
        news: dict[str, object] = {"item": reading.item}
        if change.meaning is StockMeaning.DIFFERENCE:
            news |= {"before": reading, "read_at": self._run.pipeline.clock.now()}
        return change.model_copy(update=news)

    async def _keep(self, changes: Mapping[int, StockChange]) -> Mapping[int, bytes]:
        documents = {id: change.model_dump_json().encode() for id, change in changes.items()}
        if documents:
            await self._run.pipeline.store.keep_changes(self._run.lease, documents, now=self._run.pipeline.clock.now())
        return documents


def _to_read(promise: Promise, change: StockChange) -> bool:
    """A difference must know what was there before it; a level only which product it means."""
    if change.meaning is StockMeaning.DIFFERENCE:
        return change.before is None
    return not change.item.product_id


def _state(promise: Promise, change: StockChange) -> PromiseState:
    """A difference that a dead run claimed and never read was not sent: there is no doubt about it."""
    unsent = change.meaning is StockMeaning.DIFFERENCE and change.before is None
    return PromiseState.SENT if unsent else promise.state
