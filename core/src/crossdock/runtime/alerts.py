"""Tells people what waits for them: looks for silence, and sends what is new, beside the flows."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossdock.config import Cron, Every
from crossdock.engine.alerts import (
    GATHER,
    Digest,
    Silent,
    groups_of,
    next_message,
    wait_after,
)
from crossdock.engine.lease import named
from crossdock.engine.problems import Code
from crossdock.engine.runner import FLOWS, connection_of, runs_of
from crossdock.engine.silence import LOOKS_BACK, Watched, silent_services
from crossdock.hooks.errors import CrossdockError
from crossdock.runtime.host import Host, store_of
from crossdock.runtime.receivers import AlertReceiver, clients_of, open_receivers
from crossdock.runtime.schedule import services_on
from crossdock.store import CrossdockStore
from crossdock.store.alerts import (
    NEVER_TOLD,
    NOWHERE,
    Progress,
    ServiceSigns,
    counted,
    failing_receivers,
    known_silences,
    new_problems,
    note_refused,
    note_taken,
    open_silences,
    order_arrivals,
    progress_of,
    service_signs,
    shipment_arrivals,
)

TICK = 10.0
SILENCE_EVERY = timedelta(minutes=1)
BRINGS = {"download": "new order", "collect": "shipment"}
"""What comes by itself by a service, and is missed when it does not."""


@dataclass(frozen=True)
class Delivery:
    """What came of telling one receiver; an error is why nobody of it was told, a warning why some were not."""

    receiver: str
    digest: Digest
    error: str = ""
    warning: str = ""


class Alerts:
    """Sends each receiver what is new, as often as it wants it.

    `since` is when this process began to run the services; None where they were just run, one after the other.
    """

    def __init__(self, host: Host, *, since: datetime | None = None, gather: timedelta = GATHER) -> None:
        self._host, self._since, self._gather = host, since, gather
        self._store = store_of(host)
        self._receivers = open_receivers(host.config)
        self._silence_at: datetime | None = None
        self._first = True

    async def round(self) -> Sequence[Delivery]:
        """Look for silence if it is time to, and tell everybody whose time has come; raises what the store raises."""
        now = self._host.clock.now()
        if self._first:
            await close_what_nobody_watches(self._host)
            self._first = False
        if self._host.config.alerts.silence and (self._silence_at is None or now >= self._silence_at):
            self._silence_at = now + SILENCE_EVERY
            await look_for_silence(self._host, since=self._since)
        if not self._receivers:
            return []
        progress = await self._store.read(progress_of)
        told = (self._tell(one, progress.get(one.name, NEVER_TOLD)) for one in self._receivers.values())
        return [delivery for delivery in await asyncio.gather(*told) if delivery]

    async def _tell(self, receiver: AlertReceiver, progress: Progress) -> Delivery | None:
        now = self._host.clock.now()
        soonest = next_message(progress.sent_at, progress.try_again_at, receiver.every)
        if soonest is not None and now < soonest:
            return None
        until = now - self._gather
        digest = await digest_for(self._store, receiver, progress, clients_of(self._host.config), until=until, now=now)
        if digest is None:
            return None
        delivery = await deliver(receiver, digest)
        await self._note(receiver, progress, delivery, until)
        return delivery

    async def _note(self, receiver: AlertReceiver, before: Progress, delivery: Delivery, until: datetime) -> None:
        """What was told counts as told only now: a crash in between tells it twice, and never not at all."""
        name, now, store = receiver.name, self._host.clock.now(), self._store
        if delivery.error:
            again_in = wait_after(before.fails + 1)
            await store.write(note_refused, name, before, delivery.error, again_in=again_in, now=now)
            self._host.log.warning("alert not taken", receiver=name, why=delivery.error)
            return
        await store.write(note_taken, name, told_until=until, now=now, warning=delivery.warning)
        self._host.log.info("alert sent", receiver=name, new_problems=delivery.digest.new)


async def deliver(receiver: AlertReceiver, digest: Digest) -> Delivery:
    """Bring a message to a receiver; whatever goes wrong is in the answer, none of it is raised."""
    try:
        return Delivery(receiver.name, digest, warning=await receiver.way.tell(digest))
    except CrossdockError as error:
        return Delivery(receiver.name, digest, error=str(error))
    except Exception as error:  # one receiver must not keep the others from being told
        return Delivery(receiver.name, digest, error=f"{type(error).__name__}: {error}")


async def digest_for(
    store: CrossdockStore,
    receiver: AlertReceiver,
    progress: Progress,
    client_of: Mapping[str, str],
    *,
    until: datetime,
    now: datetime,
) -> Digest | None:
    """What a receiver is to be told now; None when nothing is new."""
    window = {"after": progress.told_until, "until": until}
    found = await store.read(new_problems, receiver.name, receiver.interest, **window)
    if not found:
        return None
    closed, open_ = await store.read(counted, receiver.name, receiver.interest, **window)
    silent = tuple(Silent(*one) for one in await store.read(open_silences, receiver.interest))
    return Digest(now, groups_of(found, client_of), silent, closed, open_)


async def look_for_silence(host: Host, *, since: datetime | None) -> None:
    """Open a problem for every service that has fallen silent, and close those of services that are heard again."""
    store, now = store_of(host), host.clock.now()
    known = await store.read(known_silences)
    watched = await watched_services(host, since=since)
    silent = silent_services(watched, known, times=host.config.alerts.silence, now=now)
    for one, problem in silent:
        before = known.get(problem.subject)
        if before is None or before.cause != problem.cause:
            await store.report_problems(one.pipeline, [problem], now=now)
    kept = host.config.pipelines.keys() - host.pipelines.keys()  # those that could not be opened are not heard either
    heard = known.keys() - {problem.subject for _, problem in silent}
    await _close_silences(store, [subject for subject in heard if subject.partition("/")[0] not in kept], now)


async def close_what_nobody_watches(host: Host) -> None:
    """Close the failures of receivers that the config names no more, and silences where it watches for none."""
    store, now, alerts = store_of(host), host.clock.now(), host.config.alerts
    gone = await store.read(failing_receivers) - alerts.receivers.keys()
    if gone:
        await store.close_problems(NOWHERE, Code.ALERT_FAILED, gone, now=now)
    if not alerts.silence:
        await _close_silences(store, await store.read(known_silences), now)


async def _close_silences(store: CrossdockStore, subjects: Iterable[str], now: datetime) -> None:
    by_pipeline: dict[str, list[str]] = {}
    for subject in subjects:
        by_pipeline.setdefault(subject.partition("/")[0], []).append(subject)
    for pipeline, its_own in by_pipeline.items():
        await store.close_problems(pipeline, Code.SERVICE_SILENT, its_own, now=now)


async def watched_services(host: Host, *, since: datetime | None) -> Sequence[Watched]:
    """Every service that should run: it is on, nobody has paused it, and its connection is not paused."""
    store, now = store_of(host), host.clock.now()
    signs, paused = await store.read(service_signs, now=now), await store.paused_connections()
    arrivals = {
        "download": await store.read(order_arrivals, since=now - LOOKS_BACK),
        "collect": await store.read(shipment_arrivals, since=now - LOOKS_BACK),
    }
    watched = []
    for pipeline in host.pipelines:
        for service in services_on(host, pipeline):
            own = signs.get((pipeline, service))
            if own is None or own.paused:
                continue
            for name, connection in _runs_of(host, pipeline, service).items():
                if connection not in paused and (pipeline, name) in signs:
                    came = arrivals[service].get(pipeline, ()) if name in BRINGS else None
                    watched.append(_watched(host, pipeline, name, signs[pipeline, name], came, since))
    return watched


def _runs_of(host: Host, pipeline: str, service: str) -> Mapping[str, str]:
    """The runs of a service by name, each with its connection: one for each warehouse that it talks to."""
    seen = [connection_of(one, FLOWS[service]) for one in runs_of(host.pipelines[pipeline], FLOWS[service])]
    return {named(service, connection if place else ""): connection for place, connection in enumerate(seen)}


def _watched(
    host: Host, pipeline: str, name: str, signs: ServiceSigns, came: Sequence[datetime] | None, since: datetime | None
) -> Watched:
    service = name.partition("@")[0]
    schedule: Every | Cron = getattr(host.config.pipelines[pipeline].services, service)
    known_since = signs.known_since
    return Watched(
        pipeline=pipeline,
        service=name,
        title=FLOWS[service].title,
        schedule=str(schedule),
        next_after=schedule.next_after,
        succeeded_at=max(filter(None, (known_since, since)), default=None),
        running=signs.running,
        arrivals=came,
        brings=BRINGS.get(service, ""),
    )


async def alert_once(host: Host) -> Sequence[Delivery]:
    """Tell everybody what is new at the end of a run; a store that fails is a line in the log."""
    try:
        return await Alerts(host, gather=timedelta()).round()
    except CrossdockError as error:
        host.log.warning("no alert was sent", why=str(error))
        return []


@asynccontextmanager
async def alerts_sent(host: Host) -> AsyncIterator[None]:
    """Tell people what is new while the block runs."""
    telling = asyncio.create_task(_keep_telling(Alerts(host, since=host.clock.now()), host))
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def _keep_telling(alerts: Alerts, host: Host) -> None:
    while True:
        try:
            await alerts.round()
        except Exception as error:  # whatever alerts meet, the flows run, and the next round is another chance
            host.log.warning("no alert was sent", why=str(error), exc_info=not isinstance(error, CrossdockError))
        if not host.config.alerts.receivers and not host.config.alerts.silence:
            return
        await asyncio.sleep(TICK)
