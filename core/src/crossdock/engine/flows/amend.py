"""Amend: orders are taken back from their warehouse, whole or not at all, to be kept or to be sent anew."""

from collections.abc import AsyncIterator, Sequence

from crossdock.engine.amendment import AskedRequest, Withdrawing
from crossdock.engine.delivery import BATCH, Delivery, pause
from crossdock.engine.flows.download import read_again
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.hooks.errors import NeedsAuth, NeedsConfig, Rejected, Unavailable, Unsupported
from crossdock.hooks.features import WithdrawsOrders
from crossdock.hooks.records import Receipt, Withdrawal

Claimed = dict[int, Withdrawing]
"""What is to be taken back, by promise."""


async def amend(run: Run) -> None:
    """Take back every order that is to be; in doubt it is simply asked for again. Then newer versions are read."""
    target, claimed = run.pipeline.target, Claimed()

    async def send(promise: Promise) -> Receipt:
        return await _take_back(run, claimed.pop(promise.id).requests)

    delivery = Delivery(run, Kind.WITHDRAW, target.connection, target.workers, send, None)
    await delivery.deliver(_batches(run, claimed))
    await read_again(run)


async def _take_back(run: Run, requests: Sequence[AskedRequest]) -> Receipt:
    """Take the requests of one order back, one after the other; the first one that stays ends it."""
    warehouses = [withdraws(run.pipeline, asked.connection) for asked in requests]  # each is there before one is asked
    gone: list[str] = []
    for warehouse, asked in zip(warehouses, requests, strict=True):
        answer = await _ask(run, warehouse, asked)
        if not answer.gone:
            raise Rejected(_stays(asked.request.number, answer.words, gone))
        gone.append(asked.request.number)
    return Receipt(", ".join(gone))


def withdraws(pipeline: Pipeline, connection: str) -> WithdrawsOrders:
    """The warehouse at a connection, which can take orders back; raises why it cannot be asked."""
    bound = pipeline.targets.get(connection)
    if bound is None:
        raise Unavailable(f"connection {connection}, which has a part of the order, is paused or not used any more")
    if not isinstance(bound.role, WithdrawsOrders):
        raise Unsupported(f"connection {connection} has no way to take an order back; delete it there by hand")
    return bound.role


async def _ask(run: Run, warehouse: WithdrawsOrders, asked: AskedRequest) -> Withdrawal:
    try:
        return await warehouse.withdraw_order(asked.request)
    except Rejected:
        if asked.refused:  # under this number, the warehouse has somebody else's order
            return Withdrawal(gone=True)
        raise
    except (NeedsAuth, NeedsConfig) as error:
        if asked.connection == run.pipeline.target.connection:
            raise
        await pause(run, asked.connection, str(error))
        raise Unavailable(str(error)) from error


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
