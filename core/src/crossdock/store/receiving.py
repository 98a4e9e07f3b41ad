"""Goods that a warehouse is to expect: the newest version of each purchase order, and whether it was told."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, case, func, insert, select, update

from crossdock.domain import PurchaseOrder, Putaway
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Code, Problem
from crossdock.engine.receiving_ports import StoredPurchase, ToldPurchase
from crossdock.hooks.errors import CrossdockError
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.tables import purchase_order, putaway
from crossdock.store.upsert import insert_into

_KEPT = select(purchase_order.c.id, purchase_order.c.document).where(
    purchase_order.c.pipeline == bindparam("of_pipeline"), purchase_order.c.number == bindparam("its_number")
)
_TAKEN = select(purchase_order.c.number, purchase_order.c.pipeline).where(
    purchase_order.c.connection == bindparam("on"),
    purchase_order.c.number.in_(bindparam("numbers", expanding=True)),
    purchase_order.c.pipeline != bindparam("of_pipeline"),
)
AT_ONCE = 500
_REPLACE = (
    update(purchase_order)
    .where(purchase_order.c.id == bindparam("its_id"))
    .values(
        connection=bindparam("on"),
        document=bindparam("new_document"),
        version=purchase_order.c.version + 1,
        updated_at=bindparam("now"),
        tell_at=bindparam("now"),
        attempts=0,
    )
)
_DUE = (
    select(purchase_order.c.id, purchase_order.c.version, purchase_order.c.document, purchase_order.c.attempts)
    .where(purchase_order.c.pipeline == bindparam("of_pipeline"), purchase_order.c.tell_at <= bindparam("now"))
    .order_by(purchase_order.c.tell_at, purchase_order.c.id)
    .limit(bindparam("most"))
)
_SAME_VERSION = purchase_order.c.version == bindparam("its_version")
_SETTLE = (
    update(purchase_order)
    .where(purchase_order.c.id == bindparam("its_id"))
    .values(
        ref=case((bindparam("its_ref") != "", bindparam("its_ref")), else_=purchase_order.c.ref),
        error=bindparam("its_error"),
        attempts=bindparam("tried"),
        told_at=func.coalesce(bindparam("accepted_at"), purchase_order.c.told_at),
        tell_at=case((_SAME_VERSION, bindparam("next_due")), else_=purchase_order.c.tell_at),
    )
)


class NumberTaken(CrossdockError):
    """Another pipeline expects a purchase order of this number at the warehouse."""


@cache
def _keep_putaways(dialect: str) -> Executable:
    keeping = insert_into(dialect, putaway).on_conflict_do_nothing(index_elements=["connection", "external_id"])
    return keeping.returning(putaway.c.id)


def expect_goods(
    conn: Connection, pipeline: str, connection: str, orders: Sequence[PurchaseOrder], *, now: datetime
) -> int:
    """Keep purchase orders; says how many are new or changed. Raises `NumberTaken`."""
    _refuse_taken(conn, pipeline, connection, [order.number for order in orders])
    changed = sum(_keep(conn, pipeline, connection, order, micros(now)) for order in orders)
    if changed:
        schedule(conn, pipeline, "expect", now)
    return changed


def _refuse_taken(conn: Connection, pipeline: str, connection: str, numbers: Sequence[str]) -> None:
    """A warehouse knows one purchase order by a number: what another pipeline expects there is not touched."""
    for start in range(0, len(numbers), AT_ONCE):
        asked = {"of_pipeline": pipeline, "on": connection, "numbers": numbers[start : start + AT_ONCE]}
        if taken := conn.execute(_TAKEN, asked).first():
            raise NumberTaken(
                f"{connection} expects a purchase order {taken.number} for pipeline {taken.pipeline} already; nothing "
                "was taken. Give this one another number."
            )


def _keep(conn: Connection, pipeline: str, connection: str, order: PurchaseOrder, at: int) -> bool:
    kept = conn.execute(_KEPT, {"of_pipeline": pipeline, "its_number": order.number}).one_or_none()
    if kept is None:
        conn.execute(insert(purchase_order).values(**_row(pipeline, connection, order, at)))
        return True
    before = PurchaseOrder.model_validate_json(kept.document)
    merged = merge(before, order)
    if merged == before:
        return False
    document = merged.model_dump_json().encode()
    conn.execute(_REPLACE, {"its_id": kept.id, "on": connection, "new_document": document, "now": at})
    return True


def merge(before: PurchaseOrder, order: PurchaseOrder) -> PurchaseOrder:
    """The new version, with the lines of the old one that it does not name."""
    named = {line.id for line in order.lines}
    kept = tuple(line for line in before.lines if line.id not in named)
    return order.model_copy(update={"lines": (*order.lines, *kept)}) if kept else order


def save_putaways(conn: Connection, connection: str, putaways: Sequence[Putaway]) -> int:
    """Keep facts of received goods, each once; says how many were new."""
    if not putaways:
        return 0
    rows = [_putaway_row(connection, item) for item in {item.external_id: item for item in putaways}.values()]
    return len(conn.execute(_keep_putaways(conn.dialect.name), rows).all())


def purchases_due(conn: Connection, lease: Lease, limit: int, *, now: datetime) -> Sequence[StoredPurchase]:
    """Purchase orders that the warehouse is to be told of now."""
    renew(conn, lease, micros(now))
    rows = conn.execute(_DUE, {"of_pipeline": lease.pipeline, "now": micros(now), "most": limit})
    return [
        StoredPurchase(id, version, PurchaseOrder.model_validate_json(document), attempts)
        for id, version, document, attempts in rows
    ]


def save_told(
    conn: Connection, lease: Lease, told: Sequence[ToldPurchase], problems: Sequence[Problem], *, now: datetime
) -> None:
    """Write what the warehouse said; a purchase order that changed meanwhile stays due."""
    at = micros(now)
    renew(conn, lease, at)
    for item in told:
        conn.execute(_SETTLE, _settled(item, at))
    accepted = [item.stored.order.number for item in told if not item.error]
    close_subjects(conn, lease.pipeline, Code.EXPECT_REFUSED, accepted, at)
    open_problems(conn, lease.pipeline, problems, at)


def _row(pipeline: str, connection: str, order: PurchaseOrder, at: int) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "connection": connection,
        "number": order.number,
        "version": 1,
        "updated_at": at,
        "tell_at": at,
        "told_at": None,
        "attempts": 0,
        "ref": "",
        "error": "",
        "document": order.model_dump_json().encode(),
    }


def _putaway_row(connection: str, fact: Putaway) -> dict[str, object]:
    return {
        "connection": connection,
        "external_id": fact.external_id,
        "purchase_order": fact.purchase_order,
        "line_id": fact.line_id,
        "sku": fact.sku,
        "quantity": fact.quantity,
        "area": fact.place.area,
        "location": fact.place.location,
        "put_at": micros(fact.put_at),
    }


def _settled(item: ToldPurchase, at: int) -> dict[str, object]:
    return {
        "its_id": item.stored.id,
        "its_version": item.stored.version,
        "its_ref": item.ref,
        "its_error": item.error,
        "tried": item.stored.attempts + 1 if item.error else 0,
        "accepted_at": None if item.error else at,
        "next_due": micros(item.again_at) if item.again_at else None,
    }
