"""Which products their source still has: what is gone, and what is back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, not_, select, update

from crossdock.engine.goods_ports import ListedProduct
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Code
from crossdock.engine.product_changes import gone_from_source
from crossdock.store.leases import renew
from crossdock.store.moments import micros
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.products import HAS_NAMESAKE
from crossdock.store.stock import AT_ONCE
from crossdock.store.tables import product

_OF_SOURCE = (product.c.pipeline == bindparam("of_pipeline"), product.c.connection == bindparam("on"))
_ROWS: BindParameter[int] = bindparam("rows", expanding=True)
_LISTED = select(product.c.id, product.c.external_id, product.c.sku, product.c.gone_at).where(
    *_OF_SOURCE, product.c.external_id.in_(bindparam("ids", expanding=True))
)
_BACK = update(product).where(product.c.id.in_(_ROWS)).values(gone_at=None, publish_at=bindparam("now"))
_NEXT = (
    select(product.c.id, product.c.external_id, product.c.sku)
    .where(*_OF_SOURCE, product.c.external_id > bindparam("after_id"))
    .where(product.c.gone_at.is_(None), product.c.updated_at < bindparam("moment"))
    .order_by(product.c.external_id)
    .limit(bindparam("most"))
)
_GONE = (
    update(product)
    .where(product.c.id.in_(_ROWS), product.c.gone_at.is_(None))
    .values(gone_at=bindparam("now"))
    .returning(product.c.external_id)
)
_MISSED = (
    select(product.c.external_id, product.c.known_as)
    .where(product.c.id.in_(_ROWS), product.c.known_as != "", not_(HAS_NAMESAKE))
    .order_by(product.c.external_id)
)


def note_listed(
    conn: Connection, lease: Lease, connection: str, external_ids: Sequence[str], *, now: datetime
) -> list[ListedProduct]:
    """Which products of ours are on a page; what was gone and is listed is due for the sink again."""
    at, found = micros(now), list[Row[Any]]()
    renew(conn, lease, at)
    for start in range(0, len(external_ids), AT_ONCE):
        asked = {"of_pipeline": lease.pipeline, "on": connection, "ids": external_ids[start : start + AT_ONCE]}
        found.extend(conn.execute(_LISTED, asked))
    if back := [row for row in found if row.gone_at is not None]:
        conn.execute(_BACK, {"rows": [row.id for row in back], "now": at})
        close_subjects(conn, lease.pipeline, Code.PRODUCT_GONE, [row.external_id for row in back], at)
    return [ListedProduct(row.id, row.external_id, row.sku) for row in found]


def products_of(
    conn: Connection, pipeline: str, connection: str, *, before: datetime, after: str, limit: int
) -> list[ListedProduct]:
    """The next products of a source that nothing was heard of since `before`, by id."""
    asked = {"of_pipeline": pipeline, "on": connection, "after_id": after, "moment": micros(before), "most": limit}
    return [ListedProduct(row.id, row.external_id, row.sku) for row in conn.execute(_NEXT, asked)]


def save_gone(conn: Connection, lease: Lease, rows: Sequence[int], *, now: datetime) -> None:
    """Mark them, and open a problem for each that lies in the sink under a SKU that nothing else bears."""
    at = micros(now)
    renew(conn, lease, at)
    gone = conn.scalars(_GONE, {"rows": rows, "now": at}).all()
    close_subjects(conn, lease.pipeline, Code.PUBLISH_REFUSED, gone, at)
    missed = [gone_from_source(external_id, sku) for external_id, sku in conn.execute(_MISSED, {"rows": rows})]
    open_problems(conn, lease.pipeline, missed, at)
