"""What a cart is to hear of orders that is no shipment and no cancellation."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import BindParameter, Connection, Executable, bindparam, select

from crossdock.domain import OrderEvent, OrderNotice
from crossdock.engine.ledger import Kind, Notices, PromiseState, Settlement
from crossdock.engine.ports import OrderState
from crossdock.store.leases import schedule
from crossdock.store.moments import moment
from crossdock.store.promise_rows import due_row
from crossdock.store.tables import orders, promise
from crossdock.store.upsert import insert_into

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_AT_THE_WAREHOUSE = select(orders.c.id, orders.c.external_id, orders.c.number, orders.c.site).where(
    orders.c.id.in_(_IDS), orders.c.state == OrderState.RELEASED.value
)


@cache
def _promise(dialect: str) -> Executable:
    return insert_into(dialect, promise).on_conflict_do_nothing(index_elements=["connection", "kind", "key"])


def promise_notices(
    conn: Connection, pipeline: str, settlements: Sequence[Settlement], notices: Notices, now: int
) -> None:
    """Promise to tell of the orders which the warehouse has wholly since these settlements; each once."""
    kept = [item.promise for item in settlements if item.state is PromiseState.DONE]
    ids = list({kept.order_id for kept in kept if kept.kind is Kind.RELEASE})
    found = conn.execute(_AT_THE_WAREHOUSE, {"ids": ids}).all() if ids else ()
    rows = [
        _row(pipeline, notices.connection, id, external_id, number, now)
        for id, external_id, number, site in found
        if notices.tells(site)
    ]
    if rows:
        conn.execute(_promise(conn.dialect.name), rows)
        schedule(conn, pipeline, "notify", moment(now))


def _row(pipeline: str, connection: str, order_id: int, external_id: str, number: str, now: int) -> dict[str, object]:
    key = f"{external_id}/{OrderEvent.RELEASED.value}"
    notice = OrderNotice(
        key=key, order_external_id=external_id, order_number=number, event=OrderEvent.RELEASED, happened_at=moment(now)
    )
    return due_row(pipeline, connection, Kind.NOTIFY, order_id, key, notice.model_dump_json().encode(), now)
