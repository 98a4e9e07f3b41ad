"""Orders that somebody wants fetched singly."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, delete, select

from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.tables import orders, wanted_order
from crossdock.store.upsert import insert_into

_OF_PIPELINE = wanted_order.c.pipeline == bindparam("of_pipeline")
_WANTED = (
    select(wanted_order.c.external_id)
    .where(_OF_PIPELINE)
    .order_by(wanted_order.c.asked_at, wanted_order.c.external_id)
    .limit(bindparam("most"))
)
_FORGET = delete(wanted_order).where(_OF_PIPELINE, wanted_order.c.external_id.in_(bindparam("ids", expanding=True)))
_IDS_AT_THE_CART = select(orders.c.external_id).where(orders.c.id.in_(bindparam("order_ids", expanding=True)))


@cache
def _want(dialect: str) -> Executable:
    return insert_into(dialect, wanted_order).on_conflict_do_nothing(index_elements=["pipeline", "external_id"])


def want_orders(
    conn: Connection, pipeline: str, external_ids: Collection[str], asked_by: str, *, now: datetime
) -> None:
    """Note that these orders are wanted; wanting one twice is wanting it once."""
    rows = [
        {"pipeline": pipeline, "external_id": order, "asked_at": micros(now), "asked_by": asked_by}
        for order in dict.fromkeys(external_ids)
    ]
    if rows:
        conn.execute(_want(conn.dialect.name), rows)
        schedule(conn, pipeline, "fetch", now)


def want_known_orders(
    conn: Connection, pipeline: str, order_ids: Collection[int], asked_by: str, now: datetime
) -> None:
    """Want orders by their rows here."""
    if order_ids:
        found = conn.scalars(_IDS_AT_THE_CART, {"order_ids": list(order_ids)}).all()
        want_orders(conn, pipeline, found, asked_by, now=now)


def wanted_orders(conn: Connection, pipeline: str, limit: int) -> Sequence[str]:
    """Some wanted orders, the oldest wish first."""
    return conn.scalars(_WANTED, {"of_pipeline": pipeline, "most": limit}).all()


def forget_wanted(conn: Connection, pipeline: str, external_ids: Collection[str]) -> None:
    """These wishes are fulfilled."""
    if external_ids:
        conn.execute(_FORGET, {"of_pipeline": pipeline, "ids": list(external_ids)})
