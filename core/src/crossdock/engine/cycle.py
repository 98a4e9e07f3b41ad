"""One cycle: every flow of a pipeline once, side by side, each fed by the one before it."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from crossdock.engine.feed import Feed
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.run_ports import RunReport
from crossdock.engine.runner import FLOWS, flows_of, run_flow

Watch = Callable[[str, RunReport], None]


async def run_cycle(
    pipeline: Pipeline, services: Collection[str], *, stop: asyncio.Event, ended: Watch = lambda flow, report: None
) -> Mapping[str, RunReport]:
    """Run those of the named flows that the pipeline has, until nothing is left to do, and say what each did.

    `ended` is told as each one ends.
    """
    reports: dict[str, RunReport] = {}
    feeds = {flow.name: Feed() for flow in FLOWS.values()}
    over = {flow.name: asyncio.Event() for flow in FLOWS.values()}
    services = [name for name in flows_of(pipeline) if name in services]
    early = [name for name in services if FLOWS[name].early]

    async def one(name: str) -> None:
        for other in FLOWS[name].after:
            if other in services:
                await over[other].wait()
        before = [other for other in services if FLOWS[other].wakes == name and not FLOWS[other].early]
        upstream = feeds[before[-1]] if before else None
        reports[name] = await run_flow(
            pipeline, name, stop=stop, upstream=upstream, downstream=feeds[name], next_due=again_if_failed
        )
        over[name].set()
        ended(name, reports[name])

    def again_if_failed(report: RunReport) -> datetime | None:
        return pipeline.clock.now() if report.error else None

    for name in early:
        await one(name)
    async with asyncio.TaskGroup() as group:
        for name in services:
            if name not in early:
                group.create_task(one(name))
    return reports
