"""One run of one flow: its lease, its errors, its report."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crossdock.engine.delivery import pause
from crossdock.engine.feed import Feed
from crossdock.engine.flows.acknowledge import acknowledge
from crossdock.engine.flows.adjust import adjust
from crossdock.engine.flows.amend import amend
from crossdock.engine.flows.catalog import catalog
from crossdock.engine.flows.census import census
from crossdock.engine.flows.collect import collect
from crossdock.engine.flows.confirm import confirm
from crossdock.engine.flows.download import download
from crossdock.engine.flows.expect import expect
from crossdock.engine.flows.fetch import fetch
from crossdock.engine.flows.follow import follow
from crossdock.engine.flows.label import buys_labels, label
from crossdock.engine.flows.levels import levels, tells_levels
from crossdock.engine.flows.movements import come_alone, movements
from crossdock.engine.flows.notify import notify
from crossdock.engine.flows.parcels import parcels
from crossdock.engine.flows.publish import publish
from crossdock.engine.flows.reconcile import has_both_ends, reconcile
from crossdock.engine.flows.release import release
from crossdock.engine.flows.stock import stock
from crossdock.engine.flows.sweep import sweep
from crossdock.engine.flows.void import void
from crossdock.engine.lease import LeaseLost, Paused, named
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.engine.problems import Code, Problem
from crossdock.engine.run_ports import RunReport
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig
from crossdock.hooks.features import (
    AdjustsOrders,
    BuysLabels,
    ExpectsGoods,
    FetchesOrder,
    FollowsShipments,
    HearsEvents,
    ListsParcels,
    ListsProducts,
    ReceivesRecords,
    SweepsOrders,
    WithdrawsOrders,
)

SOURCE, TARGET, PROVIDER = "order_source", "fulfillment_target", "shipping_provider"
LEASE_SECONDS = 120.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)


@dataclass(frozen=True)
class Flow:
    """A job of a pipeline; `title` is what operators call it.

    `uses` is the role it talks to and `needs` the features of it (any of them will do); `when` says whether a pipeline
    has this job at all. `wakes` is the flow that has work when this one did some. `after` are flows during which it
    does not run: a cart's list of orders not taken yet shifts while orders are marked, a box that the warehouse took
    back must be known before the cart is told of it, how products are put depends on how many there are, and what moved
    in a warehouse is netted when all of it is known. `early`: in a cycle it runs before the others. `rests`: not even a
    cycle runs it before its time has come. `fresh`: those that it is `after` run right before it, because what they
    heard minutes ago would be counted twice.
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
    fresh: bool = False
    title: str = ""


FLOWS: Mapping[str, Flow] = {
    flow.name: flow
    for flow in (
        Flow("adjust", adjust, SOURCE, needs=(AdjustsOrders,), early=True, title="cancellations and refunds"),
        Flow("fetch", fetch, SOURCE, wakes="release", needs=(FetchesOrder,), early=True, title="single orders"),
        Flow(
            "sweep", sweep, SOURCE, wakes="release", needs=(SweepsOrders,), early=True, rests=True, title="order sweep"
        ),
        Flow("amend", amend, TARGET, wakes="release", needs=(WithdrawsOrders,), early=True, title="orders taken back"),
        Flow("download", download, SOURCE, wakes="release", title="order download"),
        Flow("release", release, TARGET, wakes="acknowledge", title="order release"),
        Flow("acknowledge", acknowledge, SOURCE, after=("download", "sweep"), title="acknowledgement"),
        Flow("collect", collect, TARGET, wakes="confirm", title="shipment download"),
        Flow("parcels", parcels, PROVIDER, "confirm", (ListsParcels, ReceivesRecords), title="tracking download"),
        Flow("void", void, PROVIDER, "label", (BuysLabels,), buys_labels, early=True, title="labels taken back"),
        Flow(
            "label",
            label,
            PROVIDER,
            wakes="confirm",
            needs=(BuysLabels,),
            when=buys_labels,
            after=("collect", "parcels"),
            title="label purchase",
        ),
        Flow("confirm", confirm, SOURCE, after=("collect", "parcels"), title="shipment upload"),
        Flow("notify", notify, SOURCE, needs=(HearsEvents,), after=("release",), title="status events"),
        Flow("follow", follow, SOURCE, needs=(FollowsShipments, AdjustsOrders), title="marketplace answers"),
        Flow("movements", movements, "inventory_source", when=come_alone, title="stock movements"),
        Flow(
            "levels",
            levels,
            "inventory_source",
            wakes="stock",
            when=tells_levels,
            after=("collect", "movements", "confirm"),
            fresh=True,
            title="inventory levels",
        ),
        Flow("stock", stock, "inventory_sink", after=("collect", "movements", "levels"), title="inventory upload"),
        Flow(
            "reconcile",
            reconcile,
            "inventory_sink",
            when=has_both_ends,
            after=("collect", "movements", "levels", "stock"),
            rests=True,
            title="stock reconciliation",
        ),
        Flow("expect", expect, "inventory_source", needs=(ExpectsGoods,), title="expected goods"),
        Flow("catalog", catalog, "catalog_source", wakes="publish", title="catalogue download"),
        Flow("census", census, "catalog_source", "publish", (ListsProducts,), rests=True, title="catalogue census"),
        Flow("publish", publish, "catalog_sink", after=("catalog", "census"), title="catalogue upload"),
    )
}


def flows_of(pipeline: Pipeline) -> Collection[str]:
    """The flows that a pipeline can run: their role is bound to something that has the features they need."""
    return [flow.name for flow in FLOWS.values() if has_flow(pipeline, flow) and not hindrance(pipeline, flow)]


def has_flow(pipeline: Pipeline, flow: Flow) -> bool:
    """Whether the pipeline has such a job at all."""
    return pipeline.bound(flow.uses) is not None and flow.when(pipeline)


def hindrance(pipeline: Pipeline, flow: Flow) -> str:
    """Why a job that the pipeline has cannot be done; empty when it can."""
    able, bound = runs_of(pipeline, flow), pipeline.bound(flow.uses)
    if able or bound is None:
        return ""
    missing = ", ".join(feature.__name__ for feature in flow.needs)
    return f"connection {bound.connection} has no way to do it ({missing})"


def runs_of(pipeline: Pipeline, flow: Flow) -> Sequence[Pipeline]:
    """The pipeline as each run of a flow sees it: for one that talks to warehouses a run for each that is able to."""
    others = pipeline.more_targets if flow.uses == TARGET else ()
    runs = [pipeline, *(pipeline.towards(other.connection) for other in others)]
    return [one for one in runs if not flow.needs or isinstance(_role(one, flow), flow.needs)]


def _role(pipeline: Pipeline, flow: Flow) -> object:
    bound = pipeline.bound(flow.uses)
    return bound.role if bound else None


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
    """Run one flow to its end and say what it did; errors are in the report, none is raised.

    A flow that talks to warehouses runs once for each, one after the other; what stops one run stops no other.
    """
    flow, upstream, downstream = FLOWS[name], upstream or Feed(closed=True), downstream or Feed()
    reports: list[RunReport] = []
    try:
        for place, seen in enumerate(runs_of(pipeline, flow) or [pipeline]):
            if place and stop.is_set():
                break
            row = named(name, seen.target.connection if place else "")
            again = (lambda report: None) if place else next_due  # the first one is due for all of them
            reports.append(await _run_once(seen, flow, row, stop, upstream, downstream, again))
    finally:
        downstream.close()
    return together(reports)


async def _run_once(
    pipeline: Pipeline,
    flow: Flow,
    row: str,
    stop: asyncio.Event,
    upstream: Feed,
    downstream: Feed,
    next_due: Callable[[RunReport], datetime | None],
) -> RunReport:
    """One run; `row` is what its lease and checkpoint are kept as."""
    report, store = RunReport(), pipeline.store
    try:
        connection, paused = connection_of(pipeline, flow), await store.paused_connections()
        if reason := paused.get(connection):
            report.error = f"connection {connection} is paused: {reason}"
            return report
        now = pipeline.clock.now()
        lease = await store.begin_run(pipeline.name, row, connection=connection, now=now, seconds=LEASE_SECONDS)
        if lease is None:
            report.error = f"another run of {row} is under way"
            return report
        run = Run(_without_paused(pipeline, flow, paused), lease, report, stop, upstream, downstream)
        await _run_safely(flow, run)
        await store.end_run(lease, report, next_due=next_due(report), now=pipeline.clock.now())
    except LeaseLost:
        report.error = f"another run took {row} over; nothing was written since"
    except CrossdockError as error:
        report.error, report.paused = str(error), isinstance(error, Paused)
    return report


def together(reports: Sequence[RunReport]) -> RunReport:
    """The reports of all runs of a flow as one."""
    if len(reports) == 1:
        return reports[0]
    whole = RunReport(error="; ".join(dict.fromkeys(report.error for report in reports if report.error)))
    for report in reports:
        for what, number in report.counts.items():
            whole.add(what, number)
    whole.paused = all(report.paused for report in reports)
    whole.partly = bool(whole.error) and not all(report.error for report in reports)
    return whole


def _without_paused(pipeline: Pipeline, flow: Flow, paused: Mapping[str, str]) -> Pipeline:
    """The pipeline without what the flow would talk to beside its own connection, and may not."""
    provider, others = pipeline.shipping_provider, pipeline.more_targets
    if flow.uses == TARGET:
        others = tuple(one for one in others if one.connection not in paused)
    provider = None if provider and provider.connection in paused else provider
    return replace(pipeline, shipping_provider=provider, more_targets=others) if paused else pipeline


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
        f"{pipeline.name}/{run.lease.flow}",
        f"{run.lease.flow} of pipeline {pipeline.name}: {run.report.error}",
        action="Report it to the plugin's authors; the flow is tried again at its next interval.",
    )
    await pipeline.store.report_problems(pipeline.name, [problem], now=pipeline.clock.now())


def wait_after_failures(failures: int) -> timedelta:
    """How long a flow rests that has failed so often in a row."""
    return min(FIRST_PAUSE * 2.0 ** min(failures, 12), LONGEST_PAUSE)
