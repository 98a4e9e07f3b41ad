"""Notify: the cart is told of events that are no shipment and no cancellation, where it can hear of them."""

from collections.abc import AsyncIterator, Sequence

from crossdock.domain import OrderNotice
from crossdock.engine.delivery import BATCH, Delivery, told_nothing
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Run
from crossdock.hooks.errors import Unsupported
from crossdock.hooks.features import HearsEvents
from crossdock.hooks.records import Receipt


async def notify(run: Run) -> None:
    """Tell every event that is due; telling twice does no harm, so doubt is simply sent again."""
    source, connection = run.pipeline.source.role, run.pipeline.source.connection
    if not isinstance(source, HearsEvents):
        raise Unsupported(f"connection {connection} hears of no event")

    async def send(promise: Promise) -> Receipt:
        return await source.note_event(OrderNotice.model_validate_json(promise.document))

    await Delivery(run, Kind.NOTIFY, connection, run.pipeline.source.workers, send, None).deliver(_batches(run))


async def _batches(run: Run) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.source.connection
    if await told_nothing(run, Kind.NOTIFY, connection):
        return
    while not run.stop.is_set():
        due = await pipeline.store.claim(run.lease, connection, Kind.NOTIFY, BATCH, now=pipeline.clock.now())
        if not due:
            return
        yield due
