"""Void: labels that a person does not want any more are taken back at the shipping provider."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from crossdock.engine.delivery import BATCH, Delivery
from crossdock.engine.flows.label import seller_of
from crossdock.engine.label_ports import VoidWork
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.outcome import NotYet
from crossdock.engine.pipeline import Run
from crossdock.hooks.errors import Rejected
from crossdock.hooks.records import AnswerState, Receipt

ASK_AGAIN = timedelta(minutes=15)
"""How often a carrier is asked that has not decided yet."""


async def void(run: Run) -> None:
    """Take back every label that is to be; in doubt it is simply asked for again, which does no harm.

    Where another one is to be bought in its place, that is promised in the same step in which this one is voided.
    """
    bound = seller_of(run)

    async def send(promise: Promise) -> Receipt:
        work, clock = VoidWork.model_validate_json(promise.document), run.pipeline.clock
        answer = await bound.role.void_label(work.parcel)
        if answer.state is AnswerState.PENDING:
            words = f": {answer.words}" if answer.words else ""
            raise NotYet(f"the carrier has not decided yet{words}", clock.now() + ASK_AGAIN)
        if answer.state is AnswerState.REFUSED:
            raise Rejected(answer.words or "refused without a reason")
        await run.pipeline.store.save_voided(run.lease, bound.connection, promise, work, now=clock.now())
        return Receipt(work.parcel.external_id, answer.words)

    await Delivery(run, Kind.VOID, bound.connection, bound.workers, send, None).deliver(_batches(run, bound.connection))


async def _batches(run: Run, connection: str) -> AsyncIterator[Sequence[Promise]]:
    store, clock = run.pipeline.store, run.pipeline.clock
    while not run.stop.is_set():
        due = await store.claim(run.lease, connection, Kind.VOID, BATCH, now=clock.now())
        if not due:
            return
        yield due
