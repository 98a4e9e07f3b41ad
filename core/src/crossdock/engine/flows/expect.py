"""Expect: the warehouse is told which goods will come; telling it twice has the effect of telling it once."""

from datetime import datetime

from crossdock.engine.causes import cause_of
from crossdock.engine.delivery import BATCH
from crossdock.engine.pipeline import Run
from crossdock.engine.problems import Code, Problem
from crossdock.engine.receiving_ports import StoredPurchase, ToldPurchase
from crossdock.hooks.errors import (
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from crossdock.hooks.features import ExpectsGoods

_LATER = (Throttled, Unavailable, OutcomeUnknown)


async def expect(run: Run) -> None:
    """Tell the warehouse of every purchase order that is new or changed."""
    source = _source(run)
    while not run.stop.is_set():
        due = await run.pipeline.store.purchases_due(run.lease, BATCH, now=run.pipeline.clock.now())
        for stored in due:
            if run.stop.is_set():
                return
            await _tell(run, source, stored)
        if not due:
            return


def _source(run: Run) -> ExpectsGoods:
    bound = run.pipeline.need(run.pipeline.inventory_source, "inventory source")
    if not isinstance(bound.role, ExpectsGoods):
        raise NeedsConfig(
            f"pipeline {run.pipeline.name} has no inventory source that can be told which goods to expect"
        )
    return bound.role


async def _tell(run: Run, source: ExpectsGoods, stored: StoredPurchase) -> None:
    """Tell the warehouse of one, and keep what it said; raises what must end the run."""
    try:
        receipt = await source.expect_goods(stored.order)
    except CrossdockError as error:
        told, problem = _failed(run, stored, error)
        await _save(run, told, problem)
        if isinstance(error, NeedsAuth | NeedsConfig | Throttled):
            raise
        return
    run.report.add("expected")
    await _save(run, ToldPurchase(stored, ref=receipt.ref), None)


async def _save(run: Run, told: ToldPurchase, problem: Problem | None) -> None:
    await run.pipeline.store.save_told(run.lease, [told], [problem] if problem else [], now=run.pipeline.clock.now())


def _failed(run: Run, stored: StoredPurchase, error: CrossdockError) -> tuple[ToldPurchase, Problem | None]:
    """When it is tried again, or the problem if a person must act."""
    attempts_left = stored.attempts + 1 < run.pipeline.retry.attempts
    if isinstance(error, NeedsAuth | NeedsConfig) or (isinstance(error, _LATER) and attempts_left):
        run.report.add("again later")
        return ToldPurchase(stored, error=str(error), again_at=_when(run, stored, error)), None
    run.report.add("refused")
    number = stored.order.number
    problem = Problem(
        Code.EXPECT_REFUSED,
        number,
        f"The warehouse does not expect purchase order {number}: {error}",
        action="Correct it and import it again with `crossdock receipts expect`, or `crossdock problems retry`.",
        cause=cause_of(str(error)),
    )
    return ToldPurchase(stored, error=str(error)), problem


def _when(run: Run, stored: StoredPurchase, error: CrossdockError) -> datetime:
    policy, now = run.pipeline.retry, run.pipeline.clock.now()
    if isinstance(error, NeedsAuth | NeedsConfig):
        return now
    return now + policy.wait(stored.attempts, error.retry_after if isinstance(error, Throttled) else None)
