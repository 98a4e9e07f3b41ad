"""Reconciliation: both ends are read, what is on the way is subtracted, and what differs is listed with its cause."""

from collections.abc import Mapping

from crossdock.engine.both_ends import Hear, all_heard, compare
from crossdock.engine.delivery import pause
from crossdock.engine.differing import differing_problem
from crossdock.engine.lasting import lasting
from crossdock.engine.lease import Lease
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.engine.positions import StockTaking
from crossdock.engine.repairs import ByPolicy, by_policy, repairs
from crossdock.engine.report import Report
from crossdock.engine.stock_taking import take_stock
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig, OutcomeUnknown

BY_SCHEDULE = "the schedule"


def has_both_ends(pipeline: Pipeline) -> bool:
    """Whether there are two sides that can be compared."""
    return pipeline.inventory_sink is not None and pipeline.inventory_source is not None


async def reconcile(run: Run) -> None:
    """Compare both sides, keep the report, and correct what the config lets go without a person."""
    try:
        taking = await _taken(run)
        if taking is None:
            return
        report = await lasting(run, compare(run.pipeline, taking, BY_SCHEDULE))
    except OutcomeUnknown:
        if run.stop.is_set():
            return
        raise
    except CrossdockError as error:
        await _keep_failure(run.pipeline, BY_SCHEDULE, error, run.lease)
        raise
    await _keep(run, report)


async def reconcile_now(pipeline: Pipeline, asked_by: str, hear: Hear = all_heard) -> int:
    """Compare both sides for a person, beside whatever else runs, and keep the report; says its number.

    `hear` takes in what the warehouse has told by now: before it counts, and again where something differs. Where an
    end cannot be read, that is kept as a report, too, and raised.
    """
    try:
        await _check_open(pipeline)
        await hear()
        report = await compare(pipeline, await take_stock(pipeline), asked_by, hear)
    except CrossdockError as error:
        await _keep_failure(pipeline, asked_by, error, None)
        raise
    problem, now = differing_problem(report), pipeline.clock.now()
    return await pipeline.store.save_report(None, report, problem, now=now)


async def _check_open(pipeline: Pipeline) -> None:
    """Raise a sentence where one of both ends is paused."""
    ends = (pipeline.inventory_source, pipeline.inventory_sink)
    paused = await pipeline.store.paused_connections()
    for connection in (end.connection for end in ends if end):
        if why := paused.get(connection):
            raise CrossdockError(f"connection {connection} is paused: {why}")


async def _taken(run: Run) -> StockTaking | None:
    """What the warehouse has; None where it wants other credentials, and pauses."""
    await _check_open(run.pipeline)
    source = run.pipeline.need(run.pipeline.inventory_source, "inventory source")
    try:
        return await lasting(run, take_stock(run.pipeline))
    except (NeedsAuth, NeedsConfig) as error:  # of the warehouse: the runner would pause the cart
        await _keep_failure(run.pipeline, BY_SCHEDULE, error, run.lease)
        await pause(run, source.connection, str(error))
        return None


async def _keep_failure(pipeline: Pipeline, asked_by: str, error: CrossdockError, lease: Lease | None) -> None:
    now = pipeline.clock.now()
    nothing = Report(pipeline.name, now, now, asked_by, compared=0, on_the_way=0, discrepancies=())
    await pipeline.store.save_report(lease, nothing, None, error=str(error), now=now)


async def _keep(run: Run, report: Report) -> None:
    """Keep the report; then, by the config, correct what is small and was there before."""
    pipeline, now = run.pipeline, run.pipeline.clock.now()
    before = await pipeline.store.report_before(pipeline.name)
    policy = by_policy(report, before, pipeline.rules.repair)
    problem = differing_problem(report, len(policy.chosen), policy.why_not)
    report_id = await pipeline.store.save_report(run.lease, report, problem, now=now)
    run.report.add("levels compared", report.compared)
    run.report.add("agree with what is on the way", report.on_the_way)
    run.report.add("differences", len(report.discrepancies))
    if policy.chosen:
        await _correct(run, report, report_id, policy)


async def _correct(run: Run, report: Report, report_id: int, policy: ByPolicy) -> None:
    pipeline = run.pipeline
    cart = pipeline.need(pipeline.inventory_sink, "inventory sink").connection
    found = repairs(report_id, report, policy.chosen)
    left = await pipeline.store.repair_by_policy(run.lease, cart, report_id, found.changes, now=pipeline.clock.now())
    done = sum(len(change.centers) for change in found.changes if change.item.sku not in left)
    run.report.add("corrected", done)
    if left and (problem := differing_problem(report, done, _why_not(policy, left))):
        await pipeline.store.report_problems(pipeline.name, [problem], now=pipeline.clock.now())


def _why_not(policy: ByPolicy, left: Mapping[str, str]) -> str:
    reasons = [policy.why_not, *(f"{sku}: {why}" for sku, why in left.items())]
    return "; ".join(filter(None, reasons))
