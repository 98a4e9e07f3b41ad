"""Services as a person sees them: when each ran, and whether somebody has paused it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, func, select, update

from crossdock.engine.lease import unnamed
from crossdock.engine.runner import wait_after_failures
from crossdock.store.audit import Deed, note_deed
from crossdock.store.leases import paused_in_words, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.tables import flow, run

_newer = run.alias("newer")
_NEWEST = (
    select(func.max(_newer.c.id)).where(_newer.c.pipeline == flow.c.pipeline, _newer.c.flow == flow.c.flow)
).scalar_subquery()
_STANDINGS = (
    select(flow.c.pipeline, flow.c.flow, flow.c.due_at, flow.c.began_at, flow.c.lease_until, flow.c.fails)
    .add_columns(flow.c.succeeded_at, flow.c.paused_at, flow.c.paused_by, flow.c.paused_why)
    .add_columns(run.c.ended_at, run.c.counts, run.c.error)
    .select_from(flow.outerjoin(run, run.c.id == _NEWEST))
    .order_by(flow.c.pipeline, flow.c.flow)
)
_THIS = (flow.c.pipeline == bindparam("of_pipeline"), flow.c.flow == bindparam("its_name"))
_ENDED_SINCE = (
    select(run.c.error)
    .where(run.c.pipeline == bindparam("of_pipeline"), run.c.flow == bindparam("its_name"))
    .where(run.c.began_at >= bindparam("since"))
    .order_by(run.c.id.desc())
    .limit(1)
)
_SUCCEEDED = select(flow.c.flow, flow.c.succeeded_at).where(flow.c.pipeline == bindparam("of_pipeline"))
_HEARING = ("collect", "movements")
_PAUSE = (
    update(flow)
    .where(*_THIS, flow.c.paused_at.is_(None))
    .values(paused_at=bindparam("now"), paused_by=bindparam("by_whom"), paused_why=bindparam("why"))
)
_PAUSED = select(flow.c.paused_at, flow.c.paused_by, flow.c.paused_why).where(*_THIS, flow.c.paused_at.is_not(None))
_RESUME = update(flow).where(*_THIS, flow.c.paused_at.is_not(None)).values(paused_at=None, paused_by="", paused_why="")


@dataclass(frozen=True, slots=True)
class ServiceStanding:
    """How one service of one pipeline fared; `counts` and `error` are those of the newest run that said anything.

    `next_run` is when it is due, and after failures not before its rest is over; `paused` says who, since when and why.
    """

    running_since: datetime | None = None
    last_success: datetime | None = None
    last_run: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    fails: int = 0
    next_run: datetime | None = None
    paused: str = ""


def standings(conn: Connection, *, now: datetime) -> Mapping[tuple[str, str], ServiceStanding]:
    """How every service that ever was due fared, by pipeline and service.

    Where a service runs once for each warehouse, it fares as the worst of them.
    """
    found: dict[tuple[str, str], ServiceStanding] = {}
    for row in conn.execute(_STANDINGS):
        key = (row.pipeline, unnamed(row.flow)[0])
        one = _standing(row, micros(now))
        found[key] = _worse(found[key], one) if key in found else one
    return found


def standing_of(conn: Connection, pipeline: str, run_name: str, *, now: datetime) -> ServiceStanding | None:
    """How one run of a service fared, which may be for one warehouse of several; None where it never was due."""
    row = conn.execute(_STANDINGS.where(*_THIS), {"of_pipeline": pipeline, "its_name": run_name}).one_or_none()
    paused = why_paused(conn, pipeline, unnamed(run_name)[0])
    return None if row is None else replace(_standing(row, micros(now)), paused=paused)


def error_since(conn: Connection, pipeline: str, run_name: str, since: datetime) -> str | None:
    """Why the newest run failed that began since then, empty where it went well; None where none has ended."""
    began = {"of_pipeline": pipeline, "its_name": run_name, "since": micros(since)}
    return conn.scalar(_ENDED_SINCE, began)


def heard_since(conn: Connection, pipeline: str, since: datetime) -> bool:
    """Whether a run that takes in a warehouse's work has ended well since then; true where there never was one."""
    ended = [at for name, at in conn.execute(_SUCCEEDED, {"of_pipeline": pipeline}) if unnamed(name)[0] in _HEARING]
    return not ended or any(at is not None and at >= micros(since) for at in ended)


def _standing(row: Row[tuple[object, ...]], now: int) -> ServiceStanding:
    due_at, ended_at = moment(row.due_at), moment(row.ended_at)
    if due_at and ended_at and row.fails:
        due_at = max(due_at, ended_at + wait_after_failures(row.fails))
    return ServiceStanding(
        running_since=moment(row.began_at) if row.lease_until > now else None,
        last_success=moment(row.succeeded_at),
        last_run=ended_at,
        counts=json.loads(row.counts or "{}"),
        error=row.error or "",
        fails=row.fails,
        next_run=due_at,
        paused="" if row.paused_at is None else paused_in_words(row.paused_at, row.paused_by, row.paused_why),
    )


def _worse(own: ServiceStanding, other: ServiceStanding) -> ServiceStanding:
    """The service with what another run of it, for another warehouse, adds: due and paused are by its own name."""
    successes = [one.last_success for one in (own, other) if one.last_success]
    return replace(
        own,
        running_since=own.running_since or other.running_since,
        last_success=min(successes) if len(successes) == 2 else None,
        counts={what: own.counts.get(what, 0) + other.counts.get(what, 0) for what in {**own.counts, **other.counts}},
        error="; ".join(filter(None, (own.error, other.error))),
        fails=max(own.fails, other.fails),
    )


def why_paused(conn: Connection, pipeline: str, service: str) -> str:
    """By whom, since when and why a service is paused; empty when it is not."""
    paused = conn.execute(_PAUSED, {"of_pipeline": pipeline, "its_name": service}).one_or_none()
    return paused_in_words(*paused) if paused else ""


def pause_services(
    conn: Connection, wanted: Sequence[tuple[str, str]], *, by: str, why: str, now: datetime
) -> Collection[tuple[str, str]]:
    """Pause services, each as (pipeline, service); gives those that were not paused before.

    What runs at this moment ends as it would; what another person paused stays as it was.
    """
    new: list[tuple[str, str]] = []
    for pipeline, service in wanted:
        schedule(conn, pipeline, service, None)
        this = {"of_pipeline": pipeline, "its_name": service}
        if conn.execute(_PAUSE, this | {"now": micros(now), "by_whom": by, "why": why}).rowcount:
            note_deed(conn, Deed(by, "pause service", service, pipeline, note=why), micros(now))
            new.append((pipeline, service))
    return new


def resume_services(
    conn: Connection, wanted: Sequence[tuple[str, str]], *, by: str, now: datetime
) -> Collection[tuple[str, str]]:
    """Let services run again, each as (pipeline, service); gives those that were paused."""
    new: list[tuple[str, str]] = []
    for pipeline, service in wanted:
        before = why_paused(conn, pipeline, service)
        if conn.execute(_RESUME, {"of_pipeline": pipeline, "its_name": service}).rowcount:
            note_deed(conn, Deed(by, "resume service", service, pipeline, before=before), micros(now))
            new.append((pipeline, service))
    return new
