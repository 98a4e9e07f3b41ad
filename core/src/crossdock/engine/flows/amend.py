"""Amend: orders are taken back from their warehouse, whole or not at all, to be kept or to be sent anew."""

from collections.abc import AsyncIterator, Sequence

from crossdock.engine.amendment import AskedRequest, Withdrawing
from crossdock.engine.delivery import BATCH, Delivery
from crossdock.engine.flows.download import read_again
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Run
from crossdock.hooks.errors import Rejected, Unsupported
from crossdock.hooks.features import WithdrawsOrders
from crossdock.hooks.records import Receipt, Withdrawal

Claimed = dict[int, Withdrawing]
"""What is to be taken back, by promise."""


async def amend(run: Run) -> None:
    """Take back every order that is to be; in doubt it is simply asked for again. Then newer versions are read."""
    target, connection = run.pipeline.target.role, run.pipeline.target.connection
    if not isinstance(target, WithdrawsOrders):
        raise Unsupported(f"connection {connection} has no way to take an order back")
    claimed: Claimed = {}

    async def send(promise: Promise) -> Receipt:
        return await withdraw(target, claimed.pop(promise.id).requests)

    delivery = Delivery(run, Kind.WITHDRAW, connection, run.pipeline.target.workers, send, None)
    await delivery.deliver(_batches(run, claimed))
    await read_again(run)


async def withdraw(target: WithdrawsOrders, requests: Sequence[AskedRequest]) -> Receipt:
    """Take the requests of one order back, one after the other; the first one that stays ends it."""
    gone: list[str] = []
    for asked in requests:
        answer = await _withdraw(target, asked)
        if not answer.gone:
            raise Rejected(_stays(asked.request.number, answer.words, gone))
        gone.append(asked.request.number)
    return Receipt(", ".join(gone))


async def _withdraw(target: WithdrawsOrders, asked: AskedRequest) -> Withdrawal:
    try:
        return await target.withdraw_order(asked.request)
    except Rejected:
        if asked.refused:  # under this number, the warehouse has somebody else's order
            return Withdrawal(gone=True)
        raise


def _stays(number: str, words: str, gone: Sequence[str]) -> str:
    again = f"; {', '.join(gone)}, which was taken back already, is sent again as it was" if gone else ""
    return f"work on {number} has begun{f' ({words})' if words else ''}{again}"


async def _batches(run: Run, claimed: Claimed) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.target.connection
    while not run.stop.is_set():
        due = await pipeline.store.claim_withdrawals(run.lease, connection, BATCH, now=pipeline.clock.now())
        if not due:
            return
        claimed.update({one.promise.id: one for one in due})
        yield [one.promise for one in due]
