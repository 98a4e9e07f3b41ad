"""Adjust: the cart is asked for cancellations and refunds, each exactly once."""

from collections.abc import AsyncIterator, Sequence

from crossdock.domain import OrderAdjustment
from crossdock.engine.delivery import BATCH, Delivery, told_nothing
from crossdock.engine.flows.follow import FIRST_LOOK
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Run
from crossdock.hooks.errors import Unsupported
from crossdock.hooks.features import AdjustsOrders
from crossdock.hooks.records import Receipt


async def adjust(run: Run) -> None:
    """Send every adjustment that is due; doubt is looked up first. The marketplace answers later."""
    source, connection = run.pipeline.source.role, run.pipeline.source.connection
    if not isinstance(source, AdjustsOrders):
        raise Unsupported(f"connection {connection} has no way to cancel or refund")

    async def send(promise: Promise) -> Receipt:
        return await source.adjust_order(OrderAdjustment.model_validate_json(promise.document))

    async def find(promise: Promise) -> Receipt | None:
        return await source.find_adjustment(OrderAdjustment.model_validate_json(promise.document))

    workers = run.pipeline.source.workers
    delivery = Delivery(run, Kind.ADJUST, connection, workers, send, find, follow_after=FIRST_LOOK)
    await delivery.deliver(_batches(run))


async def _batches(run: Run) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.source.connection
    if await told_nothing(run, Kind.ADJUST, connection):
        return
    while not run.stop.is_set():
        due = await pipeline.store.claim(run.lease, connection, Kind.ADJUST, BATCH, now=pipeline.clock.now())
        if not due:
            return
        yield due
