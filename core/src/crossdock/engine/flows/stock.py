"""Stock: the cart is told of changed quantities, each change exactly once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from crossdock.domain import StockChange, StockMeaning, StockReading
from crossdock.engine.delivery import BATCH, Delivery
from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.engine.pipeline import Bound, Run
from crossdock.engine.settle_stock import Happened, both_numbers, happened
from crossdock.hooks.errors import CrossdockError, NeedsConfig, Rejected
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import InventorySink

Prepared = dict[int, tuple[StockChange, CrossdockError | None]]
"""By promise: the change as it is sent, and the error if it cannot be."""


async def stock(run: Run) -> None:
    """Read what the cart holds, write that down, then send; doubt is settled by reading again."""
    sink, prepared = _sink(run), Prepared()

    async def send(promise: Promise) -> Receipt:
        change, error = prepared.pop(promise.id)
        if error:
            raise error
        return await sink.role.change_stock(change)

    async def find(promise: Promise) -> Receipt | None:
        change, _ = prepared[promise.id]
        if change.meaning is not StockMeaning.DIFFERENCE or change.before is None:
            return None  # a level may be set twice; a difference without a reading was never sent
        (after,) = await sink.role.read_stock([change.item])
        found = happened(change, after)
        if found is Happened.UNKNOWN:
            raise Rejected(f"nobody can tell whether it arrived. {both_numbers(change, after)}")
        return Receipt(after.item.product_id, "seen in the cart's levels") if found is Happened.YES else None

    while True:  # the next change of a SKU can only be claimed once the one before it is settled
        delivery = Delivery(run, Kind.STOCK, sink.connection, sink.workers, send, find)
        claimed = Claimed()
        await delivery.deliver(_batches(run, sink, prepared, claimed))
        if not claimed.any or delivery.stopping:
            return


@dataclass
class Claimed:
    """Whether a round found anything to do."""

    any: bool = False


def _sink(run: Run) -> Bound[InventorySink]:
    sink = run.pipeline.inventory_sink
    if sink is None:
        raise NeedsConfig(f"pipeline {run.pipeline.name} has no inventory sink")
    return sink


async def _batches(
    run: Run, sink: Bound[InventorySink], prepared: Prepared, claimed: Claimed
) -> AsyncIterator[Sequence[Promise]]:
    pipeline = run.pipeline
    while not run.stop.is_set():
        due = await pipeline.store.claim_stock(run.lease, sink.connection, BATCH, now=pipeline.clock.now())
        if not due:
            return
        claimed.any = True
        await _prepare(run, sink.role, due, prepared)
        yield due


async def _prepare(run: Run, sink: InventorySink, promises: Sequence[Promise], prepared: Prepared) -> None:
    """Read what the cart holds of everything that needs it, in few calls, and keep it before anything is sent."""
    changes = {promise.id: StockChange.model_validate_json(promise.document) for promise in promises}
    prepared.update({id: (change, None) for id, change in changes.items()})
    asked = [item.id for item in promises if _to_read(changes[item.id], item.state)]
    if not asked:
        return
    try:
        readings = await sink.read_stock([changes[id].item for id in asked])
    except CrossdockError as error:  # it follows for each of them as if its own call had failed
        prepared.update({id: (changes[id], error) for id in asked})
        return
    found = {id: _with_reading(changes[id], reading) for id, reading in zip(asked, readings, strict=True)}
    kept = {id: change.model_dump_json().encode() for id, (change, refusal) in found.items() if refusal is None}
    await run.pipeline.store.keep_changes(run.lease, kept, now=run.pipeline.clock.now())
    prepared.update(found)


def _to_read(change: StockChange, state: PromiseState) -> bool:
    """A difference needs to know what was there before; what was read before an attempt in doubt must not be lost."""
    if change.meaning is not StockMeaning.DIFFERENCE:
        return not change.item.product_id
    return change.before is None or state is not PromiseState.IN_DOUBT


def _with_reading(change: StockChange, reading: StockReading) -> tuple[StockChange, Rejected | None]:
    if reading.refusal:
        return change, Rejected(reading.refusal)
    before = reading if change.meaning is StockMeaning.DIFFERENCE else None
    return change.model_copy(update={"item": reading.item, "before": before}), None
