"""Orders that are taken back from their warehouse. Use as `await store.write(ask_withdrawal, …)`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Executable,
    Row,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)

from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.amendment import Amendment, AskedRequest, Purpose, Withdrawing
from crossdock.engine.holds import HELD_THERE, WITHDRAWN
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import GONE, Kind, Notices, Promise, PromiseState, Settlement
from crossdock.engine.ports import OrderState, ReadOrder, ShipmentState
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import Cursor
from crossdock.store import intake, promises
from crossdock.store.audit import Deed, note_deed
from crossdock.store.intake import ORDER, RECORD_OF_ORDER, reread
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.notices import promise_notices
from crossdock.store.problems import WAITS, close_of_order, close_of_orders, close_subjects
from crossdock.store.promise_rows import due_row
from crossdock.store.tables import orders, promise, record, shipment
from crossdock.store.upsert import insert_into

BY_A_PERSON = f"{WITHDRAWN}: a person took it back from the warehouse; `crossdock orders release` sends it again"
TOLD_MEANWHILE = f"{WITHDRAWN}: the warehouse forgot it although the cart was told of a shipment; look at both"
NOT_STORED = f"{WITHDRAWN}: what the cart has of it now is not stored; `crossdock orders fetch`, then `orders release`"
HELD_BEFORE = f"{WITHDRAWN}: a person held it at the warehouse; `crossdock orders release` sends its newest version"
SETTLED = (Code.CHANGED_AFTER_RELEASE, Code.WITHDRAW_REFUSED, Code.RELEASE_REFUSED)
"""Problems that an order has no more when the warehouse has forgotten it."""


class NotWithdrawable(CrossdockError):
    """This order cannot be taken back; says why."""


_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_IS_RELEASE = promise.c.kind == literal_column(f"'{Kind.RELEASE.value}'")
_IS_WITHDRAWAL = promise.c.kind == literal_column(f"'{Kind.WITHDRAW.value}'")
BEING_WITHDRAWN = exists().where(promise.c.order_id == orders.c.id, _IS_WITHDRAWAL, promise.c.due_at.is_not(None))
"""The warehouse is to forget the order, and it is not known yet whether it did."""

_ORDER = (
    select(orders.c.pipeline, orders.c.number, orders.c.external_id, orders.c.state)
    .where(orders.c.id == bindparam("of_order"))
    .with_for_update()
)
_PROMISES = (
    select(promise.c.id, promise.c.kind, promise.c.connection, promise.c.key, promise.c.state, promise.c.due_at)
    .where(promise.c.order_id == bindparam("of_order"))
    .order_by(promise.c.id)
    .with_for_update()
)
_CHANGE_MIND = update(promise).where(promise.c.id == bindparam("its_id")).values(document=bindparam("new_document"))
_ROWS = select(orders.c.id, orders.c.external_id).where(
    orders.c.pipeline == bindparam("of_pipeline"), orders.c.external_id.in_(bindparam("external_ids", expanding=True))
)
_STAYED = select(promise.c.order_id, promise.c.document).where(
    promise.c.order_id.in_(_IDS), _IS_WITHDRAWAL, promise.c.state == PromiseState.REJECTED.value
)
_DOCUMENTS = (
    select(orders.c.external_id, record.c.document)
    .join(record, RECORD_OF_ORDER)
    .where(orders.c.pipeline == bindparam("of_pipeline"))
    .where(orders.c.external_id.in_(bindparam("external_ids", expanding=True)), func.length(record.c.document) > 0)
)
_release = promise.alias("release")
_ON_ITS_WAY = exists().where(
    _release.c.order_id == promise.c.order_id,
    _release.c.kind == literal_column(f"'{Kind.RELEASE.value}'"),
    _release.c.due_at.is_not(None),
)
_DUE = (
    select(promise.c.id, promise.c.order_id, orders.c.external_id)
    .add_columns(promise.c.key, promise.c.document, promise.c.attempts, promise.c.state)
    .join(orders, orders.c.id == promise.c.order_id)
    .where(promise.c.pipeline == bindparam("of_pipeline"), _IS_WITHDRAWAL)
    .where(promise.c.due_at <= bindparam("now"), promise.c.connection == bindparam("on"))
    .where(promise.c.claimed_by.is_(None), ~_ON_ITS_WAY)
    .order_by(promise.c.due_at, promise.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=promise)
)
_REQUESTS = (
    select(promise.c.order_id, promise.c.connection, promise.c.state, promise.c.document)
    .where(promise.c.order_id.in_(_IDS), _IS_RELEASE, promise.c.state != PromiseState.WITHDRAWN.value)
    .order_by(promise.c.id)
)
_SETTLED = (
    select(promise.c.order_id, promise.c.document, orders.c.pipeline, orders.c.external_id)
    .add_columns(
        (orders.c.reason == HELD_THERE).label("held"),
        exists().where(_release.c.order_id == orders.c.id, _release.c.kind == Kind.CONFIRM.value).label("told"),
    )
    .join(orders, orders.c.id == promise.c.order_id)
    .where(promise.c.id.in_(_IDS))
)
_RETIRE = (  # what was refused was never there: under its number, somebody else's order may be
    update(promise)
    .where(promise.c.order_id == bindparam("of_order"), _IS_RELEASE, promise.c.state != PromiseState.REJECTED.value)
    .values(state=PromiseState.WITHDRAWN.value, due_at=None, settled_at=bindparam("now"), ref="", error="")
)
_LOOK_UP = (
    update(promise)
    .where(promise.c.order_id == bindparam("of_order"), _IS_RELEASE)
    .where(promise.c.state == PromiseState.DONE.value)
    .values(state=PromiseState.IN_DOUBT.value, due_at=bindparam("now"), attempts=0)
)
_STOPPED = (OrderState.SKIPPED, OrderState.WAITING, OrderState.UNREADABLE)
_BACK = (
    update(orders)
    .where(orders.c.id == bindparam("of_order"), orders.c.state.not_in([state.value for state in _STOPPED]))
    .values(state=bindparam("new_state"), reason=bindparam("why"), updated_at=bindparam("now"))
    .values(held_at=bindparam("since"), held_by=bindparam("who"), held_until=None)
)
_STILL_THERE = (
    update(orders)
    .where(orders.c.id == bindparam("of_order"), orders.c.state == OrderState.RELEASED.value)
    .values(state=OrderState.RELEASING.value, reason="", updated_at=bindparam("now"))
)
_NOTE = (
    update(orders)
    .where(orders.c.id == bindparam("of_order"))
    .where(orders.c.state.in_([OrderState.RELEASED.value, OrderState.PART_SHIPPED.value]))
    .values(reason=bindparam("why"), updated_at=bindparam("now"))
    .values(held_at=bindparam("since"), held_by=bindparam("who"), held_until=None)
)
_VOID = (
    update(shipment)
    .where(shipment.c.order_id == bindparam("of_order"), shipment.c.state != ShipmentState.VOIDED.value)
    .values(state=ShipmentState.VOIDED.value, look_again_at=None)
)


@cache
def _ask(dialect: str) -> Executable:
    """A warehouse knows one order under a number: a withdrawal that is over makes room for the next one."""
    asking = insert_into(dialect, promise)
    again = ("pipeline", "order_id", "state", "attempts", "due_at", "created_at", "ref", "error", "document")
    fresh: dict[str, Any] = {name: asking.excluded[name] for name in again}
    return asking.on_conflict_do_update(
        index_elements=["connection", "kind", "key"],
        set_=fresh | {"claimed_by": None, "sent_at": None, "settled_at": None},
        where=promise.c.due_at.is_(None),
    )


def ask_withdrawal(
    conn: Connection, order_id: int, warehouses: Collection[str], amendment: Amendment, *, now: datetime
) -> str:
    """Promise to take an order back and make it due; gives the promise's key. Raises `NotWithdrawable`.

    `warehouses` are the connections that may be asked for it; the promise goes to that of the first request. Asked
    while it is under way, it changes what becomes of the order afterwards, and nothing else.
    """
    order = conn.execute(_ORDER, {"of_order": order_id}).one()
    promised = conn.execute(_PROMISES, {"of_order": order_id}).all()
    _check(order, warehouses, promised)
    document = amendment.model_copy(update={"order_number": order.number}).model_dump_json().encode()
    under_way = [one for one in promised if one.kind == Kind.WITHDRAW and one.due_at is not None]
    for one in under_way:
        conn.execute(_CHANGE_MIND, {"its_id": one.id, "new_document": document})
    kept = under_way[0] if under_way else _releases(promised)[0]
    key: str = kept.key
    if not under_way:
        row = due_row(order.pipeline, kept.connection, Kind.WITHDRAW, order_id, key, document, micros(now))
        conn.execute(_ask(conn.dialect.name), row)
    schedule(conn, order.pipeline, "amend", now)
    return key


def ask_replacements(conn: Connection, pipeline: str, amendments: Mapping[str, Amendment], now: int) -> Collection[str]:
    """Promise to take these orders back, as far as that can be; says which, by their ids at the cart."""
    if not amendments:
        return ()
    asked = []
    for order_id, external_id in conn.execute(_ROWS, {"of_pipeline": pipeline, "external_ids": list(amendments)}).all():
        promised = conn.execute(_PROMISES, {"of_order": order_id}).all()
        if any(one.kind == Kind.WITHDRAW and one.due_at is not None for one in promised):
            asked.append(external_id)  # the newest version is read anyway, when the warehouse has forgotten this one
            continue
        connections = {one.connection for one in promised if one.kind == Kind.RELEASE}
        try:
            ask_withdrawal(conn, order_id, connections, amendments[external_id], now=moment(now))
        except NotWithdrawable:
            continue
        asked.append(external_id)
    return asked


def _check(
    order: Row[*tuple[Any, ...]], warehouses: Collection[str], promised: Sequence[Row[*tuple[Any, ...]]]
) -> None:
    releases = _releases(promised)
    if not releases:
        raise NotWithdrawable(f"the warehouse has not got order {order.number}: there is nothing to take back")
    if order.state == OrderState.READY:
        raise NotWithdrawable(f"order {order.number} is on its way to the warehouse; try again in a minute")
    if any(one.kind == Kind.CONFIRM for one in promised):
        raise NotWithdrawable(
            f"the cart was told of a shipment of order {order.number}: what has not left is settled by hand, in the "
            "warehouse and at the cart"
        )
    if elsewhere := sorted({one.connection for one in releases} - set(warehouses)):
        raise NotWithdrawable(
            f"order {order.number} is with {', '.join(elsewhere)}, which the pipeline does not use any more"
        )


def _releases(promised: Sequence[Row[*tuple[Any, ...]]]) -> list[Row[*tuple[Any, ...]]]:
    return [one for one in promised if one.kind == Kind.RELEASE and one.state not in GONE]


def released_orders(conn: Connection, pipeline: str, external_ids: Sequence[str]) -> Mapping[str, Order]:
    """The orders as their warehouse was told of them, by their ids at the cart."""
    rows = conn.execute(_DOCUMENTS, {"of_pipeline": pipeline, "external_ids": external_ids})
    return {key: Order.model_validate_json(document) for key, document in rows}


def close_changed_back(conn: Connection, pipeline: str, external_ids: Sequence[str], *, now: datetime) -> None:
    """Close what changes of these orders had opened; a warehouse that keeps one keeps the right one."""
    found = conn.execute(_ROWS, {"of_pipeline": pipeline, "external_ids": external_ids})
    ids, how = [row.id for row in found], "the cart has it as the warehouse knows it"
    close_of_orders(conn, pipeline, [Code.CHANGED_AFTER_RELEASE], ids, how, micros(now))
    stayed = conn.execute(_STAYED, {"ids": ids})
    kept = [order for order, document in stayed if Amendment.model_validate_json(document).difference]
    close_of_orders(conn, pipeline, [Code.WITHDRAW_REFUSED], kept, how, micros(now))


def requests_at_warehouse(conn: Connection, order_id: int) -> Sequence[AskedRequest]:
    """What warehouses have of an order, or may have."""
    rows = conn.execute(_REQUESTS, {"ids": [order_id]})
    there = [(document, connection) for _, connection, state, document in rows if state not in GONE]
    return [AskedRequest(FulfillmentRequest.model_validate_json(document), at) for document, at in there]


def note_held_there(conn: Connection, order_id: int, *, resumed: bool, by: str, note: str = "", now: datetime) -> None:
    """Say in the order's row that the warehouse does not begin with it, or that it may."""
    at, order = micros(now), conn.execute(_ORDER, {"of_order": order_id}).one()
    held = {"why": "", "since": None, "who": ""} if resumed else _held_there(by, at)
    conn.execute(_NOTE, {"of_order": order_id, "now": at, **held})
    action = "resume order at the warehouse" if resumed else "hold order at the warehouse"
    note_deed(conn, Deed(by, action, order.number, order.pipeline, order_id, note=note), at)


def _held_there(by: str, now: int) -> dict[str, object]:
    return {"why": HELD_THERE, "since": now, "who": f"a person: {by}"}


def claim_withdrawals(
    conn: Connection, lease: Lease, connection: str, limit: int, *, now: datetime
) -> Sequence[Withdrawing]:
    """Take withdrawals that are due, each with all requests of its order."""
    at = micros(now)
    renew(conn, lease, at)
    found = conn.execute(_DUE, {"of_pipeline": lease.pipeline, "on": connection, "now": at, "most": limit}).all()
    claimed = promises.claim_rows(conn, lease, Kind.WITHDRAW, found, at)
    requests = _requests(conn, [one.order_id for one in claimed])
    return [Withdrawing(one, tuple(requests.get(one.order_id, ()))) for one in claimed]


def _requests(conn: Connection, order_ids: Sequence[int]) -> Mapping[int, list[AskedRequest]]:
    asked: dict[int, list[AskedRequest]] = {}
    for order_id, connection, state, document in conn.execute(_REQUESTS, {"ids": order_ids}) if order_ids else ():
        request = FulfillmentRequest.model_validate_json(document)
        one = AskedRequest(request, connection, refused=state == PromiseState.REJECTED)
        asked.setdefault(order_id, []).append(one)
    return asked


def save_orders(
    conn: Connection,
    lease: Lease,
    connection: str,
    read: Sequence[ReadOrder],
    problems: Sequence[Problem],
    checkpoint: Cursor | None,
    amendments: Mapping[str, Amendment],
    now: int,
) -> None:
    """Keep one page of orders; those that are to be replaced are no problem as long as they may be."""
    asked = ask_replacements(conn, lease.pipeline, amendments, now)
    changed = Code.CHANGED_AFTER_RELEASE
    left = [one for one in problems if one.code is not changed or one.order_external_id not in asked]
    intake.save_orders(conn, lease, connection, read, left, checkpoint, now)


def settle(
    conn: Connection,
    lease: Lease,
    settlements: Sequence[Settlement],
    problems: Sequence[Problem],
    *,
    acknowledge_on: str | None,
    notices: Notices | None = None,
    now: int,
) -> int:
    """Write what became of attempts and what follows; says how many acknowledgements it promised."""
    promised = promises.settle(conn, lease, settlements, problems, acknowledge_on=acknowledge_on, now=now)
    if notices:
        promise_notices(conn, lease.pipeline, settlements, notices, now)
    for item in settlements:
        if item.promise.kind is Kind.WITHDRAW and item.state is PromiseState.DONE:
            _forgotten(conn, item.promise, now)
        elif item.promise.kind is Kind.WITHDRAW and item.state is PromiseState.REJECTED:
            _still_there(conn, item.promise, now)
    return promised


def _forgotten(conn: Connection, kept: Promise, now: int) -> None:
    """The order's requests are retired, and its newest version is read; only that one may go out."""
    row = conn.execute(_SETTLED, {"ids": [kept.id]}).one()
    this = {"of_order": row.order_id, "now": now}
    stored = reread(conn, row.pipeline, ORDER, row.external_id)
    reason = _reason(Amendment.model_validate_json(row.document), told=row.told, stored=stored, held=row.held)
    conn.execute(_RETIRE, this)
    conn.execute(_BACK, this | _becomes(reason, now))
    if not row.told:
        conn.execute(_VOID, this)
    close_subjects(conn, row.pipeline, Code.PLUGIN_FAILED, [kept.key], now)
    gone = SETTLED if row.told else (*SETTLED, *WAITS)
    close_of_order(conn, row.pipeline, gone, row.order_id, "the warehouse has forgotten the order", now)
    schedule(conn, row.pipeline, "amend", moment(now))


def _reason(amendment: Amendment, *, told: bool, stored: bool, held: bool) -> str:
    """Why the order is held now; nothing where its newest version is to go out."""
    if told:
        return TOLD_MEANWHILE
    if amendment.purpose is Purpose.KEEP:
        return BY_A_PERSON
    if not stored:
        return NOT_STORED
    return HELD_BEFORE if held else ""


def _becomes(reason: str, now: int) -> dict[str, object]:
    if not reason:
        return {"new_state": OrderState.READY.value, "why": "", "since": None, "who": ""}
    who = "a person" if reason in (BY_A_PERSON, HELD_BEFORE) else "crossdock"
    return {"new_state": OrderState.HELD.value, "why": reason, "since": now, "who": who}


def _still_there(conn: Connection, kept: Promise, now: int) -> None:
    """Every request is looked up, and sent again as it was if the warehouse has forgotten it."""
    row = conn.execute(_SETTLED, {"ids": [kept.id]}).one()
    this = {"of_order": row.order_id, "now": now}
    conn.execute(_LOOK_UP, this)
    conn.execute(_STILL_THERE, this)
    schedule(conn, row.pipeline, "release", moment(now))
