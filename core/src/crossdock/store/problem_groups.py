"""Problems by their cause. Use as `await store.read(problem_groups, Which(), limit=50)`."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause, and_, func, or_, select, tuple_

from crossdock.engine.causes import for_all
from crossdock.store.moments import moment
from crossdock.store.problems import NOT_RESOLVED
from crossdock.store.queries import ProblemView, columns_of, problem_of, problem_view
from crossdock.store.repair import RETRYABLE
from crossdock.store.tables import problem


@dataclass(frozen=True, slots=True)
class Scope:
    """The pipelines that are meant, and the connections they use: their problems belong to no pipeline."""

    pipelines: Collection[str]
    connections: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Which:
    """Which problems are meant; `cause` narrows those of a kind, None for every cause."""

    state: str = "open"
    code: str | None = None
    cause: str | None = None
    scope: Scope | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """Problems of one kind and cause; `id` is the lowest of them, of which `title` and `action` are.

    `then` are the commands that settle all of them.
    """

    id: int
    code: str
    cause: str
    count: int
    times: int
    first_seen: datetime
    last_seen: datetime
    pipelines: tuple[str, ...]
    title: str
    action: str
    then: tuple[str, ...]


def chosen_problems(conn: Connection, which: Which, *, limit: int | None = None) -> list[ProblemView]:
    """The problems that are meant, the newest first."""
    query = select(*columns_of(problem, ProblemView)).where(_meant(which))
    rows = conn.execute(query.order_by(problem.c.last_seen.desc(), problem.c.id.desc()).limit(limit)).mappings()
    return [problem_view(row) for row in rows]


def problem_groups(conn: Connection, which: Which, *, limit: int | None = None) -> list[ProblemGroup]:
    """The problems that are meant by kind and cause, the newest first."""
    rows = conn.execute(_grouped(which).limit(limit)).all()
    causes = [(row.code, row.cause) for row in rows]
    pipelines = _pipelines(conn, which, causes)
    firsts = {one.id: one for one in _problems(conn, [row.id for row in rows])}
    return [_group(row, firsts[row.id], pipelines[row.code, row.cause]) for row in rows]


def like(conn: Connection, which: Which, problem_id: int) -> Which:
    """All problems of the kind and cause of this one; raises `NotFound`."""
    one = problem_of(conn, problem_id)
    return replace(which, code=one.code, cause=one.cause)


def _grouped(which: Which) -> Select[Any]:
    last = func.max(problem.c.last_seen)
    return (
        select(func.min(problem.c.id).label("id"), problem.c.code, problem.c.cause)
        .add_columns(func.count().label("problems"), func.sum(problem.c.count).label("times"))
        .add_columns(func.min(problem.c.first_seen).label("first_seen"), last.label("last_seen"))
        .where(_meant(which))
        .group_by(problem.c.code, problem.c.cause)
        .order_by(last.desc(), func.min(problem.c.id).desc())
    )


def _pipelines(
    conn: Connection, which: Which, causes: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], list[str]]:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    columns = (problem.c.code, problem.c.cause, problem.c.pipeline)
    query = select(*columns).distinct().where(_meant(which), tuple_(problem.c.code, problem.c.cause).in_(causes))
    for code, cause, pipeline in conn.execute(query.order_by(*columns)) if causes else ():
        found[code, cause].append(pipeline)
    return found


def _problems(conn: Connection, ids: Collection[int]) -> list[ProblemView]:
    rows = conn.execute(select(*columns_of(problem, ProblemView)).where(problem.c.id.in_(ids))) if ids else None
    return [problem_view(row) for row in rows.mappings()] if rows else []


def _group(row: Row[*tuple[Any, ...]], first: ProblemView, pipelines: Collection[str]) -> ProblemGroup:
    alone = row.problems == 1
    return ProblemGroup(
        id=row.id,
        code=row.code,
        cause=row.cause,
        count=row.problems,
        times=int(row.times),
        first_seen=moment(row.first_seen),
        last_seen=moment(row.last_seen),
        pipelines=tuple(filter(None, pipelines)),
        title=first.title,
        action=first.action if alone else for_all(first.action, row.id),
        then=_commands(first.code, f"{row.id}" if alone else f"--like {row.id}"),
    )


def _commands(code: str, which: str) -> tuple[str, ...]:
    retry = (f"crossdock problems retry {which}",) if code in RETRYABLE else ()
    return (*retry, f"crossdock problems resolve {which} --note TEXT")


def _meant(which: Which) -> ColumnElement[bool]:
    wanted = {problem.c.code: which.code, problem.c.cause: which.cause, problem.c.order_id: which.order_id}
    conditions: list[ColumnElement[bool] | TextClause] = [
        column == value for column, value in wanted.items() if value is not None
    ]
    if which.state != "all":
        conditions += [NOT_RESOLVED, problem.c.state == which.state]
    if which.scope is not None:
        of_connection = and_(problem.c.pipeline == "", problem.c.subject.in_(which.scope.connections))
        conditions.append(or_(problem.c.pipeline.in_(which.scope.pipelines), of_connection))
    return and_(True, *conditions)
