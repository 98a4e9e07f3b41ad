"""Orders on their way to the warehouse: handed out when ready, planned once, held with a reason."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, exists, func, select, text, update

from crossdock.domain import Order
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, NewPromise, Promise, PromiseState
from crossdock.engine.ports import OrderState, ReleasePlan, StoredOrder
from crossdock.engine.problems import Code, Problem
from crossdock.store.adjusting import NOT_ACCEPTED
from crossdock.store.intake import RECORD_OF_ORDER
from crossdock.store.leases import renew
from crossdock.store.problems import close_holds, open_problems
from crossdock.store.promises import promise_acknowledgements, write_claimed
from crossdock.store.tables import orders, promise, record, wanted_order
from crossdock.store.withdrawals import BEING_WITHDRAWN, GONE

Version = tuple[int, str]
"""Tells whether an order is still the one that was handed out: when it was written, and its fingerprint."""

_OrderAndKey = tuple[int, str]

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_WANTED = exists().where(
    wanted_order.c.pipeline == orders.c.pipeline, wanted_order.c.external_id == orders.c.external_id
)
"""The order is to be read again: what we have of it may be old."""

_READY = (
    select(orders.c.id, orders.c.external_id, orders.c.updated_at, orders.c.fingerprint, record.c.document)
    .join(record, RECORD_OF_ORDER)
    .where(orders.c.pipeline == bindparam("of_pipeline"), text("orders.state = 'ready'"))
    .where(~NOT_ACCEPTED, ~_WANTED, ~BEING_WITHDRAWN, func.length(record.c.digest) > 0)
    .order_by(orders.c.id)
    .limit(bindparam("most"))
)
_STILL_READY = (
    select(orders.c.id, orders.c.external_id, orders.c.updated_at, orders.c.fingerprint)
    .where(orders.c.id.in_(_IDS), orders.c.state == "ready")
    .order_by(orders.c.external_id)
    .with_for_update()
)
_FORMER = select(  # by order alone: with the kind in the condition, SQLite walks through the whole other index
    promise.c.id, promise.c.order_id, promise.c.connection, promise.c.kind, promise.c.key, promise.c.state
).where(promise.c.order_id.in_(_IDS))
_SEND_AGAIN = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(state="in_doubt", attempts=0, due_at=bindparam("now"), document=bindparam("new_document"))
)
_LOOK_UP = update(promise).where(promise.c.id.in_(_IDS)).values(state="in_doubt", due_at=bindparam("now"))
_DROP = delete(promise).where(promise.c.id.in_(_IDS))
_RELEASING = (
    update(orders).where(orders.c.id.in_(_IDS)).values(state="releasing", reason="", updated_at=bindparam("now"))
)
_SET_STATE = (
    update(orders)
    .where(orders.c.id == bindparam("its_id"))
    .values(state=bindparam("new_state"), reason=bindparam("why"), updated_at=bindparam("now"))
)
_RECONSIDER = (
    update(orders)
    .where(orders.c.pipeline == bindparam("of_pipeline"), text("orders.state = 'held'"))
    .where(func.substr(orders.c.reason, 1, bindparam("length")) == bindparam("code"))
    .values(state="ready", reason="", updated_at=bindparam("now"))
)


def ready_orders(conn: Connection, pipeline: str, limit: int) -> tuple[list[StoredOrder], dict[int, Version]]:
    """Orders that are ready, oldest first, and which version of each was handed out."""
    rows = conn.execute(_READY, {"of_pipeline": pipeline, "most": limit}).all()
    stored = [StoredOrder(id, key, Order.model_validate_json(document)) for id, key, _, _, document in rows]
    return stored, {id: (updated_at, mark) for id, _, updated_at, mark, _ in rows}


def reconsider_held(conn: Connection, pipeline: str, code: Code, now: int) -> int:
    """Make ready again the orders that are held for this reason."""
    reason = {"code": f"{code.value}:", "length": len(code.value) + 1}
    return conn.execute(_RECONSIDER, {"of_pipeline": pipeline, "now": now, **reason}).rowcount


def save_plans(
    conn: Connection,
    lease: Lease,
    connection: str,
    plans: Sequence[ReleasePlan],
    problems: Sequence[Problem],
    *,
    handed_out: Mapping[int, Version],
    acknowledge_on: str | None,
    now: int,
) -> tuple[Sequence[Promise], Collection[int]]:
    """Write release promises and states; an order that changed since it was handed out is left for the next round."""
    renew(conn, lease, now)
    external_ids = _still_ready(conn, [plan.order_id for plan in plans], handed_out)
    plans = [plan for plan in plans if plan.order_id in external_ids]
    asked = [item for plan in plans for item in _promises_of(plan, connection)]
    former = _former(conn, connection, plans)
    new = [item for item in asked if (item.order_id, item.key) not in former]
    written = write_claimed(conn, lease, new, external_ids, now)
    taken = _take_back_incomplete(conn, new, written)
    plans = [plan for plan in plans if plan.order_id not in taken]
    _revive(conn, former, [item for item in asked if item.order_id not in taken], now)
    _write_states(conn, lease.pipeline, plans, acknowledge_on, now)
    ids = {plan.order_id for plan in plans}
    open_problems(conn, lease.pipeline, [item for item in problems if item.order_id in {None, *ids}], now)
    return [item for item in written if item.order_id not in taken], taken


def _still_ready(conn: Connection, ids: Sequence[int], handed_out: Mapping[int, Version]) -> dict[int, str]:
    """External ids of the orders which are still what was handed out; intake may have replaced some meanwhile."""
    rows = conn.execute(_STILL_READY, {"ids": ids}) if ids else ()
    return {id: key for id, key, *version in rows if handed_out.get(id, tuple(version)) == tuple(version)}


def _former(
    conn: Connection, connection: str, plans: Sequence[ReleasePlan]
) -> dict[_OrderAndKey, Row[*tuple[Any, ...]]]:
    """What orders that come back had promised before; nearly always nothing."""
    ids = [plan.order_id for plan in plans if plan.state is OrderState.RELEASING]
    rows = conn.execute(_FORMER, {"ids": ids}) if ids else ()
    releases = (row for row in rows if row.connection == connection and row.kind == Kind.RELEASE)
    return {(row.order_id, row.key): row for row in releases}


def _promises_of(plan: ReleasePlan, connection: str) -> list[NewPromise]:
    return [
        NewPromise(Kind.RELEASE, connection, plan.order_id, request.number, request.model_dump_json().encode())
        for request in plan.requests
    ]


def _take_back_incomplete(conn: Connection, new: Sequence[NewPromise], written: Sequence[Promise]) -> set[int]:
    """Orders of which a number belongs to another order already: what was written for them is removed."""
    there = {(item.order_id, item.key) for item in written}
    taken = {item.order_id for item in new if (item.order_id, item.key) not in there}
    if drop := [item.id for item in written if item.order_id in taken]:
        conn.execute(_DROP, {"ids": drop})
    return taken


def _revive(
    conn: Connection, former: Mapping[_OrderAndKey, Row[*tuple[Any, ...]]], asked: Sequence[NewPromise], now: int
) -> None:
    """Look up again what is asked for again: a refused request before it is sent, a kept one for its order to follow.

    A refused request that is not asked for any more goes; one that was taken back stays, since the warehouse may still
    tell of it.
    """
    wanted = {(item.order_id, item.key): item.document for item in asked}
    planned = {item.order_id for item in asked}
    gone = {key: old for key, old in former.items() if old.state in GONE and old.order_id in planned}
    again = [
        {"promise_id": old.id, "new_document": wanted[key], "now": now} for key, old in gone.items() if key in wanted
    ]
    if again:
        conn.execute(_SEND_AGAIN, again)
    refused = {key: old.id for key, old in gone.items() if old.state == PromiseState.REJECTED}
    if drop := [id for key, id in refused.items() if key not in wanted]:
        conn.execute(_DROP, {"ids": drop})
    if kept := [old.id for key, old in former.items() if old.state == "done" and key in wanted]:
        conn.execute(_LOOK_UP, {"ids": kept, "now": now})


def _write_states(
    conn: Connection, pipeline: str, plans: Sequence[ReleasePlan], acknowledge_on: str | None, now: int
) -> None:
    releasing = [plan.order_id for plan in plans if plan.state is OrderState.RELEASING]
    if releasing:
        conn.execute(_RELEASING, {"ids": releasing, "now": now})
        close_holds(conn, pipeline, releasing, now)
    held = [
        {"its_id": plan.order_id, "new_state": plan.state.value, "why": plan.reason, "now": now}
        for plan in plans
        if plan.state is not OrderState.RELEASING
    ]
    if held:
        conn.execute(_SET_STATE, held)
    promise_acknowledgements(conn, [plan.order_id for plan in plans], acknowledge_on, now, when_released=False)
