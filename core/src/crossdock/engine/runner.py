"""One run of one flow: its lease, its errors, its report."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crossdock.engine.delivery import pause
from crossdock.engine.feed import Feed
from crossdock.engine.flows.acknowledge import acknowledge
from crossdock.engine.flows.adjust import adjust
from crossdock.engine.flows.amend import amend
from crossdock.engine.flows.catalog import catalog
from crossdock.engine.flows.collect import collect
from crossdock.engine.flows.confirm import confirm
from crossdock.engine.flows.download import download
from crossdock.engine.flows.expect import expect
from crossdock.engine.flows.fetch import fetch
from crossdock.engine.flows.follow import follow
from crossdock.engine.flows.movements import come_alone, movements
from crossdock.engine.flows.publish import publish
from crossdock.engine.flows.release import release
from crossdock.engine.flows.stock import stock
from crossdock.engine.flows.sweep import sweep
from crossdock.engine.lease import LeaseLost
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.engine.ports import RunReport
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig
from crossdock.hooks.features import (
    AdjustsOrders,
    ExpectsGoods,
    FetchesOrder,
    FollowsShipments,
    SweepsOrders,
    WithdrawsOrders,
)

SOURCE, TARGET = "order_source", "fulfillment_target"
LEASE_SECONDS = 120.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)


@dataclass(frozen=True)
class Flow:
    """A job of a pipeline.

    `uses` is the role it talks to and `needs` the features of it (any of them will do); `when` says whether a pipeline
    has this job at all. `wakes` is the flow that has work when this one did some. `after` are flows during which it
    does not run: a cart's list of orders not taken yet shifts while orders are marked, a box that the warehouse took
    back must be known before the cart is told of it, how products are put depends on how many there are, and what moved
    in a warehouse is netted when all of it is known. `early`: in a cycle it runs before the others. `rests`: not even a
    cycle runs it before its time has come.
    """

    name: str
    run: Callable[[Run], Awaitable[None]]
    uses: str
    wakes: str = ""
    needs: tuple[type, ...] = ()
    when: Callable[[Pipeline], bool] = lambda pipeline: True
    after: tuple[str, ...] = ()
    early: bool = False
    rests: bool = False


FLOWS: Mapping[str, Flow] = {
    flow.name: flow
    for flow in (
        Flow("adjust", adjust, SOURCE, needs=(AdjustsOrders,), early=True),
        Flow("fetch", fetch, SOURCE, wakes="release", needs=(FetchesOrder,), early=True),
        Flow("sweep", sweep, SOURCE, wakes="release", needs=(SweepsOrders,), early=True, rests=True),
        Flow("amend", amend, TARGET, wakes="release", needs=(WithdrawsOrders,), early=True),
        Flow("download", download, SOURCE, wakes="release"),
        Flow("release", release, TARGET, wakes="acknowledge"),
        Flow("acknowledge", acknowledge, SOURCE, after=("download", "sweep")),
        Flow("collect", collect, TARGET, wakes="confirm"),
        Flow("confirm", confirm, SOURCE, after=("collect",)),
        Flow("follow", follow, SOURCE, needs=(FollowsShipments, AdjustsOrders)),
        Flow("movements", movements, "inventory_source", when=come_alone),
        Flow("stock", stock, "inventory_sink", after=("collect", "movements")),
        Flow("expect", expect, "inventory_source", needs=(ExpectsGoods,)),
        Flow("catalog", catalog, "catalog_source", wakes="publish"),
        Flow("publish", publish, "catalog_sink", after=("catalog",)),
    )
}


def flows_of(pipeline: Pipeline) -> Collection[str]:
    """The flows that a pipeline can run: their role is bound to something that has the features they need."""
    return [flow.name for flow in FLOWS.values() if _can(pipeline, flow)]


def _can(pipeline: Pipeline, flow: Flow) -> bool:
    bound = pipeline.bound(flow.uses)
    able = bound is not None and (not flow.needs or isinstance(bound.role, flow.needs))
    return able and flow.when(pipeline)


def connection_of(pipeline: Pipeline, flow: Flow) -> str:
    """The connection that a flow of this pipeline talks to; raises `NeedsConfig` when there is none."""
    bound = pipeline.bound(flow.uses)
    if bound is None:
        raise NeedsConfig(f"pipeline {pipeline.name} has no {flow.uses.replace('_', ' ')}")
    return bound.connection


async def run_flow(
    pipeline: Pipeline,
    name: str,
    *,
    stop: asyncio.Event,
    upstream: Feed | None = None,
    downstream: Feed | None = None,
    next_due: Callable[[RunReport], datetime | None] = lambda report: None,
) -> RunReport:
    """Run one flow to its end and say what it did; errors are in the report, none is raised."""
    flow, store, downstream = FLOWS[name], pipeline.store, downstream or Feed()
    report = RunReport()
    try:
        paused = await store.paused_connections()
        if reason := paused.get(connection_of(pipeline, flow)):
            report.error = f"connection {connection_of(pipeline, flow)} is paused: {reason}"
            return report
        lease = await store.begin_run(pipeline.name, name, now=pipeline.clock.now(), seconds=LEASE_SECONDS)
        if lease is None:
            report.error = f"another run of {name} is under way"
            return report
        run = Run(_without_paused(pipeline, paused), lease, report, stop, upstream or Feed(closed=True), downstream)
        await _run_safely(flow, run)
        await store.end_run(lease, report, next_due=next_due(report), now=pipeline.clock.now())
    except LeaseLost:
        report.error = f"another run took {name} over; nothing was written since"
    except CrossdockError as error:
        report.error = str(error)
    finally:
        downstream.close()
    return report


def _without_paused(pipeline: Pipeline, paused: Mapping[str, str]) -> Pipeline:
    provider = pipeline.shipping_provider
    return replace(pipeline, shipping_provider=None) if provider and provider.connection in paused else pipeline


async def _run_safely(flow: Flow, run: Run) -> None:
    """Run the flow; what goes wrong becomes a paused connection, a problem, or the error of the report."""
    try:
        await flow.run(run)
    except Exception as raised:
        error = _innermost(raised)
        if isinstance(error, LeaseLost):
            raise error from raised
        if isinstance(error, NeedsAuth | NeedsConfig):
            await pause(run, connection_of(run.pipeline, flow), str(error))
        elif isinstance(error, CrossdockError):
            run.report.error = str(error)
        else:
            await _plugin_failed(flow, run, error)


def _innermost(error: Exception) -> Exception:
    """The first real error of a task group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def _plugin_failed(flow: Flow, run: Run, error: Exception) -> None:
    pipeline, connection = run.pipeline, connection_of(run.pipeline, flow)
    run.report.error = f"the plugin of connection {connection} failed: {type(error).__name__}: {error}"
    pipeline.log.warning("flow failed", pipeline=pipeline.name, flow=flow.name, error=repr(error), exc_info=error)
    problem = Problem(
        Code.PLUGIN_FAILED,
        f"{pipeline.name}/{flow.name}",
        f"{flow.name} of pipeline {pipeline.name}: {run.report.error}",
        action="Report it to the plugin's authors; the flow is tried again at its next interval.",
    )
    await pipeline.store.report_problems(pipeline.name, [problem], now=pipeline.clock.now())


def wait_after_failures(failures: int) -> timedelta:
    """How long a flow rests that has failed so often in a row."""
    return min(FIRST_PAUSE * 2.0 ** min(failures, 12), LONGEST_PAUSE)
