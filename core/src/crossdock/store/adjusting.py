"""Cancellations and refunds that a person asks for. Use as `await store.write(promise_adjustment, …)`."""

from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, update

from crossdock.domain import AdjustmentKind, OrderAdjustment
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.ports import BEFORE_RELEASE
from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.queries import OrderSummary
from crossdock.store.tables import orders, promise
from crossdock.store.upsert import insert_into

ADJUSTING = "adjusting"
"""The beginning of the reason why an order waits whose cancellation is under way."""

_HOLD = (
    update(orders)
    .where(orders.c.id == bindparam("its_id"), orders.c.state.in_([state.value for state in BEFORE_RELEASE]))
    .values(state="held", reason=bindparam("why"), updated_at=bindparam("now"))
)


@cache
def _promise(dialect: str) -> Executable:
    promising = insert_into(dialect, promise).on_conflict_do_nothing(index_elements=["connection", "kind", "key"])
    return promising.returning(promise.c.id)


def promise_adjustment(conn: Connection, order: OrderSummary, adjustment: OrderAdjustment, *, now: datetime) -> bool:
    """Promise one adjustment of an order and make it due; False when this very key was promised before.

    An order that the warehouse has not got yet waits until the marketplace has answered.
    """
    at = micros(now)
    written = conn.execute(_promise(conn.dialect.name), _row(order, adjustment, at)).first()
    if written is None:
        return False
    if adjustment.kind is AdjustmentKind.CANCELLATION:
        conn.execute(_HOLD, {"its_id": order.id, "why": f"{ADJUSTING}: a cancellation is under way", "now": at})
    schedule(conn, order.pipeline, "adjust", now)
    return True


def _row(order: OrderSummary, adjustment: OrderAdjustment, at: int) -> dict[str, object]:
    return {
        "pipeline": order.pipeline,
        "connection": order.connection,
        "kind": Kind.ADJUST.value,
        "key": adjustment.key,
        "order_id": order.id,
        "state": PromiseState.DUE.value,
        "closes": False,
        "attempts": 0,
        "due_at": at,
        "created_at": at,
        "ref": "",
        "error": "",
        "document": adjustment.model_dump_json().encode(),
    }
