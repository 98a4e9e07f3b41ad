"""Rounds: which flow is due now, by the operator's schedule, by a wake-up, or again after a failure."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta

from crossdock.config import Never, Schedule
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.run_ports import RunReport
from crossdock.engine.runner import FLOWS, flows_of, run_flow, wait_after_failures
from crossdock.hooks.errors import CrossdockError
from crossdock.runtime.host import Host, store_of
from crossdock.store.purge import Retention, purge
from crossdock.store.services import why_paused

TICK = 1.0
RUNS_AT_ONCE = 16
PURGE_EVERY = timedelta(hours=6)

Ended = Callable[[str, str, RunReport], None]
Key = tuple[str, str]


def services_on(host: Host, pipeline: str) -> Collection[str]:
    """The services that a pipeline can run and that are not switched off."""
    services = host.config.pipelines[pipeline].services
    return [name for name in flows_of(host.pipelines[pipeline]) if not isinstance(getattr(services, name), Never)]


def first_due(host: Host, pipeline: str, flow: str, now: datetime) -> datetime | None:
    """When a service is due for the first time: at once, or an interval from now if it rests in between."""
    if flow not in services_on(host, pipeline):
        return None
    schedule: Schedule = getattr(host.config.pipelines[pipeline].services, flow)
    return schedule.next_after(now) if FLOWS[flow].rests else now


class Rounds:
    """Ticks over the flows that are due; every flow of a pipeline runs at most once at a time."""

    def __init__(self, host: Host, stop: asyncio.Event, ended: Ended) -> None:
        self._host, self._stop, self._ended = host, stop, ended
        self._store = store_of(host)
        self._slots = asyncio.Semaphore(RUNS_AT_ONCE)
        self._running: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._rests_until: dict[Key, datetime] = {}

    async def run(self) -> None:
        """Tick until the stop; then wait for what is under way."""
        for name in self._host.pipelines:
            for flow in FLOWS:
                await self._store.schedule(name, flow, first_due(self._host, name, flow, self._now()))
        async with asyncio.TaskGroup() as group:
            tidying = group.create_task(self._tidy())
            while not self._stop.is_set():
                await self._start_due(group)
                await sleep_until(self._stop, TICK)
            tidying.cancel()

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        try:
            due = await self._store.due_flows(now=self._now())
        except CrossdockError as error:
            self._host.log.warning("the store cannot be read", why=str(error))
            return
        for key in due:
            if self._may_start(key):
                self._running.add(key)
                group.create_task(self._one(self._host.pipelines[key[0]], key))

    def _may_start(self, key: Key) -> bool:
        """Ours, not switched off, not at rest, and no flow is under way that it must not run beside."""
        name, flow = key
        if key in self._running or name not in self._host.pipelines or flow not in services_on(self._host, name):
            return False
        if not self._running.isdisjoint((name, other) for other in FLOWS[flow].after):
            return False
        rests_until = self._rests_until.get(key)
        return rests_until is None or self._now() >= rests_until

    async def _one(self, pipeline: Pipeline, key: Key) -> None:
        name, flow = key
        try:
            await self._bring_up_to_date(pipeline, key)
            async with self._slots:
                report = await run_flow(
                    pipeline, flow, stop=self._stop, next_due=lambda report: self._next_due(key, report)
                )
            self._rest(key, report)
            woken = FLOWS[flow].wakes
            if report.counts and (report.partly or not report.error) and woken in services_on(self._host, name):
                await self._store.schedule(name, woken, self._now())
            self._ended(name, flow, report)
        except CrossdockError as error:
            self._host.log.warning("flow not scheduled", pipeline=name, flow=flow, why=str(error))
        finally:
            self._running.discard(key)

    async def _bring_up_to_date(self, pipeline: Pipeline, key: Key) -> None:
        """Before a flow that must be fresh, run those after which it comes, unless they rest or are paused."""
        name, flow = key
        for other in FLOWS[flow].after if FLOWS[flow].fresh else ():
            before = name, other
            while before in self._running and not self._stop.is_set():
                await sleep_until(self._stop, TICK)
            if not self._stop.is_set() and self._may_start(before) and not await self._store.read(why_paused, *before):
                self._running.add(before)
                await self._one(pipeline, before)

    def _rest(self, key: Key, report: RunReport) -> None:
        """After a failure a flow rests, longer each time in a row, whatever the store says is due."""
        if not report.error or report.paused:
            self._failures.pop(key, None)
            self._rests_until.pop(key, None)
            return
        if report.partly:  # the other warehouses need not wait for the one that failed
            self._failures.pop(key, None)
            self._rests_until[key] = self._by_schedule(key) or self._now()
            return
        self._failures[key] = self._failures.get(key, 0) + 1
        self._rests_until[key] = self._now() + wait_after_failures(self._failures[key])

    def _next_due(self, key: Key, report: RunReport) -> datetime | None:
        if report.error:
            return self._now()
        return self._by_schedule(key)

    def _by_schedule(self, key: Key) -> datetime | None:
        schedule: Schedule = getattr(self._host.config.pipelines[key[0]].services, key[1])
        return schedule.next_after(self._now())

    async def _tidy(self) -> None:
        """Remove what is kept no longer: old requests and answers, and the data of buyers whose orders are done."""
        while True:
            try:
                await purge(self._store, retention_of(self._host), now=self._now())
            except CrossdockError as error:
                self._host.log.warning("nothing was purged", why=str(error))
            await asyncio.sleep(PURGE_EVERY.total_seconds())

    def _now(self) -> datetime:
        return self._host.clock.now()


def retention_of(host: Host) -> Retention:
    """How long the operator wants things to be kept."""
    store = host.config.store
    return Retention(
        buyer_data=timedelta(days=store.keep_buyer_data_days),
        exchanges=timedelta(days=store.keep_exchanges_days),
        reports=timedelta(days=store.keep_reports_days),
    )


async def sleep_until(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but no longer than until the stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # `wait_for` of 3.11 can swallow a cancellation
            await stop.wait()
