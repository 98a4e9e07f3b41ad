"""What people ask the store: orders, problems, runs. Use as `await store.read(list_orders, state=…)`."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, RowMapping, Select, Table, exists, or_, select

from crossdock.engine.causes import for_one
from crossdock.engine.ledger import Kind
from crossdock.store.errors import NotFound
from crossdock.store.moments import moment
from crossdock.store.tables import orders, problem, promise, run

Pipelines = str | Collection[str] | None
"""One pipeline, several, or all."""


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """One order in a list; `reason` says why it waits, is held or was skipped.

    `held_at`, `held_by` and `held_until` say since when it is held, by whom, and until when if that is known; while it
    is looked at again, how it was held before.
    """

    id: int
    pipeline: str
    connection: str
    external_id: str
    number: str
    site: str
    state: str
    reason: str
    placed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None
    completed_at: datetime | None
    scrubbed_at: datetime | None
    held_at: datetime | None
    held_by: str
    held_until: datetime | None
    left_out: str


@dataclass(frozen=True, slots=True)
class ProblemView:
    """One problem as a person sees it; `state` is open, ignored or resolved."""

    id: int
    pipeline: str
    code: str
    subject: str
    order_id: int | None
    state: str
    count: int
    first_seen: datetime
    last_seen: datetime
    closed_at: datetime | None
    title: str
    detail: str
    action: str
    closed_how: str
    cause: str


@dataclass(frozen=True, slots=True)
class RunView:
    """One run of a flow: what it did in counts, and its error if it failed."""

    id: int
    pipeline: str
    flow: str
    began_at: datetime
    ended_at: datetime
    counts: Mapping[str, int]
    error: str


_MOMENTS = {
    "due_at",
    *("placed_at", "created_at", "updated_at", "acknowledged_at", "completed_at", "scrubbed_at"),
    *(
        "first_seen",
        "last_seen",
        "closed_at",
        "began_at",
        "ended_at",
        "sent_at",
        "settled_at",
        "follow_at",
        "answered_at",
        "publish_at",
        "published_at",
        "gone_at",
        "moved_at",
        "seen_at",
        "held_at",
        "held_until",
        "found_at",
        "replaced_at",
        "counted_at",
        "read_at",
        "told_at",
        "at",
    ),
}


def columns_of(table: Table, view: type[Any]) -> list[Column[Any]]:
    """The columns that a view shows, by the names of its fields."""
    return [table.c[field.name] for field in fields(view)]


def with_moments(row: RowMapping) -> dict[str, Any]:
    """A row as keywords, its moments as datetimes."""
    return {name: moment(value) if name in _MOMENTS else value for name, value in row.items()}


def list_orders(
    conn: Connection,
    *,
    state: str | None = None,
    text: str = "",
    limit: int = 50,
    pipelines: Collection[str] | None = None,
) -> list[OrderSummary]:
    """Orders, newest first; `text` is an external id or the beginning of an order number."""
    query = select(*columns_of(orders, OrderSummary)).order_by(orders.c.id.desc()).limit(limit)
    if state:
        query = query.where(orders.c.state == state)
    if pipelines is not None:
        query = query.where(orders.c.pipeline.in_(pipelines))
    if text:
        # A range uses the index of the numbers on both databases; LIKE does on neither as it comes.
        begins = orders.c.number.between(text, text + "\U0010ffff")
        query = query.where(or_(begins, orders.c.external_id == text))
    return _orders(conn, query)


def find_orders(conn: Connection, reference: str, *, pipeline: Pipelines = None) -> list[OrderSummary]:
    """The orders that a person may mean by this number or external id; two carts may use the same number.

    The warehouse's number of a part of an order means that order, where no order is called so.
    """
    query = select(*columns_of(orders, OrderSummary)).order_by(orders.c.id)
    if pipeline is not None:
        query = query.where(orders.c.pipeline.in_([pipeline] if isinstance(pipeline, str) else pipeline))
    named = _orders(conn, query.where(or_(orders.c.number == reference, orders.c.external_id == reference)))
    wholes = [reference[:place] for place, letter in enumerate(reference) if letter == "-"]
    if named or not wholes:
        return named
    part = exists().where(
        promise.c.order_id == orders.c.id, promise.c.kind == Kind.RELEASE.value, promise.c.key == reference
    )
    return _orders(conn, query.where(orders.c.number.in_(wholes), part))


def the_order(conn: Connection, reference: str, *, pipeline: Pipelines = None) -> OrderSummary:
    """The one order that a person means; an id at the cart counts before a number of the same cart.

    Raises `NotFound`, also where orders of several pipelines could be meant: another client may count as we do.
    """
    found = find_orders(conn, reference, pipeline=pipeline)
    by_id = [order for order in found if order.external_id == reference]
    named = by_id if by_id and len({order.pipeline for order in found}) == 1 else found
    if not named:
        raise NotFound(f"there is no order with the number or id '{reference}'; see `crossdock orders list`")
    if len(named) > 1:
        where = ", ".join(f"id {order.external_id} in pipeline {order.pipeline}" for order in named)
        raise NotFound(
            f"{len(named)} orders have the number '{reference}': {where}; name one by its id, --pipeline or --client"
        )
    return named[0]


def _orders(conn: Connection, query: Select[Any]) -> list[OrderSummary]:
    return [OrderSummary(**with_moments(row)) for row in conn.execute(query).mappings()]


def list_problems(
    conn: Connection, *, state: str = "open", limit: int = 200, order_id: int | None = None
) -> list[ProblemView]:
    """Problems in this state (`all`: in any), the newest first."""
    query = (
        select(*columns_of(problem, ProblemView)).order_by(problem.c.last_seen.desc(), problem.c.id.desc()).limit(limit)
    )
    if state != "all":
        query = query.where(problem.c.state == state)
    if order_id is not None:
        query = query.where(problem.c.order_id == order_id)
    return [problem_view(row) for row in conn.execute(query).mappings()]


def problem_of(conn: Connection, problem_id: int) -> ProblemView:
    """One problem; raises `NotFound`."""
    row = (
        conn.execute(select(*columns_of(problem, ProblemView)).where(problem.c.id == problem_id))
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(f"there is no problem {problem_id}; `crossdock problems list` shows those there are")
    return problem_view(row)


def problem_view(row: RowMapping) -> ProblemView:
    """A row as a problem; its action names the commands as they are typed."""
    return ProblemView(**with_moments(row) | {"action": for_one(row["action"], row["id"])})


def last_runs(
    conn: Connection,
    *,
    limit: int = 20,
    pipelines: Collection[str] | None = None,
    service: str = "",
    failed: bool = False,
) -> list[RunView]:
    """The newest runs that did something or failed; of one service, or only those that failed."""
    query = select(run).order_by(run.c.id.desc()).limit(limit)
    if pipelines is not None:
        query = query.where(run.c.pipeline.in_(pipelines))
    if service:
        query = query.where(or_(run.c.flow == service, run.c.flow.startswith(f"{service}@", autoescape=True)))
    if failed:
        query = query.where(run.c.error != "")
    rows = conn.execute(query).mappings()
    return [RunView(**with_moments(row) | {"counts": json.loads(row["counts"])}) for row in rows]
