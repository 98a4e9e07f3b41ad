"""How crossdock itself is, for a monitor that stands outside of it: a dead process cannot say that it is dead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crossdock.config import Every
from crossdock.engine.silence import Watched, is_overdue, silent_services
from crossdock.runtime.alerts import watched_services
from crossdock.runtime.host import Host, store_of
from crossdock.runtime.schedule import services_on
from crossdock.store.alerts import ServiceSigns, known_silences, service_signs
from crossdock.store.standing import open_problem_count

PATIENCE = 5
"""After how many intervals a service counts as silent where the config does not say it."""


@dataclass(frozen=True)
class ServiceHealth:
    """How one service of one pipeline is; `wrong` says what is wrong with it."""

    pipeline: str
    service: str
    last_begin: datetime | None
    last_success: datetime | None
    failures_in_a_row: int
    paused: bool
    wrong: str = ""


@dataclass(frozen=True)
class Health:
    """How crossdock is: `alive` when it runs its services at all, `well` when nothing of it needs a person.

    Open problems are counted, and make nobody unwell: they are about orders.
    """

    well: bool
    alive: bool
    wrong: tuple[str, ...]
    database: str = ""
    last_begin: datetime | None = None
    open_problems: int = 0
    paused_connections: Mapping[str, str] = field(default_factory=dict)
    services: tuple[ServiceHealth, ...] = ()


def unreachable(why: str) -> Health:
    """How it is when the database cannot be used."""
    return Health(well=False, alive=False, wrong=(why,), database=why)


async def health_of(host: Host, *, database: str, within: Every | None = None) -> Health:
    """Look at everything; `within` is how late any service may be, in the place of its own interval."""
    store, now = store_of(host), host.clock.now()
    signs, paused = await store.read(service_signs, now=now), await store.paused_connections()
    watched = [_with_patience(one, host, within) for one in await watched_services(host, since=None)]
    times = 1 if within else host.config.alerts.silence or PATIENCE
    silent = silent_services(watched, await store.read(known_silences), times=times, now=now)
    begun = [sign.began_at for sign in signs.values() if sign.began_at.year > 1970]
    alive = bool(begun) and (not watched or any(_begins(one, signs, times, now) for one in watched))
    wrong = [] if alive else ["no service has run lately: is `crossdock run` at work?"]
    wrong += [*host.faults, *(f"connection {name} is paused: {why}" for name, why in paused.items())]
    said = {one.subject: problem.title for one, problem in silent}
    return Health(
        well=not wrong and not said,
        alive=alive,
        wrong=(*wrong, *said.values()),
        database=database,
        last_begin=max(begun, default=None),
        open_problems=await store.read(open_problem_count),
        paused_connections=paused,
        services=tuple(_services(host, signs, said)),
    )


def _with_patience(one: Watched, host: Host, within: Every | None) -> Watched:
    """What comes by itself is watched only where the config wants it."""
    if not host.config.alerts.silence:
        one = replace(one, arrivals=None)
    return replace(one, next_after=within.next_after, schedule=str(within), arrivals=None) if within else one


def _begins(one: Watched, signs: Mapping[tuple[str, str], ServiceSigns], times: int, now: datetime) -> bool:
    """Whether a service is begun as often as it should be, however it ends."""
    begun = replace(one, succeeded_at=signs[one.pipeline, one.service].began_at)
    return not is_overdue(begun, times=times, now=now)


def _services(
    host: Host, signs: Mapping[tuple[str, str], ServiceSigns], said: Mapping[str, str]
) -> Sequence[ServiceHealth]:
    found = []
    for (pipeline, name), sign in sorted(signs.items()):
        if pipeline in host.pipelines and name.partition("@")[0] in services_on(host, pipeline):
            begun = sign.began_at if sign.began_at.year > 1970 else None
            wrong = said.get(f"{pipeline}/{name}", "")
            found.append(ServiceHealth(pipeline, name, begun, sign.succeeded_at, sign.fails, sign.paused, wrong))
    return found
