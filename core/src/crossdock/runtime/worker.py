"""The long-running process: flows by schedule, a paused connection tried again at each start, a clean end."""

import asyncio
import gc
import signal
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from functools import partial

from crossdock.config import ROLES
from crossdock.engine.cycle import run_cycle
from crossdock.engine.problems import Code
from crossdock.engine.run_ports import RunReport
from crossdock.engine.runner import FLOWS
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig
from crossdock.hooks.features import ChecksConnection, FetchesOrder
from crossdock.runtime.alerts import alert_once, alerts_sent
from crossdock.runtime.host import Host, store_of
from crossdock.runtime.rules import judging_digest
from crossdock.runtime.schedule import Ended, Rounds, first_due, retention_of, services_on, sleep_until
from crossdock.store.purge import purge
from crossdock.store.rejudging import judge_again
from crossdock.store.shipments import reconsider_not_told

CHANGEABLE = (
    *(Code.UNMAPPED_SHIP_METHOD, Code.RULES_DISAGREE, Code.UNMAPPED_CARRIER, Code.UNMAPPED_AREA),
    Code.MISSING_FIELD,  # what a warehouse takes is a setting of its connection, and no rule of the pipeline
)
"""What may have been corrected in the config since the last start."""


@contextmanager
def settled_memory() -> Iterator[None]:
    """What is loaded by now stays for the work: the garbage collector does not walk through it again and again.

    Measured by `bench levels`: a seventh of the CPU of a large run.
    """
    if gc.get_freeze_count():  # whoever runs us has done so before
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
    host: Host, stop: asyncio.Event, ended: Ended = lambda *told: None
) -> Mapping[str, Mapping[str, RunReport]]:
    """Run every service of every pipeline until nothing is left to do; the caller is the only runner of the store."""
    await take_over(host, stop)
    await try_paused_connections(host)
    await reconsider_held(host)
    reports = {}
    for name, pipeline in host.pipelines.items():
        services = await _services_now(host, name)
        reports[name] = await run_cycle(pipeline, services, stop=stop, ended=partial(ended, name))
        await _schedule_resting(host, name)
    await purge(store_of(host), retention_of(host), now=host.clock.now())
    await alert_once(host)
    return reports


async def _services_now(host: Host, pipeline: str) -> Collection[str]:
    """Every service that is on; one that rests only when its time has come."""
    await _schedule_resting(host, pipeline)
    due = await store_of(host).due_flows(now=host.clock.now())
    return [name for name in services_on(host, pipeline) if not FLOWS[name].rests or (pipeline, name) in due]


async def _schedule_resting(host: Host, pipeline: str) -> None:
    """Those that rest and wait for no moment yet wait for their next one."""
    for name in services_on(host, pipeline):
        if FLOWS[name].rests:
            await store_of(host).schedule(pipeline, name, first_due(host, pipeline, name, host.clock.now()))


async def take_over(host: Host, stop: asyncio.Event) -> None:
    """End the runs of a runner that died; what it sent last may still be on its way, and gets the time to arrive."""
    if await store_of(host).end_dead_runs():
        host.log.warning("the last runner was killed; what it sent and got no answer to is looked up before all else")
        settle = max((pipeline.retry.settle.total_seconds() for pipeline in host.pipelines.values()), default=0.0)
        await sleep_until(stop, settle)


async def try_paused_connections(host: Host) -> None:
    """A person who corrected the credentials restarts: each paused connection is tried once."""
    store = store_of(host)
    for connection in await store.paused_connections():
        if connection in host.connections and await _answers(host, connection):
            await store.resume_connection(connection)


async def _answers(host: Host, connection: str) -> bool:
    for pipeline in host.pipelines.values():
        for bound in (*map(pipeline.bound, ROLES), *pipeline.more_targets):
            if bound and bound.connection == connection and isinstance(bound.role, ChecksConnection):
                try:
                    await bound.role.check()
                except (NeedsAuth, NeedsConfig):
                    return False
                except CrossdockError as error:
                    host.log.warning("connection not reached", connection=connection, why=str(error))
    return True


async def reconsider_held(host: Host) -> None:
    """What the operator's rules held or skipped is looked at again where they may have changed since."""
    store = store_of(host)
    for name, pipeline in host.pipelines.items():
        await _judge_again(host, name)
        for code in CHANGEABLE:
            await store.reconsider_held(name, code, now=pipeline.clock.now())
        await store.write(reconsider_not_told, name, now=pipeline.clock.now())


async def _judge_again(host: Host, name: str) -> None:
    pipeline, written = host.pipelines[name], host.config.pipelines[name]
    if pipeline.order_source is None:
        return
    fetches, digest = isinstance(pipeline.source.role, FetchesOrder), judging_digest(written)
    again = await store_of(host).write(judge_again, name, digest, fetches=fetches, now=pipeline.clock.now())
    if again:
        host.log.info("the rules are not those of the last start: orders are judged again", pipeline=name, orders=again)


async def serve(host: Host, stop: asyncio.Event, ended: Ended = lambda *told: None) -> None:
    """Run every service by its schedule until `stop`; the caller is the only runner of the store.

    What is under way at the stop finishes its page.
    """
    async with _listening(host), alerts_sent(host):
        await take_over(host, stop)
        await try_paused_connections(host)
        await reconsider_held(host)
        await Rounds(host, stop, ended).run()


def _listening(host: Host) -> AbstractAsyncContextManager[None]:
    if host.config.webhooks is None:
        return nullcontext()
    from crossdock.runtime.webhooks import webhooks_served  # only who listens pays for a web server

    return webhooks_served(host, host.config.webhooks.listen)
