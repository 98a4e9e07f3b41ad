"""Requests that a warehouse refused after it had seemed to take them."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from crossdock.domain import RequestRefusal
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.outcome import refused_release
from crossdock.engine.problems import Code
from crossdock.store.problems import open_problems
from crossdock.store.tables import orders, promise

_KEPT = select(promise.c.id, promise.c.order_id, promise.c.pipeline).where(
    promise.c.connection == bindparam("on"),
    promise.c.kind == Kind.RELEASE.value,
    promise.c.key == bindparam("the_number"),
    promise.c.state == PromiseState.DONE.value,
)
_NOT_KEPT = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(state=PromiseState.REJECTED.value, error=bindparam("why"), settled_at=bindparam("now"))
)
_HELD = (
    update(orders)
    .where(orders.c.id == bindparam("its_id"), orders.c.state.in_(["releasing", "released"]))
    .values(state="held", reason=bindparam("why"), updated_at=bindparam("now"))
)


def refuse_requests(conn: Connection, connection: str, refusals: Sequence[RequestRefusal], now: int) -> int:
    """Hold the orders whose requests were refused, with a problem for each; says how many were taken until now."""
    return sum(_refuse(conn, connection, one, now) for one in refusals)


def _refuse(conn: Connection, connection: str, refusal: RequestRefusal, now: int) -> bool:
    kept = conn.execute(_KEPT, {"on": connection, "the_number": refusal.request_number}).one_or_none()
    if kept is None:
        return False
    conn.execute(_NOT_KEPT, {"promise_id": kept.id, "why": refusal.reason, "now": now})
    reason = f"{Code.RELEASE_REFUSED.value}: {refusal.reason}"
    conn.execute(_HELD, {"its_id": kept.order_id, "why": reason, "now": now})
    open_problems(conn, kept.pipeline, [refused_release(refusal, kept.order_id)], now)
    return True
