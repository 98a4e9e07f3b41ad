"""Who was told of what, and what there is to tell. Use as `await store.read(progress_of)`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Select, Table, and_, func, not_, select, text

from crossdock.engine.alerts import Finding, Interest
from crossdock.engine.problems import Code, Problem
from crossdock.engine.silence import KnownSilence
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.tables import alert_receiver, flow, orders, problem, run, shipment
from crossdock.store.upsert import insert_into

NOWHERE = ""
"""The pipeline of what belongs to none."""
_MINUTE = 60_000_000
_EPOCH = 0
_OPEN = text("problem.state = 'open'")  # literally the condition of the index


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a receiver was told, and what became of the last messages."""

    told_until: datetime
    sent_at: datetime | None = None
    try_again_at: datetime | None = None
    fails: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class ServiceSigns:
    """What a service's row says of it: when it succeeded and began last, whether it runs, whether a person paused it.

    `known_since` is when it succeeded last, or where it never did, when it first said anything.
    """

    succeeded_at: datetime | None
    known_since: datetime | None
    began_at: datetime
    running: bool
    fails: int
    paused: bool


NEVER_TOLD = Progress(moment(_EPOCH))


@cache
def _note(dialect: str) -> Executable:
    noting = insert_into(dialect, alert_receiver)
    new = noting.excluded
    told = {name: new[name] for name in ("told_until", "sent_at", "try_again_at", "fails", "error")}
    return noting.on_conflict_do_update(index_elements=["receiver"], set_=told)


def progress_of(conn: Connection) -> Mapping[str, Progress]:
    """Every receiver that was ever tried."""
    rows = conn.execute(select(alert_receiver)).mappings()
    return {
        row["receiver"]: Progress(
            moment(row["told_until"]), moment(row["sent_at"]), moment(row["try_again_at"]), row["fails"], row["error"]
        )
        for row in rows
    }


def new_problems(
    conn: Connection, receiver: str, interest: Interest, *, after: datetime, until: datetime
) -> Sequence[Finding]:
    """The open problems that came after one moment and until another, by pipeline, kind and cause."""
    grouped = (
        select(func.min(problem.c.id).label("first"), func.count().label("count"))
        .add_columns(func.min(problem.c.first_seen).label("since"))
        .where(_OPEN, problem.c.first_seen > micros(after), problem.c.first_seen <= micros(until))
        .where(_of(interest), not_(_failure_of(receiver)))
        .group_by(problem.c.pipeline, problem.c.code, problem.c.cause)
        .subquery()
    )
    shown = [problem.c[name] for name in ("pipeline", "code", "cause", "id", "subject", "title", "action")]
    query = select(*shown, grouped.c["count"], grouped.c.since).join(grouped, problem.c.id == grouped.c.first)
    rows = conn.execute(query.order_by(problem.c.id)).mappings()
    return [Finding(**dict(row) | {"since": moment(row["since"])}) for row in rows]


def counted(
    conn: Connection, receiver: str, interest: Interest, *, after: datetime, until: datetime
) -> tuple[int, int]:
    """How many problems that were told before have closed since then, and how many are open in all."""
    closed = (problem.c.state == "resolved", problem.c.closed_at > micros(after), problem.c.closed_at <= micros(until))
    ours = select(func.count()).select_from(problem).where(_of(interest), not_(_failure_of(receiver)))
    told_and_closed = ours.where(*closed, problem.c.first_seen <= micros(after))
    return conn.scalar(told_and_closed) or 0, conn.scalar(ours.where(problem.c.state == "open")) or 0


def _of(interest: Interest) -> ColumnElement[bool]:
    wanted = []
    if interest.pipelines is not None:
        wanted.append(problem.c.pipeline.in_(interest.pipelines))
    if interest.codes is not None:
        wanted.append(problem.c.code.in_(interest.codes))
    return and_(True, *wanted)


def _failure_of(receiver: str) -> ColumnElement[bool]:
    """That a receiver failed is no news to itself."""
    return and_(problem.c.code == Code.ALERT_FAILED.value, problem.c.subject == receiver)


def note_taken(conn: Connection, receiver: str, *, told_until: datetime, now: datetime, warning: str = "") -> None:
    """The receiver took a message; with a warning not every part of it did, and that is the problem now."""
    row = {"told_until": micros(told_until), "sent_at": micros(now), "try_again_at": None, "fails": 0, "error": warning}
    conn.execute(_note(conn.dialect.name), {"receiver": receiver, **row})
    if warning:
        open_problems(conn, NOWHERE, [_failed(receiver, warning)], micros(now))
    else:
        close_subjects(conn, NOWHERE, Code.ALERT_FAILED, [receiver], micros(now))


def note_refused(
    conn: Connection, receiver: str, before: Progress, error: str, *, again_in: timedelta, now: datetime
) -> None:
    """The receiver did not take a message; it is tried again later, and a person should know."""
    row = {
        "receiver": receiver,
        "told_until": micros(before.told_until),
        "sent_at": before.sent_at and micros(before.sent_at),
        "try_again_at": micros(now + again_in),
        "fails": before.fails + 1,
        "error": error,
    }
    conn.execute(_note(conn.dialect.name), row)
    open_problems(conn, NOWHERE, [_failed(receiver, error)], micros(now))


def _failed(receiver: str, error: str) -> Problem:
    title = f"Alerts do not reach {receiver}: {error}"
    action = (
        f"Correct it, and try it with `crossdock alerts test {receiver}`. It is tried again by itself, nothing is "
        "lost, and this closes when a message goes through."
    )
    return Problem(Code.ALERT_FAILED, receiver, title, action=action)


def failing_receivers(conn: Connection) -> set[str]:
    """The receivers whose failure is a problem now."""
    failing = select(problem.c.subject).where(problem.c.code == Code.ALERT_FAILED.value, problem.c.state != "resolved")
    return set(conn.scalars(failing))


def known_silences(conn: Connection) -> Mapping[str, KnownSilence]:
    """The silences that are problems now, by subject, also those that a person ignores."""
    query = select(problem.c.subject, problem.c.cause, problem.c.first_seen).where(
        problem.c.code == Code.SERVICE_SILENT.value, problem.c.state.in_(["open", "ignored"])
    )
    return {subject: KnownSilence(cause, moment(since)) for subject, cause, since in conn.execute(query)}


def open_silences(conn: Connection, interest: Interest) -> Sequence[tuple[str, str, datetime]]:
    """The silent services that nobody ignores: pipeline, service, since when."""
    query = (
        select(problem.c.pipeline, problem.c.subject, problem.c.first_seen)
        .where(problem.c.code == Code.SERVICE_SILENT.value, problem.c.state == "open", _of(interest))
        .order_by(problem.c.id)
    )
    return [(pipeline, subject.partition("/")[2], moment(at)) for pipeline, subject, at in conn.execute(query)]


def service_signs(conn: Connection, *, now: datetime) -> Mapping[tuple[str, str], ServiceSigns]:
    """What is known of every service, by pipeline and name; one that runs for another warehouse is NAME@CONNECTION."""
    first_said = (
        select(func.min(run.c.began_at))
        .where(run.c.pipeline == flow.c.pipeline, run.c.flow == flow.c.flow)
        .scalar_subquery()
    )
    since = func.coalesce(flow.c.succeeded_at, first_said).label("known_since")
    rows = conn.execute(select(flow, since)).mappings()
    return {(row["pipeline"], row["flow"]): _signs(dict(row), micros(now)) for row in rows}


def _signs(row: dict[str, Any], now: int) -> ServiceSigns:
    return ServiceSigns(
        moment(row["succeeded_at"]),
        moment(row["known_since"]),
        moment(row["began_at"]),
        row["lease_until"] > now,
        row["fails"],
        row["paused_at"] is not None,
    )


def order_arrivals(conn: Connection, *, since: datetime) -> Mapping[str, Sequence[datetime]]:
    """When new orders came, to the minute and in order, by pipeline."""
    return _arrivals(conn, orders, since)


def shipment_arrivals(conn: Connection, *, since: datetime) -> Mapping[str, Sequence[datetime]]:
    """When new shipments came, to the minute and in order, by pipeline."""
    return _arrivals(conn, shipment, since)


def _arrivals(conn: Connection, table: Table, since: datetime) -> Mapping[str, Sequence[datetime]]:
    # Rows are numbered as they come: from the newest one back, no more is read than what is asked for.
    before: Select[tuple[int]] = select(table.c.id).where(table.c.created_at < micros(since))
    last_before = conn.scalar(before.order_by(table.c.id.desc()).limit(1)) or 0
    minute = (table.c.created_at // _MINUTE).label("minute")
    query = select(table.c.pipeline, minute).where(table.c.id > last_before).distinct().order_by("minute")
    found: dict[str, list[datetime]] = {}
    for pipeline, at in conn.execute(query):
        found.setdefault(pipeline, []).append(moment(at * _MINUTE))
    return found
