"""Since when an order is held, by whom, and until when if that is known."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, bindparam, case, func, update

from crossdock.store.tables import orders

NOW: BindParameter[int] = bindparam("now", type_=BigInteger)
NOT_HELD: dict[str, Any] = {"held_at": None, "held_by": "", "held_until": None}
HELD_BY: dict[str, Any] = {
    "held_at": case((orders.c.held_by == bindparam("who"), func.coalesce(orders.c.held_at, NOW)), else_=NOW),
    "held_by": bindparam("who"),
    "held_until": None,
}
"""Held by `who`: from now on, unless the same one held the order when it was looked at last."""

_MARK = (
    update(orders)
    .where(orders.c.pipeline == bindparam("of_pipeline"), orders.c.state == "held", orders.c.held_by == "")
    .where(orders.c.external_id.in_(bindparam("ids", expanding=True)))
    .values(held_at=NOW, held_by=bindparam("who"))
)


def mark_held(conn: Connection, pipeline: str, external_ids: Collection[str], who: str, now: int) -> None:
    """Say of those of these orders that are held since when, and by whom, where nobody has said it."""
    if external_ids:
        conn.execute(_MARK, {"of_pipeline": pipeline, "ids": list(external_ids), "who": who, "now": now})
