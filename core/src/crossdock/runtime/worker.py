"""The long-running process: flows by schedule, a paused connection tried again at each start, a clean end."""

import asyncio
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from crossdock.config import Never, Schedule
from crossdock.engine.cycle import run_cycle
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.ports import RunReport
from crossdock.engine.problems import Code
from crossdock.engine.runner import FLOWS, run_flow, wait_after_failures
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig
from crossdock.hooks.roles import ChecksConnection
from crossdock.runtime.host import Host
from crossdock.store import CrossdockStore

TICK = 1.0
RUNS_AT_ONCE = 16


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set: what runs finishes its page, and the process ends well."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def run_once(
    host: Host, stop: asyncio.Event, ended: Callable[[str, str, RunReport], None] = lambda *told: None
) -> Mapping[str, Mapping[str, RunReport]]:
    """Run every service of every pipeline until nothing is left to do; the caller is the only runner of the store."""
    await take_over(host, stop)
    await try_paused_connections(host)
    await reconsider_held(host)
    reports = {}
    for name, pipeline in host.pipelines.items():
        services = services_on(host, name)
        reports[name] = await run_cycle(pipeline, services, stop=stop, ended=partial(ended, name))
    return reports


def services_on(host: Host, pipeline: str) -> Collection[str]:
    """The services of a pipeline that are not switched off."""
    services = host.config.pipelines[pipeline].services
    return [name for name in FLOWS if not isinstance(getattr(services, name), Never)]


async def take_over(host: Host, stop: asyncio.Event) -> None:
    """End the runs of a runner that died; what it sent last may still be on its way, and gets the time to arrive."""
    if await store_of(host).end_dead_runs():
        host.log.warning("the last runner was killed; what it sent and got no answer to is looked up before all else")
        settle = max((pipeline.retry.settle.total_seconds() for pipeline in host.pipelines.values()), default=0.0)
        await _sleep_until(stop, settle)


async def try_paused_connections(host: Host) -> None:
    """A person who corrected the credentials restarts: each paused connection is tried once."""
    store = store_of(host)
    for connection in await store.paused_connections():
        if connection in host.connections and await _answers(host, connection):
            await store.resume_connection(connection)


async def _answers(host: Host, connection: str) -> bool:
    for pipeline in host.pipelines.values():
        for bound in (pipeline.source, pipeline.target, pipeline.provider):
            if bound and bound.connection == connection and isinstance(bound.role, ChecksConnection):
                try:
                    await bound.role.check()
                except (NeedsAuth, NeedsConfig):
                    return False
                except CrossdockError as error:
                    host.log.warning("connection not reached", connection=connection, why=str(error))
    return True


async def reconsider_held(host: Host) -> None:
    """What an unmapped ship method held is looked at again: the rules may have changed since."""
    store = store_of(host)
    for name, pipeline in host.pipelines.items():
        for code in (Code.UNMAPPED_SHIP_METHOD, Code.UNMAPPED_CARRIER):
            await store.reconsider_held(name, code, now=pipeline.clock.now())


async def serve(
    host: Host, stop: asyncio.Event, ended: Callable[[str, str, RunReport], None] = lambda *told: None
) -> None:
    """Run every service by its schedule until `stop`; the caller is the only runner of the store.

    What is under way at the stop finishes its page.
    """
    await take_over(host, stop)
    await try_paused_connections(host)
    await reconsider_held(host)
    await _Schedule(host, stop, ended).run()


class _Schedule:
    """Ticks over the flows that are due; every flow of a pipeline runs at most once at a time."""

    def __init__(self, host: Host, stop: asyncio.Event, ended: Callable[[str, str, RunReport], None]) -> None:
        self._host, self._stop, self._ended = host, stop, ended
        self._store = store_of(host)
        self._slots = asyncio.Semaphore(RUNS_AT_ONCE)
        self._running: set[tuple[str, str]] = set()
        self._failures: dict[tuple[str, str], int] = {}

    async def run(self) -> None:
        """Tick until the stop; then wait for what is under way."""
        for name, pipeline in self._host.pipelines.items():
            for flow in FLOWS:
                on = flow in services_on(self._host, name)
                await self._store.schedule(name, flow, pipeline.clock.now() if on else None)
        async with asyncio.TaskGroup() as group:
            while not self._stop.is_set():
                await self._start_due(group)
                await _sleep_until(self._stop, TICK)

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        for key in await self._store.due_flows(now=self._now()):
            name, flow = key
            if key not in self._running and name in self._host.pipelines and self._may_start(name, flow):
                self._running.add(key)
                group.create_task(self._one(self._host.pipelines[name], flow))

    def _may_start(self, name: str, flow: str) -> bool:
        """Not switched off; and no marking while the cart's list is read, for the marks would shift it."""
        waits = flow == "acknowledge" and (name, "download") in self._running
        return flow in services_on(self._host, name) and not waits

    async def _one(self, pipeline: Pipeline, flow: str) -> None:
        key = (pipeline.name, flow)
        try:
            async with self._slots:
                report = await run_flow(
                    pipeline, flow, stop=self._stop, next_due=lambda report: self._next_due(key, report)
                )
            woken = FLOWS[flow].wakes
            if report.counts and not report.error and woken in services_on(self._host, pipeline.name):
                await self._store.schedule(pipeline.name, woken, self._now())
            self._ended(pipeline.name, flow, report)
        except CrossdockError as error:
            self._host.log.warning("flow not scheduled", pipeline=pipeline.name, flow=flow, why=str(error))
        finally:
            self._running.discard(key)

    def _next_due(self, key: tuple[str, str], report: RunReport) -> datetime | None:
        """By the schedule; after failures in a row sooner or later than that, with growing pauses."""
        if report.error:
            self._failures[key] = self._failures.get(key, 0) + 1
            return self._now() + wait_after_failures(self._failures[key])
        self._failures.pop(key, None)
        schedule: Schedule = getattr(self._host.config.pipelines[key[0]].services, key[1])
        return schedule.next_after(self._now())

    def _now(self) -> datetime:
        return next(iter(self._host.pipelines.values())).clock.now()


async def _sleep_until(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def store_of(host: Host) -> CrossdockStore:
    """The store of an open host."""
    if host.store is None:
        raise CrossdockError("this command was opened without a store")
    return host.store
