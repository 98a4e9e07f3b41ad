"""Services as operators see them: what each does, how often, how it fares, and why it does not run."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock.config import Config, Never, Schedule
from crossdock.config import Pipeline as PipelineConfig
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.run_ports import RunReport
from crossdock.engine.runner import FLOWS, Flow, connection_of, has_flow, hindrance
from crossdock.hooks.errors import NeedsConfig, Unsupported
from crossdock.runtime.at_once import do_at_once, pipeline_of
from crossdock.runtime.host import Host, store_of
from crossdock.store.audit import Deed, note_deed
from crossdock.store.moments import micros
from crossdock.store.services import ServiceStanding, standings, why_paused

Key = tuple[str, str]
"""A pipeline and one of its services."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service of one pipeline.

    `state` is on, off, paused, waiting (for its connection), closed (as is its pipeline) or cannot; `why` says more.

    `counts` and `last_error` are those of the newest run that did something or failed, `fails` how many failed in a
    row. `next_run` is None while nothing makes it due: it is off, or only `run --once` runs it.
    """

    client: str
    pipeline: str
    service: str
    title: str
    every: str
    state: str
    why: str
    running_since: datetime | None
    last_success: datetime | None
    last_run: datetime | None
    counts: Mapping[str, int]
    last_error: str
    fails: int
    next_run: datetime | None


async def services_of(host: Host, pipelines: Collection[str] | None = None) -> Sequence[ServiceView]:
    """Every service of these pipelines (None: of all), in the order in which orders go through them."""
    store = store_of(host)
    found = await store.read(standings, now=host.clock.now())
    paused = await store.paused_connections()
    return [
        _view(host, name, flow, found.get((name, flow.name), ServiceStanding()), paused)
        for name, wanted in host.config.pipelines.items()
        if pipelines is None or name in pipelines
        for flow in _flows(host, name, wanted)
    ]


def _flows(host: Host, name: str, wanted: PipelineConfig) -> Iterator[Flow]:
    """The jobs that a pipeline has; of one that is not open, those that its roles would give it."""
    opened = host.pipelines.get(name)
    for flow in FLOWS.values():
        if has_flow(opened, flow) if opened else flow.uses in wanted.roles:
            yield flow


def _view(host: Host, name: str, flow: Flow, standing: ServiceStanding, paused: Mapping[str, str]) -> ServiceView:
    wanted = host.config.pipelines[name]
    schedule = _schedule(wanted, flow.name)
    state, why = _state(host, name, flow, standing, paused)
    return ServiceView(
        client=wanted.client,
        pipeline=name,
        service=flow.name,
        title=flow.title,
        every=str(schedule),
        state=state,
        why=why,
        running_since=standing.running_since,
        last_success=standing.last_success,
        last_run=standing.last_run,
        counts=standing.counts,
        last_error=standing.error if standing.fails else "",
        fails=standing.fails,
        next_run=standing.next_run if state in ("on", "waiting") else None,
    )


def _schedule(wanted: PipelineConfig, service: str) -> Schedule:
    schedule: Schedule = getattr(wanted.services, service)
    return schedule


def _state(host: Host, name: str, flow: Flow, standing: ServiceStanding, paused: Mapping[str, str]) -> tuple[str, str]:
    """What keeps a service from running counts before what it does."""
    opened, wanted = host.pipelines.get(name), host.config.pipelines[name]
    if not wanted.enabled:
        return "off", "the pipeline is not enabled"
    if opened is None:
        return "closed", "; ".join(fault for fault in host.faults if f"pipeline {name} " in fault)
    if why := hindrance(opened, flow):
        return "cannot", why
    if isinstance(_schedule(wanted, flow.name), Never):
        return "off", "switched off in the config"
    if standing.paused:
        return "paused", standing.paused
    return _waiting(opened, flow, paused)


def _waiting(opened: Pipeline, flow: Flow, paused: Mapping[str, str]) -> tuple[str, str]:
    connection = connection_of(opened, flow)
    if connection in paused:
        return "waiting", f"connection {connection} is paused: {paused[connection]}"
    return "on", ""


def service_named(text: str) -> str:
    """The service that a person means by its name or its title; raises a sentence with the nearest one."""
    from difflib import get_close_matches

    wanted = _folded(text)
    names = {_folded(word): flow.name for flow in FLOWS.values() for word in (flow.name, flow.title)}
    if wanted in names:
        return names[wanted]
    near = get_close_matches(wanted, names, n=1)
    meant = f"; did you mean '{names[near[0]]}'?" if near else ""
    raise NeedsConfig(f"there is no service '{text}'{meant} They are: {', '.join(FLOWS)}")


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


def chosen_services(
    config: Config, services: Sequence[str], pipelines: Collection[str] | None, *, everything: bool
) -> Sequence[Key]:
    """What is meant: these services (none: all, with `everything`) of these pipelines (None: of all that have them).

    Nothing is opened for it, so that a person can pause what cannot even be opened. Raises a sentence when nothing was
    named, or when several pipelines could be meant and not all are.
    """
    names = [service_named(text) for text in services] or (list(FLOWS) if everything else [])
    if not names:
        raise NeedsConfig("name the services that are meant, or say --all; `crossdock services list` shows them")
    meant = {
        name: one for name, one in config.pipelines.items() if one.enabled and (pipelines is None or name in pipelines)
    }
    found = [(name, service) for name, one in meant.items() for service in names if FLOWS[service].uses in one.roles]
    for service in names if services else ():
        having = [name for name, its in found if its == service]
        if not having:
            raise NeedsConfig(f"no pipeline that is meant has the service {service}; see `crossdock services list`")
        if len(having) > 1 and pipelines is None and not everything:
            raise NeedsConfig(
                f"several pipelines have the service {service} ({', '.join(having)}): say which with --pipeline or "
                "--client, or all of them with --all"
            )
    return found


async def run_service(host: Host, pipeline: str, service: str, *, by: str) -> RunReport | None:
    """Run a service at once; None where another crossdock runs, for which it is due now.

    Raises a sentence when the pipeline cannot, when a person has paused it, or when nobody would run it.
    """
    store, now, opened = store_of(host), host.clock.now(), pipeline_of(host, pipeline)
    if not has_flow(opened, FLOWS[service]):
        raise NeedsConfig(
            f"pipeline {pipeline} has no service {service}, as it is configured; see `crossdock services list`"
        )
    if why := hindrance(opened, FLOWS[service]):
        raise Unsupported(f"{service} of pipeline {pipeline} cannot run: {why}")
    if why := await store.read(why_paused, pipeline, service):
        raise NeedsConfig(
            f"{service} of pipeline {pipeline} is {why}; `crossdock services resume {service} --pipeline {pipeline}` "
            "lets it run"
        )
    await store.write(note_deed, Deed(by, "run service", service, pipeline), micros(now))
    if reports := await do_at_once(host, pipeline, (service,)):
        return reports[service]
    if isinstance(_schedule(host.config.pipelines[pipeline], service), Never):
        raise NeedsConfig(f"{service} of pipeline {pipeline} is off in the config: the crossdock that runs leaves it")
    await store.schedule(pipeline, service, now)
    return None
