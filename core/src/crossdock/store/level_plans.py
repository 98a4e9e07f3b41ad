"""Levels that wait for a person's word: the plan in numbers, and the word."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, delete, select

from crossdock.engine.lease import Lease
from crossdock.engine.level_ports import SeenPlan
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import Cursor
from crossdock.store.audit import Deed, note_deed
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.problems import NOT_RESOLVED, close_subjects, open_problems
from crossdock.store.tables import level_plan, problem
from crossdock.store.upsert import insert_into

AT_ONCE = 500
"""Problems that are written with one statement."""
NUMBERS = ("levels", "changes", "zeros", "asked_at", "approved_at", "approved_by")

_SEEN = select(*(level_plan.c[name] for name in NUMBERS)).where(level_plan.c.pipeline == bindparam("of_pipeline"))
_DONE = delete(level_plan).where(level_plan.c.pipeline == bindparam("of_pipeline"))
_SUBJECTS = select(problem.c.subject).where(
    problem.c.pipeline == bindparam("of_pipeline"), problem.c.code == bindparam("of_code"), NOT_RESOLVED
)


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, level_plan)
    return keeping.on_conflict_do_update(
        index_elements=["pipeline"], set_={name: keeping.excluded[name] for name in NUMBERS}
    )


def seen_plan(conn: Connection, pipeline: str) -> SeenPlan | None:
    """The plan that waits for a person's word, or has it."""
    row = conn.execute(_SEEN, {"of_pipeline": pipeline}).one_or_none()
    if row is None:
        return None
    approved_at = moment(row.approved_at) if row.approved_at is not None else None
    return SeenPlan(row.levels, row.changes, row.zeros, moment(row.asked_at), approved_at, row.approved_by)


def show_plan(conn: Connection, pipeline: str, plan: SeenPlan) -> None:
    """Note what a person was shown: it takes the place of what was shown before, and of a word on that."""
    conn.execute(_keep(conn.dialect.name), _row(pipeline, plan))


def approve_levels(conn: Connection, pipeline: str, plan: SeenPlan, *, by: str, note: str, now: datetime) -> None:
    """A person lets these levels go; the next run sends them."""
    approved = SeenPlan(plan.levels, plan.changes, plan.zeros, plan.asked_at, approved_at=now, approved_by=by)
    show_plan(conn, pipeline, approved)
    what = f"{plan.changes:,} of {plan.levels:,} levels, {plan.zeros:,} of them to zero"
    note_deed(conn, Deed(by, "send levels", pipeline, pipeline, after=what, note=note), micros(now))
    schedule(conn, pipeline, "levels", now)


def ask_for_levels(conn: Connection, lease: Lease, plan: SeenPlan | None, found: Problem, now: int) -> None:
    """Open the problem that levels wait; a plan takes the place of the one that waits."""
    renew(conn, lease, now)
    if plan:
        show_plan(conn, lease.pipeline, plan)
    open_problems(conn, lease.pipeline, [found], now)


def end_levels(conn: Connection, lease: Lease, checkpoint: Cursor, now: int) -> None:
    """All levels are promised: nothing waits for a person's word any more."""
    renew(conn, lease, now, checkpoint)
    conn.execute(_DONE, {"of_pipeline": lease.pipeline})
    close_subjects(conn, lease.pipeline, Code.LEVELS_WAIT, [lease.pipeline], now)


def open_subjects(conn: Connection, pipeline: str, code: Code) -> Collection[str]:
    """What the problems of a kind are about that are not resolved."""
    return conn.scalars(_SUBJECTS, {"of_pipeline": pipeline, "of_code": code.value}).all()


def settle_problems(
    conn: Connection, pipeline: str, code: Code, found: Sequence[Problem], gone: Collection[str], now: int
) -> None:
    """Open these problems, and close those of the subjects that are gone."""
    subjects = sorted(gone)
    for start in range(0, len(subjects), AT_ONCE):
        close_subjects(conn, pipeline, code, subjects[start : start + AT_ONCE], now)
    for start in range(0, len(found), AT_ONCE):
        open_problems(conn, pipeline, found[start : start + AT_ONCE], now)


def _row(pipeline: str, plan: SeenPlan) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "levels": plan.levels,
        "changes": plan.changes,
        "zeros": plan.zeros,
        "asked_at": micros(plan.asked_at),
        "approved_at": micros(plan.approved_at) if plan.approved_at else None,
        "approved_by": plan.approved_by,
    }
