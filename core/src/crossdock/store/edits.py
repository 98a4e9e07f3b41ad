"""Corrections that a person makes of an order. Use as `await store.write(correct_order, order_id, …)`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from crossdock.domain import Order
from crossdock.engine.edits import Edits, NotEditable, lay_over, plan_edits
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code
from crossdock.hooks.errors import Unreadable
from crossdock.hooks.records import Record
from crossdock.store.adjusting import is_at_warehouse
from crossdock.store.audit import Deed, note_deed
from crossdock.store.compression import unpack
from crossdock.store.intake import ORDER, RECORD_OF_ORDER, keep_edits, read_edits, reread
from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.problems import close_subjects
from crossdock.store.tables import orders, record

ReadOrder = Callable[[Record], Order]
"""How the plugin translates a record."""


@dataclass(frozen=True, slots=True)
class Correctable:
    """An order as the cart has it, the corrections that count, and whether the warehouse has (a part of) it."""

    pipeline: str
    external_id: str
    cart: Order
    edits: Edits
    told: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person wants of an order: fields with new values, and fields that are to be the cart's again."""

    wanted: Mapping[str, str]
    unwanted: Sequence[str]
    by: str
    note: str = ""


_ORDER = (
    select(orders.c.pipeline, orders.c.external_id, orders.c.number, orders.c.state, orders.c.edits, record.c.data)
    .outerjoin(record, RECORD_OF_ORDER)
    .where(orders.c.id == bindparam("of_order"))
)
_LOCK = select(orders.c.id).where(orders.c.id == bindparam("of_order")).with_for_update()
_GONE = (OrderState.PART_SHIPPED, OrderState.SHIPPED)


def correctable(conn: Connection, order_id: int, read: ReadOrder) -> Correctable:
    """An order that a person may correct; raises `NotEditable`."""
    row = conn.execute(_ORDER, {"of_order": order_id}).one()
    name = row.number or row.external_id
    if row.state in _GONE:
        raise NotEditable(f"the cart was told of a shipment of order {name}: what has not left is corrected by hand")
    if not row.data:
        raise NotEditable(f"what the cart said of order {name} is not stored (any more): `crossdock orders fetch` it")
    try:
        cart = read(Record(row.external_id, unpack(row.data)))
    except Unreadable as error:
        raise NotEditable(f"order {name} cannot be read, so that nothing of it can be corrected: {error}") from error
    told = is_at_warehouse(conn, order_id, row.state)
    return Correctable(row.pipeline, row.external_id, cart, lay_over(cart, read_edits(row.edits)).kept, told)


def correct_order(conn: Connection, order_id: int, read: ReadOrder, wish: Correction, *, now: datetime) -> Correctable:
    """Keep what a person corrected and have the order judged and planned again; raises `NotEditable`."""
    conn.execute(_LOCK, {"of_order": order_id})
    order = correctable(conn, order_id, read)
    edits = plan_edits(order.cart, order.edits, wish.wanted, wish.unwanted, by=wish.by, now=now, told=order.told)
    keep_edits(conn, order.pipeline, order.external_id, edits)
    note_deed(conn, _deed(order_id, order, wish), micros(now))
    subjects = [f"{order.cart.number}/{path}" for path in (*wish.wanted, *wish.unwanted)]
    close_subjects(conn, order.pipeline, Code.EDIT_OVERTAKEN, subjects, micros(now))
    reread(conn, order.pipeline, ORDER, order.external_id)
    schedule(conn, order.pipeline, "release", now)
    return Correctable(order.pipeline, order.external_id, order.cart, edits, order.told)


def _deed(order_id: int, order: Correctable, wish: Correction) -> Deed:
    """Which fields; their values are the buyer's data, and stand in the order alone."""
    before = ", ".join(edit.path for edit in order.edits if edit.changes)
    done = {"set": list(wish.wanted), "unset": wish.unwanted}
    return Deed(
        by=wish.by,
        action="edit order",
        subject=order.cart.number,
        pipeline=order.pipeline,
        order_id=order_id,
        before=f"corrected {before}" if before else "",
        after="; ".join(f"{what} {', '.join(paths)}" for what, paths in done.items() if paths),
        note=wish.note,
    )
