"""Orders on their way to the warehouse: handed out when ready, planned once, held with a reason."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, exists, func, select, text, update

from crossdock.domain import Order
from crossdock.engine.holds import HELD_BY_PERSON
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import GONE, Kind, NewPromise, Promise, PromiseState
from crossdock.engine.ports import OrderState, ReleasePlan, StoredOrder
from crossdock.engine.problems import Code, Problem
from crossdock.mapping import Saved
from crossdock.store.adjusting import NOT_ACCEPTED, hold_unsettled
from crossdock.store.holds import HELD_BY, NOT_HELD
from crossdock.store.intake import ORDER, RECORD_OF_ORDER, reread
from crossdock.store.kept_parts import without_kept_parts
from crossdock.store.leases import renew
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_holds, close_other_holds, close_subjects, open_problems
from crossdock.store.promises import promise_acknowledgements, write_claimed
from crossdock.store.ship_methods import saved_methods
from crossdock.store.tables import orders, promise, record, wanted_order
from crossdock.store.wishes import want_orders
from crossdock.store.withdrawals import BEING_WITHDRAWN

Version = tuple[int, str]
"""Tells whether an order is still the one that was handed out: when it was written, and its fingerprint."""

_Asked = tuple[int, str, str]
"""Order, connection and number of a request."""

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_WANTED = exists().where(
    wanted_order.c.pipeline == orders.c.pipeline, wanted_order.c.external_id == orders.c.external_id
)
"""The order is to be read again: what we have of it may be old."""

_READY = (
    select(orders.c.id, orders.c.external_id, orders.c.updated_at, orders.c.fingerprint, record.c.document)
    .add_columns(func.coalesce(orders.c.window_from, orders.c.updated_at), orders.c.approved)
    .join(record, RECORD_OF_ORDER)
    .where(orders.c.pipeline == bindparam("of_pipeline"), text("orders.state = 'ready'"))
    .where(orders.c.id > bindparam("after"))
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
_OWNERS = select(promise.c.key, promise.c.order_id).where(
    promise.c.connection.in_(bindparam("warehouses", expanding=True)),
    promise.c.pipeline == bindparam("of_pipeline"),
    promise.c.kind == Kind.RELEASE.value,
    promise.c.key.in_(bindparam("keys", expanding=True)),
)
_SEND_AGAIN = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(
        state="in_doubt",
        attempts=0,
        due_at=bindparam("now"),
        created_at=bindparam("now"),
        document=bindparam("new_document"),
    )
)
_LOOK_UP = update(promise).where(promise.c.id.in_(_IDS)).values(state="in_doubt", due_at=bindparam("now"))
_DROP = delete(promise).where(promise.c.id.in_(_IDS))
_RELEASING = (
    update(orders)
    .where(orders.c.id.in_(_IDS))
    .values(state="releasing", reason="", updated_at=bindparam("now"), left_out="", **NOT_HELD)
)
_LEAVE_OUT = update(orders).where(orders.c.id == bindparam("its_id")).values(left_out=bindparam("these"))
_SET_STATE = (
    update(orders)
    .where(orders.c.id == bindparam("its_id"))
    .values(state=bindparam("new_state"), reason=bindparam("why"), updated_at=bindparam("now"))
    .values(window_from=func.coalesce(orders.c.window_from, orders.c.updated_at), **HELD_BY)
    .values(held_until=bindparam("ends"))
)
_ENDED = (
    select(orders.c.id, orders.c.external_id, orders.c.reason)
    .where(orders.c.pipeline == bindparam("of_pipeline"), orders.c.held_until <= bindparam("now"))
    .where(orders.c.state == "held")
    .order_by(orders.c.id)
    .with_for_update()
)
_READY_AGAIN = (
    update(orders)
    .where(orders.c.id.in_(_IDS))
    .values(state="ready", reason="", held_until=None, updated_at=bindparam("now"))
)
_NEXT_END = select(func.min(orders.c.held_until)).where(
    orders.c.pipeline == bindparam("of_pipeline"), orders.c.held_until.is_not(None), orders.c.state == "held"
)
_RECONSIDER = (
    update(orders)
    .where(orders.c.pipeline == bindparam("of_pipeline"), text("orders.state = 'held'"))
    .where(func.substr(orders.c.reason, 1, bindparam("length")) == bindparam("code"))
    .values(state="ready", reason="", updated_at=bindparam("now"))
)


def ready_orders(
    conn: Connection, pipeline: str, limit: int, after: int = 0
) -> tuple[list[StoredOrder], dict[int, Version]]:
    """Orders that are ready, oldest first, and which version of each was handed out."""
    rows = conn.execute(_READY, {"of_pipeline": pipeline, "after": after, "most": limit}).all()
    stored = [
        StoredOrder(id, key, Order.model_validate_json(document), moment(since), mark != "" and approved == mark)
        for id, key, _, mark, document, since, approved in rows
    ]
    return stored, {id: (updated_at, mark) for id, _, updated_at, mark, *_ in rows}


def end_holds(conn: Connection, pipeline: str, now: int, fetches: bool) -> int:
    """Make ready the orders that were held until now; what a person held may have changed, and is read again.

    A list may leave out what was cancelled meanwhile: where the cart gives single orders (`fetches`), each is fetched
    before its release. What is ready but for something that is asked for at the cart is held for that.
    """
    hold_unsettled(conn, pipeline, now)
    ended = conn.execute(_ENDED, {"of_pipeline": pipeline, "now": now}).all()
    if ended:
        conn.execute(_READY_AGAIN, {"ids": [row.id for row in ended], "now": now})
    if fetches:
        ids = [row.external_id for row in ended]
        want_orders(conn, pipeline, ids, "crossdock: its hold has ended", now=moment(now))
    for row in ended:
        if row.reason.startswith(HELD_BY_PERSON):
            reread(conn, pipeline, ORDER, row.external_id)
    return len(ended)


def next_hold_end(conn: Connection, pipeline: str) -> datetime | None:
    """When the next hold ends by itself."""
    ends: int | None = conn.scalar(_NEXT_END, {"of_pipeline": pipeline})
    return moment(ends)


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
    methods: Saved | None = None,
    elsewhere: Mapping[str, str],
    acknowledge_on: str | None,
    now: int,
) -> tuple[Sequence[Promise], Collection[int]]:
    """Write release promises and states; an order that changed since it was handed out is left for the next round.

    So is one that is to be held, where the ship methods that people saved are not the `methods` any more by which that
    was decided.
    """
    renew(conn, lease, now)
    held = any(plan.state is OrderState.HELD for plan in plans)
    if held and methods not in (None, saved_methods(conn, lease.pipeline)):
        plans = [plan for plan in plans if plan.state is not OrderState.HELD]
    external_ids = _still_ready(conn, [plan.order_id for plan in plans], handed_out)
    plans = [plan for plan in plans if plan.order_id in external_ids]
    asked = [item for plan in plans for item in _promises_of(plan, connection, elsewhere)]
    former = _former(conn, plans)
    plans, kept = without_kept_parts(conn, plans, former.values())
    asked = [item for plan in plans for item in _promises_of(plan, connection, elsewhere)] if kept else asked
    problems = [*problems, *kept]
    new = [item for item in asked if _name(item) not in former]
    taken = _taken_at_another(conn, lease.pipeline, new, elsewhere)
    new = [item for item in new if item.order_id not in taken]
    written = write_claimed(conn, lease, new, external_ids, now, on=connection)
    taken |= _take_back_incomplete(conn, new, written)
    plans = [plan for plan in plans if plan.order_id not in taken]
    _revive(conn, lease.pipeline, former, [item for item in asked if item.order_id not in taken], now)
    _write_states(conn, lease.pipeline, plans, acknowledge_on, now)
    ids = {plan.order_id for plan in plans}
    open_problems(conn, lease.pipeline, [item for item in problems if item.order_id in {None, *ids}], now)
    claimed = [item for item in written if item.state is PromiseState.SENT]
    return [item for item in claimed if item.order_id not in taken], taken


def _still_ready(conn: Connection, ids: Sequence[int], handed_out: Mapping[int, Version]) -> dict[int, str]:
    """External ids of the orders which are still what was handed out; intake may have replaced some meanwhile."""
    rows = conn.execute(_STILL_READY, {"ids": ids}) if ids else ()
    return {id: key for id, key, *version in rows if handed_out.get(id, tuple(version)) == tuple(version)}


def _former(conn: Connection, plans: Sequence[ReleasePlan]) -> dict[_Asked, Row[*tuple[Any, ...]]]:
    """What orders that come back had promised before; nearly always nothing."""
    ids = [plan.order_id for plan in plans if plan.state is OrderState.RELEASING]
    rows = conn.execute(_FORMER, {"ids": ids}) if ids else ()
    return {(row.order_id, row.connection, row.key): row for row in rows if row.kind == Kind.RELEASE}


def _name(item: NewPromise) -> _Asked:
    return item.order_id, item.connection, item.key


def _promises_of(plan: ReleasePlan, connection: str, elsewhere: Mapping[str, str]) -> list[NewPromise]:
    return [
        NewPromise(
            Kind.RELEASE,
            elsewhere.get(request.distribution_center, connection),
            plan.order_id,
            request.number,
            request.model_dump_json().encode(),
        )
        for request in plan.requests
    ]


def _taken_at_another(
    conn: Connection, pipeline: str, new: Sequence[NewPromise], elsewhere: Mapping[str, str]
) -> set[int]:
    """Orders of which a number belongs to another order at another warehouse: the cart could not tell their boxes."""
    if not new or len(set(elsewhere.values())) < 2:
        return set()
    warehouses, keys = sorted(set(elsewhere.values())), list({item.key for item in new})
    owners: dict[str, set[int]] = {}
    for key, order_id in conn.execute(_OWNERS, {"of_pipeline": pipeline, "warehouses": warehouses, "keys": keys}):
        owners.setdefault(key, set()).add(order_id)
    return {item.order_id for item in new if owners.setdefault(item.key, {item.order_id}) != {item.order_id}}


def _take_back_incomplete(conn: Connection, new: Sequence[NewPromise], written: Sequence[Promise]) -> set[int]:
    """Orders of which a number belongs to another order already: what was written for them is removed."""
    there = {(item.order_id, item.key) for item in written}
    taken = {item.order_id for item in new if (item.order_id, item.key) not in there}
    if drop := [item.id for item in written if item.order_id in taken]:
        conn.execute(_DROP, {"ids": drop})
    return taken


def _revive(
    conn: Connection,
    pipeline: str,
    former: Mapping[_Asked, Row[*tuple[Any, ...]]],
    asked: Sequence[NewPromise],
    now: int,
) -> None:
    """Look up again what is asked for again: a refused request before it is sent, a kept one for its order to follow.

    A refused request that is not asked for any more goes; one that was taken back stays, since the warehouse may still
    tell of it.
    """
    wanted = {_name(item): item.document for item in asked}
    planned = {item.order_id for item in asked}
    gone = {key: old for key, old in former.items() if old.state in GONE and old.order_id in planned}
    again = [
        {"promise_id": old.id, "new_document": wanted[key], "now": now} for key, old in gone.items() if key in wanted
    ]
    if again:
        conn.execute(_SEND_AGAIN, again)
    refused = {key: old.id for key, old in gone.items() if old.state == PromiseState.REJECTED}
    if dropped := {key: id for key, id in refused.items() if key not in wanted}:
        conn.execute(_DROP, {"ids": list(dropped.values())})
        close_subjects(conn, pipeline, Code.RELEASE_REFUSED, [number for _, _, number in dropped], now)
    if kept := [old.id for key, old in former.items() if old.state == "done" and key in wanted]:
        conn.execute(_LOOK_UP, {"ids": kept, "now": now})


def _write_states(
    conn: Connection, pipeline: str, plans: Sequence[ReleasePlan], acknowledge_on: str | None, now: int
) -> None:
    releasing = [plan.order_id for plan in plans if plan.state is OrderState.RELEASING]
    if releasing:
        conn.execute(_RELEASING, {"ids": releasing, "now": now})
        close_holds(conn, pipeline, releasing, now)
    if left_out := [{"its_id": plan.order_id, "these": plan.left_out} for plan in plans if plan.left_out]:
        conn.execute(_LEAVE_OUT, left_out)
    held = [plan for plan in plans if plan.state is not OrderState.RELEASING]
    if held:
        conn.execute(_SET_STATE, [_held(plan, now) for plan in held])
        _close_others(conn, pipeline, held, now)
    promise_acknowledgements(conn, [plan.order_id for plan in plans], acknowledge_on, now, when_released=False)


def _held(plan: ReleasePlan, now: int) -> dict[str, object]:
    return {
        "its_id": plan.order_id,
        "new_state": plan.state.value,
        "why": plan.reason,
        "who": plan.held_by,
        "ends": plan.held_until and micros(plan.held_until),
        "now": now,
    }


def _close_others(conn: Connection, pipeline: str, held: Sequence[ReleasePlan], now: int) -> None:
    """What held these orders before is settled: something else holds them now."""
    by_code: dict[str, list[int]] = {}
    for plan in held:
        by_code.setdefault(plan.reason.partition(":")[0], []).append(plan.order_id)
    for code, order_ids in by_code.items():
        close_other_holds(conn, pipeline, code, order_ids, now)
