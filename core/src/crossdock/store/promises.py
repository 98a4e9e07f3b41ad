"""Promises: written down, claimed, settled, and what follows for their orders."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    bindparam,
    case,
    literal,
    select,
    update,
)

from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, NewPromise, Promise, PromiseState, Settlement
from crossdock.engine.problems import Code, Problem
from crossdock.store.adjusting import hold_back
from crossdock.store.holds import HELD_BY, NOT_HELD
from crossdock.store.leases import renew
from crossdock.store.moments import micros
from crossdock.store.problems import close_kept, close_subjects, open_problems
from crossdock.store.tables import orders, promise, shipment
from crossdock.store.upsert import insert_into, write_rows

_KEY = ["connection", "kind", "key"]
_IDS: BindParameter[int] = bindparam("ids", expanding=True)


@cache
def _write(dialect: str) -> Executable:
    writing = insert_into(dialect, promise).on_conflict_do_nothing(index_elements=_KEY)
    return writing.returning(promise.c.id, promise.c.order_id, promise.c.key)


_PROMISED = select(promise.c.id).where(promise.c.order_id == orders.c.id)
_ACKNOWLEDGEMENT: dict[str, ColumnElement[Any]] = {
    "pipeline": orders.c.pipeline,
    "connection": bindparam("on"),
    "kind": literal(Kind.ACKNOWLEDGE.value),
    "key": orders.c.external_id,
    "order_id": orders.c.id,
    "state": literal("due"),
    "closes": literal(False),
    "attempts": literal(0),
    "due_at": bindparam("now"),
    "created_at": bindparam("now"),
    "ref": literal(""),
    "error": literal(""),
    "document": literal(b""),
}
_UNRELEASED = _PROMISED.where(
    promise.c.kind == Kind.RELEASE.value, promise.c.state.not_in(["done", "withdrawn"])
).exists()


@cache
def _promise_acknowledgements(dialect: str, *, when_released: bool) -> Executable:
    due = select(*_ACKNOWLEDGEMENT.values()).where(orders.c.id.in_(_IDS), orders.c.acknowledged_at.is_(None))
    if when_released:
        due = due.where(~_UNRELEASED)
    promising = insert_into(dialect, promise).from_select(list(_ACKNOWLEDGEMENT), due)
    return promising.on_conflict_do_nothing(index_elements=_KEY).execution_options(preserve_rowcount=True)


_DUE = (
    select(promise.c.id, promise.c.order_id, orders.c.external_id)
    .add_columns(promise.c.key, promise.c.document, promise.c.attempts, promise.c.state)
    .join(orders, orders.c.id == promise.c.order_id)
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == bindparam("of_kind"))
    .where(promise.c.due_at <= bindparam("now"), promise.c.connection == bindparam("on"))
    .where(promise.c.claimed_by.is_(None))
    .order_by(promise.c.due_at, promise.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=promise)  # what is taken back meanwhile is not claimed
)
_CLAIM = (
    update(promise)
    .where(promise.c.id.in_(_IDS))
    .values(
        state=case((promise.c.state == "due", "sent"), else_=promise.c.state),
        claimed_by=bindparam("fence"),
        sent_at=bindparam("now"),
    )
)
_SETTLE = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"), promise.c.due_at.is_not(None))  # what is done stays done
    .values(
        state=bindparam("new_state"),
        attempts=promise.c.attempts + bindparam("counted"),
        due_at=bindparam("next_due"),
        claimed_by=None,
        settled_at=bindparam("now"),
        ref=bindparam("its_ref"),
        error=bindparam("its_error"),
        follow_at=bindparam("first_look"),
        found_at=bindparam("seen_there"),
    )
)
_WAITS = (
    update(promise)
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == bindparam("of_kind"))
    .where(promise.c.due_at.is_not(None), promise.c.connection == bindparam("on"), promise.c.claimed_by.is_(None))
    .where(promise.c.error != bindparam("why"))
    .values(error=bindparam("why"))
)
_OF_ORDERS = update(orders).where(orders.c.id.in_(_IDS))
_RELEASED = _OF_ORDERS.where(orders.c.state.in_(["releasing", "held"]), ~_UNRELEASED).values(
    state="released", reason="", updated_at=bindparam("now"), **NOT_HELD
)
_HELD = (
    update(orders)
    .where(orders.c.id == bindparam("its_id"), orders.c.state == "releasing")
    .values(state="held", reason=bindparam("why"), updated_at=bindparam("now"), **HELD_BY)
)
_ACKNOWLEDGED = _OF_ORDERS.values(acknowledged_at=bindparam("now"))
_CONFIRMED = _PROMISED.where(promise.c.kind == Kind.CONFIRM.value)
_ALL_TOLD = (
    _CONFIRMED.where(promise.c.closes, promise.c.state == "done").exists()
    & ~_CONFIRMED.where(promise.c.state != "done").exists()
)
_ENDED = _OF_ORDERS.where(_ALL_TOLD, orders.c.state == "part_shipped").values(
    state="shipped", completed_at=bindparam("now"), updated_at=bindparam("now")
)
_SHIPPED = _OF_ORDERS.values(
    state=case((_ALL_TOLD, "shipped"), else_="part_shipped"),
    completed_at=case((_ALL_TOLD, bindparam("now")), else_=orders.c.completed_at),
    updated_at=bindparam("now"),
)

_LOOK_AT_BOXES = (
    update(shipment)
    .where(shipment.c.order_id.in_(_IDS), shipment.c.state == "awaiting_tracking")
    .values(look_again_at=bindparam("now"))
)


def write_claimed(
    conn: Connection,
    lease: Lease,
    new: Sequence[NewPromise],
    external_ids: Mapping[int, str],
    now: int,
    *,
    on: str | None = None,
) -> list[Promise]:
    """Write promises down as `sent`; one whose key is taken is not written, and not among those returned.

    Those to another connection than `on`, where it is given, are `due`: another run claims them.
    """
    if not new:
        return []
    rows = [_row(lease, item, now, claimed=on in (None, item.connection)) for item in new]
    ids = {(order_id, key): id for id, order_id, key in conn.execute(_write(conn.dialect.name), rows)}
    return [
        Promise(id, item.kind, item.order_id, external_ids[item.order_id], item.key, item.document, 0, state)
        for item in {(item.order_id, item.key): item for item in new}.values()
        if (id := ids.get((item.order_id, item.key))) is not None
        for state in [PromiseState.SENT if on in (None, item.connection) else PromiseState.DUE]
    ]


def claim(conn: Connection, lease: Lease, connection: str, kind: Kind, limit: int, *, now: int) -> Sequence[Promise]:
    """Take promises that are due; none is in two hands."""
    renew(conn, lease, now)
    asked = {"of_pipeline": lease.pipeline, "of_kind": kind.value, "on": connection, "now": now, "most": limit}
    found = conn.execute(_DUE, asked).all()
    return claim_rows(conn, lease, kind, found, now)


def claim_rows(conn: Connection, lease: Lease, kind: Kind, found: Sequence[Any], now: int) -> Sequence[Promise]:
    """Take the promises of these rows: id, order, its id at the cart, key, document, attempts, state."""
    if found:
        conn.execute(_CLAIM, {"ids": [row[0] for row in found], "fence": lease.fence, "now": now})
    return [
        Promise(id, kind, order_id, external_id, key, document, attempts, _CLAIMED[state])
        for id, order_id, external_id, key, document, attempts, state in found
    ]


_CLAIMED = {"due": PromiseState.SENT, "in_doubt": PromiseState.IN_DOUBT}


def promise_acknowledgements(
    conn: Connection, order_ids: Collection[int], connection: str | None, now: int, *, when_released: bool
) -> int:
    """Promise to tell the cart that we have these orders (`when_released`: those that the warehouse has); how many."""
    if connection is None or not order_ids:
        return 0
    promising = _promise_acknowledgements(conn.dialect.name, when_released=when_released)
    return conn.execute(promising, {"ids": list(order_ids), "on": connection, "now": now}).rowcount


def settle(
    conn: Connection,
    lease: Lease,
    settlements: Sequence[Settlement],
    problems: Sequence[Problem],
    *,
    acknowledge_on: str | None,
    now: int,
) -> int:
    """Write what became of attempts, and what follows for their orders; says how many acknowledgements it promised."""
    renew(conn, lease, now)
    write_rows(conn, _SETTLE, [_settled(item, now) for item in settlements])
    _hold_refused(conn, settlements, now)
    promised = 0
    for kind, follow in _FOLLOWS.items():
        if ids := _orders_of(settlements, kind, PromiseState.DONE):
            promised += follow(conn, ids, acknowledge_on, now)
            close_kept(conn, lease.pipeline, kind, ids, now)
    _close_stock(conn, lease.pipeline, settlements, now)
    open_problems(conn, lease.pipeline, problems, now)
    return promised


def note_waiting(conn: Connection, lease: Lease, connection: str, kind: Kind, why: str, now: int) -> None:
    """Say in promises that are due, and in nobody's hands, why they are not kept now."""
    renew(conn, lease, now)
    conn.execute(_WAITS, {"of_pipeline": lease.pipeline, "of_kind": kind.value, "on": connection, "why": why})


def complete_releases(conn: Connection, order_ids: Collection[int], acknowledge_on: str | None, now: int) -> int:
    """Orders that are wholly with the warehouse are released, and the cart will be told that we have them."""
    conn.execute(_RELEASED, {"ids": list(order_ids), "now": now})
    return promise_acknowledgements(conn, order_ids, acknowledge_on, now, when_released=True)


def _complete_acknowledgements(conn: Connection, order_ids: Collection[int], _: str | None, now: int) -> int:
    conn.execute(_ACKNOWLEDGED, {"ids": list(order_ids), "now": now})
    return 0


def _complete_confirmations(conn: Connection, order_ids: Collection[int], _: str | None, now: int) -> int:
    conn.execute(_SHIPPED, {"ids": list(order_ids), "now": now})
    return 0


def end_if_all_told(conn: Connection, order_ids: Collection[int], now: int) -> None:
    """Orders of which the cart was told everything have ended."""
    conn.execute(_ENDED, {"ids": list(order_ids), "now": now})


def _nothing_follows(conn: Connection, order_ids: Collection[int], _: str | None, now: int) -> int:
    return 0


def _look_at_boxes(conn: Connection, order_ids: Collection[int], _: str | None, now: int) -> int:
    """Boxes that wait for a number are looked at now, whatever was known of them while their labels were bought."""
    conn.execute(_LOOK_AT_BOXES, {"ids": list(order_ids), "now": now})
    return 0


_FOLLOWS = {
    Kind.RELEASE: complete_releases,
    Kind.ACKNOWLEDGE: _complete_acknowledgements,
    Kind.CONFIRM: _complete_confirmations,
    Kind.ADJUST: _nothing_follows,
    Kind.NOTIFY: _nothing_follows,
    Kind.LABEL: _look_at_boxes,
    Kind.VOID: _nothing_follows,
}


def _close_stock(conn: Connection, pipeline: str, settlements: Sequence[Settlement], now: int) -> None:
    kept = [item.promise for item in settlements if item.state is PromiseState.DONE]
    keys = [promise.key for promise in kept if promise.kind is Kind.STOCK]
    for code in (Code.STOCK_REFUSED, Code.PLUGIN_FAILED):
        close_subjects(conn, pipeline, code, keys, now)


def _hold_refused(conn: Connection, settlements: Sequence[Settlement], now: int) -> None:
    refused = [item for item in settlements if item.state is PromiseState.REJECTED]
    held = [
        {
            "its_id": item.promise.order_id,
            "why": f"{Code.RELEASE_REFUSED.value}: {item.error}",
            "who": "the warehouse",
            "now": now,
        }
        for item in refused
        if item.promise.kind is Kind.RELEASE
    ]
    if held:
        conn.execute(_HELD, held)
    for item in refused:
        if item.promise.kind is Kind.ADJUST:
            why = f"{Code.ADJUST_REFUSED.value}: {item.error}"
            hold_back(conn, item.promise.order_id, why, now, by="the cart")


def _orders_of(settlements: Sequence[Settlement], kind: Kind, state: PromiseState) -> list[int]:
    found = (item.promise for item in settlements if item.state is state)
    return list(dict.fromkeys(kept.order_id for kept in found if kept.kind is kind))


def _row(lease: Lease, item: NewPromise, now: int, *, claimed: bool) -> dict[str, Any]:
    return {
        "pipeline": lease.pipeline,
        "connection": item.connection,
        "kind": item.kind.value,
        "key": item.key,
        "order_id": item.order_id,
        "state": "sent" if claimed else "due",
        "closes": item.closes,
        "attempts": 0,
        "due_at": now,
        "claimed_by": lease.fence if claimed else None,
        "created_at": now,
        "sent_at": now if claimed else None,
        "ref": "",
        "error": "",
        "document": item.document,
    }


def _settled(item: Settlement, now: int) -> dict[str, Any]:
    finished = item.state in (PromiseState.DONE, PromiseState.REJECTED)
    return {
        "promise_id": item.promise.id,
        "new_state": item.state.value,
        "counted": int(item.counts),
        "next_due": None if finished else micros(item.due_at) if item.due_at else now,
        "now": now,
        "its_ref": item.ref,
        "its_error": item.error,
        "first_look": micros(item.follow_at) if item.follow_at else None,
        "seen_there": now if item.found else None,
    }
