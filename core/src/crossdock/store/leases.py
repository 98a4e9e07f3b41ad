"""Who runs a flow, when it is due, and the fence that shuts out a run which lost its lease."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Executable,
    String,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from crossdock.engine.lease import Lease, LeaseLost, Paused, unnamed
from crossdock.engine.ledger import KIND_OF_FLOW
from crossdock.engine.problems import Code
from crossdock.engine.run_ports import RunReport
from crossdock.hooks.records import Cursor
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_subjects
from crossdock.store.tables import flow, promise, run
from crossdock.store.upsert import insert_into


@cache
def _take(dialect: str) -> Executable:
    taking = insert_into(dialect, flow)
    new = taking.excluded
    return taking.on_conflict_do_update(
        index_elements=["pipeline", "flow"],
        set_={
            "fence": flow.c.fence + 1,
            "due_at": new.due_at,
            "woken_at": None,
            "began_at": new.began_at,
            "lease_until": new.lease_until,
            "lease_length": new.lease_length,
        },
        where=flow.c.lease_until <= new.began_at,
    ).returning(flow.c.id, flow.c.fence, flow.c.checkpoint)


@cache
def _wake(dialect: str) -> Executable:
    waking = insert_into(dialect, flow)
    new = waking.excluded
    return waking.on_conflict_do_update(
        index_elements=["pipeline", "flow"],
        set_={
            "due_at": case((flow.c.due_at < new.due_at, flow.c.due_at), else_=new.due_at),
            "woken_at": case((flow.c.woken_at < new.woken_at, flow.c.woken_at), else_=new.woken_at),
        },
        where=new.due_at.is_not(None),
    )


_DOUBT = (
    update(promise)
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == bindparam("of_kind"))
    .where(promise.c.due_at.is_not(None), promise.c.claimed_by.is_not(None))
    .where(or_(bindparam("on", type_=String).is_(None), promise.c.connection == bindparam("on")))
    .values(state="in_doubt", due_at=bindparam("now"), claimed_by=None)
)
_MINE = and_(flow.c.id == bindparam("flow_id"), flow.c.fence == bindparam("my_fence"))
_RENEW = (
    update(flow)
    .where(_MINE)
    .values(
        lease_until=bindparam("now") + flow.c.lease_length,
        checkpoint=func.coalesce(bindparam("new_checkpoint"), flow.c.checkpoint),
    )
    .returning(flow.c.id)
)
_NEXT_DUE = bindparam("next_due", type_=BigInteger)
_GIVE_BACK = (
    update(flow)
    .where(_MINE)
    .values(
        fence=flow.c.fence + 1,  # what the run still sends out late is refused, too
        lease_until=0,
        fails=case((bindparam("failed", type_=Boolean), flow.c.fails + 1), else_=0),
        succeeded_at=case((bindparam("failed", type_=Boolean), flow.c.succeeded_at), else_=bindparam("now")),
        due_at=case((or_(_NEXT_DUE.is_(None), flow.c.woken_at < _NEXT_DUE), flow.c.woken_at), else_=_NEXT_DUE),
    )
    .returning(flow.c.began_at)
)
_END_ALL = update(flow).where(flow.c.lease_until > 0).values(fence=flow.c.fence + 1, lease_until=0)
_DUE = (
    select(flow.c.pipeline, flow.c.flow)
    .where(flow.c.due_at <= bindparam("now"), flow.c.lease_until <= bindparam("now"), flow.c.paused_at.is_(None))
    .order_by(flow.c.due_at, flow.c.id)
)
_KEEP_REPORT = insert(run)
_PAUSED = select(flow.c.paused_at, flow.c.paused_by, flow.c.paused_why).where(
    flow.c.pipeline == bindparam("of_pipeline"), flow.c.flow == bindparam("its_name"), flow.c.paused_at.is_not(None)
)


def begin_run(
    conn: Connection, pipeline: str, name: str, *, connection: str | None, now: datetime, seconds: float
) -> Lease | None:
    """Take the lease; None while another run holds it. What a dead run left as sent is in doubt from now on.

    Raises `Paused` while a person wants the flow to rest.
    """
    _refuse_paused(conn, pipeline, name)
    at, length = micros(now), round(seconds * 1_000_000)
    fresh = {"pipeline": pipeline, "flow": name, "fence": 1, "due_at": at, "began_at": at, "fails": 0}
    row = conn.execute(
        _take(conn.dialect.name), {**fresh, "lease_until": at + length, "lease_length": length}
    ).one_or_none()
    if row is None:
        return None
    if kind := KIND_OF_FLOW.get(unnamed(name)[0]):
        conn.execute(_DOUBT, {"of_pipeline": pipeline, "of_kind": kind.value, "on": connection, "now": at})
    return Lease(row.id, pipeline, name, row.fence, row.checkpoint)


def _refuse_paused(conn: Connection, pipeline: str, name: str) -> None:
    """A flow that is run once more beside itself, as NAME@CONNECTION, rests with it."""
    service, _ = unnamed(name)
    if paused := conn.execute(_PAUSED, {"of_pipeline": pipeline, "its_name": service}).one_or_none():
        raise Paused(
            f"{service} of pipeline {pipeline} is {paused_in_words(*paused)}; `crossdock services resume {service} "
            f"--pipeline {pipeline}` lets it run"
        )


def paused_in_words(at: int, by: str, why: str) -> str:
    """By whom and since when a flow is paused, and why."""
    return f"paused by {by} since {moment(at):%Y-%m-%d %H:%M} UTC{f': {why}' if why else ''}"


def end_dead_runs(conn: Connection) -> int:
    """Take every lease away: the caller is the only runner, so those who hold one are dead. Says how many."""
    return conn.execute(_END_ALL).rowcount


def renew(conn: Connection, lease: Lease, now: int, checkpoint: Cursor | None = None) -> None:
    """Check the fence, prolong the lease, move the checkpoint; every write of a run begins with this."""
    mine = {"flow_id": lease.flow_id, "my_fence": lease.fence, "now": now, "new_checkpoint": checkpoint}
    if conn.scalar(_RENEW, mine) is None:
        raise _lost(lease)


def end_run(conn: Connection, lease: Lease, report: RunReport, *, next_due: datetime | None, now: datetime) -> None:
    """Give the lease back and keep the report if it says anything."""
    due = {"next_due": next_due and micros(next_due), "failed": bool(report.error), "now": micros(now)}
    began_at = conn.scalar(_GIVE_BACK, {"flow_id": lease.flow_id, "my_fence": lease.fence, **due})
    if began_at is None:
        raise _lost(lease)
    if not report.error:
        close_subjects(conn, lease.pipeline, Code.PLUGIN_FAILED, [f"{lease.pipeline}/{lease.flow}"], micros(now))
    if report.counts or report.error:
        what = {"counts": json.dumps(report.counts), "error": report.error}
        when = {"began_at": began_at, "ended_at": micros(now)}
        conn.execute(_KEEP_REPORT, {"pipeline": lease.pipeline, "flow": lease.flow, **what, **when})


def schedule(conn: Connection, pipeline: str, name: str, due_at: datetime | None) -> None:
    """Make the flow known; due at this moment at the latest, or as it was when there is none."""
    due = due_at and micros(due_at)
    known = {"fence": 0, "began_at": 0, "lease_until": 0, "lease_length": 0, "fails": 0}
    conn.execute(
        _wake(conn.dialect.name), {"pipeline": pipeline, "flow": name, "due_at": due, "woken_at": due, **known}
    )


def due_flows(conn: Connection, *, now: datetime) -> Sequence[tuple[str, str]]:
    """What is due, not running and not paused, longest due first."""
    return [(row.pipeline, row.flow) for row in conn.execute(_DUE, {"now": micros(now)})]


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"another run has taken over '{lease.flow}' of pipeline '{lease.pipeline}'; nothing was written")
