"""Acknowledge: the cart is told that we have an order, only after the warehouse has it."""

from collections.abc import AsyncIterator, Sequence

from crossdock.engine.delivery import BATCH, Delivery
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Run
from crossdock.hooks.records import Receipt


async def acknowledge(run: Run) -> None:
    """Mark every order that is due, one call an order; marking twice does no harm, so doubt is simply sent again."""
    source, workers = run.pipeline.source.role, run.pipeline.source.workers

    async def send(promise: Promise) -> Receipt:
        return await source.acknowledge_order(promise.order_external_id)

    delivery = Delivery(run, Kind.ACKNOWLEDGE, run.pipeline.source.connection, workers, send, None)
    await delivery.deliver(_batches(run))


async def _batches(run: Run) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.source.connection
    while not run.stop.is_set():
        due = await pipeline.store.claim(run.lease, connection, Kind.ACKNOWLEDGE, BATCH, now=pipeline.clock.now())
        if due:
            yield due
        elif not await run.upstream.more():
            return
