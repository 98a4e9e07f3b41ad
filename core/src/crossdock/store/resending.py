"""What a person has told to the cart again. Use as `await store.write(ask_resend, …)`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, case, select, update

from crossdock.domain import is_called
from crossdock.engine.ledger import SILENT, Kind, PromiseState
from crossdock.hooks.records import AnswerState
from crossdock.store.audit import Deed, note_deed
from crossdock.store.deciding import NotPossible
from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.tables import orders, promise

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_ORDER = (
    select(orders.c.pipeline, orders.c.number, orders.c.scrubbed_at)
    .where(orders.c.id == bindparam("of_order"))
    .with_for_update()
)
_TOLD = (
    select(promise.c.id, promise.c.key, promise.c.state, promise.c.ref, promise.c.due_at)
    .where(promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.CONFIRM.value)
    .order_by(promise.c.id)
    .with_for_update()
)
_LOOK_UP = (
    update(promise)
    .where(promise.c.id.in_(_IDS))
    .values(
        state=PromiseState.IN_DOUBT.value,
        attempts=0,
        due_at=bindparam("now"),
        follow_at=None,
        answer=case((promise.c.answer.in_([AnswerState.REFUSED.value, SILENT]), ""), else_=promise.c.answer),
    )
)


def ask_resend(conn: Connection, order_id: int, box: str, by: str, *, now: datetime) -> Sequence[str]:
    """Have confirmations that are done or refused looked up at the cart, and sent where they are not there.

    Gives their keys. `box` is the number of one package, or empty for all. Raises `NotPossible`.
    """
    this = {"of_order": order_id}
    order = conn.execute(_ORDER, this).one()
    if order.scrubbed_at is not None:
        raise NotPossible(
            f"the buyer's data of order {order.number} was removed, and its tracking numbers with it: tell the cart in "
            "its own pages"
        )
    told = conn.execute(_TOLD, this).all()
    chosen = _chosen(order.number, told, box)
    conn.execute(_LOOK_UP, {"ids": [one.id for one in chosen], "now": micros(now)})
    schedule(conn, order.pipeline, "confirm", now)
    deed = Deed(
        by,
        "resend",
        order.number,
        order.pipeline,
        order_id,
        before="; ".join(f"{one.key} {one.state.replace('_', ' ')}" for one in chosen),
        after="looked up at the cart, sent where it is not there",
    )
    note_deed(conn, deed, micros(now))
    return [one.key for one in chosen]


def _chosen(number: str, told: Sequence[Row[*tuple[Any, ...]]], box: str) -> list[Row[*tuple[Any, ...]]]:
    if not told:
        raise NotPossible(
            f"the cart is to be told of no package of order {number} yet: `crossdock orders show` says why"
        )
    meant = [one for one in told if not box or is_called(one.key, box)]
    if not meant:
        known = ", ".join(one.key for one in told)
        raise NotPossible(f"of order {number} the cart was told of no package {box}, but of {known}")
    over = [one for one in meant if one.due_at is None]
    if not over:
        raise NotPossible(
            f"order {number} is being told to the cart already; `crossdock orders show` says how far it is"
        )
    return over
