"""What a person decides about one order. Use as `await store.write(release_after_all, order_id, now=…)`."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from crossdock.engine.holds import GIVEN_BACK, NOT_ADJUSTED
from crossdock.engine.ledger import SILENT, Kind, PromiseState
from crossdock.engine.ports import OrderState
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import AnswerState
from crossdock.store.adjusting import WAIVED, is_at_warehouse
from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.problems import close_of_order
from crossdock.store.tables import orders, promise


class NotPossible(CrossdockError):
    """This cannot be done with the order as it stands; says why."""


_ORDER = (
    select(orders.c.pipeline, orders.c.number, orders.c.state, orders.c.reason)
    .where(orders.c.id == bindparam("of_order"))
    .with_for_update()
)
_ADJUSTMENTS = (promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.ADJUST.value)
_UNDER_WAY = (
    select(promise.c.key)
    .where(*_ADJUSTMENTS, or_(promise.c.due_at.is_not(None), promise.c.follow_at.is_not(None)))
    .limit(1)
)
_WAIVE = (
    update(promise)
    .where(*_ADJUSTMENTS)
    .where(
        or_(
            promise.c.state == PromiseState.REJECTED.value,
            promise.c.answer.in_([AnswerState.REFUSED.value, SILENT]),
        )
    )
    .values(answer=WAIVED)
)
_OF_ORDER = update(orders).where(orders.c.id == bindparam("of_order"))
_READY = _OF_ORDER.values(state=OrderState.READY.value, reason="", completed_at=None, updated_at=bindparam("now"))
_GIVE_BACK = _OF_ORDER.values(
    state=OrderState.SKIPPED.value, reason=GIVEN_BACK, completed_at=bindparam("now"), updated_at=bindparam("now")
)
_NOT_MARKED = _OF_ORDER.values(acknowledged_at=None)
_MARKS = (promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.ACKNOWLEDGE.value)
_MARKING = select(promise.c.id).where(*_MARKS, promise.c.claimed_by.is_not(None)).limit(1)
_NO_MARK = delete(promise).where(*_MARKS)


def release_after_all(conn: Connection, order_id: int, *, now: datetime) -> None:
    """Put an order back to work that was held or given back, and drop what was refused of its cancellations."""
    this = {"of_order": order_id}
    order = conn.execute(_ORDER, this).one()
    given_back = order.state == OrderState.SKIPPED and order.reason.startswith(GIVEN_BACK)
    if order.state != OrderState.HELD and not given_back:
        raise NotPossible(
            f"order {order.number} is {_words(order.state)}; only one that is held, or was given back, can be"
        )
    if key := conn.scalar(_UNDER_WAY, this):
        raise NotPossible(
            f"{key} of order {order.number} is under way: only the marketplace's answer will tell what is left to ship"
        )
    conn.execute(_WAIVE, this)
    conn.execute(_READY, this | {"now": micros(now)})
    close_of_order(conn, order.pipeline, NOT_ADJUSTED, order_id, "the order was released after all", micros(now))
    schedule(conn, order.pipeline, "release", now)


def give_back(conn: Connection, order_id: int, *, now: datetime) -> None:
    """Work on this order no more, and forget that it was to be marked; the cart is told next."""
    this = {"of_order": order_id}
    order = conn.execute(_ORDER, this).one()
    if is_at_warehouse(conn, order_id, order.state):
        raise NotPossible(
            f"order {order.number} is {_words(order.state)}: the warehouse has it, so that it stays marked as taken"
        )
    if conn.scalar(_MARKING, this):
        raise NotPossible(f"order {order.number} is being marked at this moment; try again in a minute")
    conn.execute(_GIVE_BACK, this | {"now": micros(now)})
    conn.execute(_NO_MARK, this)


def note_given_back(conn: Connection, order_id: int) -> None:
    """The cart has taken our mark off the order."""
    conn.execute(_NOT_MARKED, {"of_order": order_id})


def _words(state: str) -> str:
    return state.replace("_", " ")
