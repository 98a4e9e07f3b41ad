"""Orders that somebody wants fetched singly."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, delete, select

from crossdock.engine.lease import Lease
from crossdock.engine.ports import Wish
from crossdock.engine.problems import Code, Problem
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.tables import orders, wanted_order
from crossdock.store.upsert import insert_into

_OF_PIPELINE = wanted_order.c.pipeline == bindparam("of_pipeline")
_WANTED = (
    select(wanted_order.c.external_id, wanted_order.c.asked_at)
    .where(_OF_PIPELINE)
    .order_by(wanted_order.c.asked_at, wanted_order.c.external_id)
    .limit(bindparam("most"))
)
_FORGET = delete(wanted_order).where(
    _OF_PIPELINE, wanted_order.c.external_id == bindparam("its_id"), wanted_order.c.asked_at == bindparam("then")
)
_IDS_AT_THE_CART = select(orders.c.external_id).where(orders.c.id.in_(bindparam("order_ids", expanding=True)))


@cache
def _want(dialect: str) -> Executable:
    wanting = insert_into(dialect, wanted_order)
    return wanting.on_conflict_do_update(
        index_elements=["pipeline", "external_id"], set_={"asked_at": wanting.excluded.asked_at}
    )


def want_orders(
    conn: Connection, pipeline: str, external_ids: Collection[str], asked_by: str, *, now: datetime
) -> None:
    """Note that these orders are wanted, and make the flow due; wanting one twice is wanting it once, from now on."""
    rows = [
        {"pipeline": pipeline, "external_id": order, "asked_at": micros(now), "asked_by": asked_by}
        for order in sorted(set(external_ids))
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


def wanted_orders(conn: Connection, pipeline: str, limit: int) -> Sequence[Wish]:
    """Some wanted orders, the oldest wish first."""
    found = conn.execute(_WANTED, {"of_pipeline": pipeline, "most": limit})
    return [Wish(external_id, moment(asked_at)) for external_id, asked_at in found]


def settle_wishes(
    conn: Connection, lease: Lease, wishes: Sequence[Wish], problems: Sequence[Problem], *, now: datetime
) -> None:
    """Forget these wishes, unless they were made anew meanwhile: that one is about a newer version of the order."""
    renew(conn, lease, micros(now))
    gone = [
        {"of_pipeline": lease.pipeline, "its_id": wish.external_id, "then": micros(wish.asked_at)} for wish in wishes
    ]
    if gone:
        conn.execute(_FORGET, gone)
    fetched = {wish.external_id for wish in wishes} - {item.subject for item in problems}
    close_subjects(conn, lease.pipeline, Code.UNFETCHABLE_ORDER, fetched, micros(now))
    open_problems(conn, lease.pipeline, problems, micros(now))
