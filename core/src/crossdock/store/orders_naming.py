"""Open orders in which a SKU stands. Use as `await store.read(orders_naming, pipeline, skus, now)`."""

from collections.abc import Collection
from datetime import datetime

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Connection, LargeBinary, exists, func, literal, or_, select, text

from crossdock.engine.claim_ports import ClaimingOrder
from crossdock.engine.ledger import Kind
from crossdock.store.intake import RECORD_OF_ORDER
from crossdock.store.open_orders import claiming_orders
from crossdock.store.tables import OPEN_ORDERS, orders, promise, record

MOST = 200
"""Orders that are read for one person."""


def orders_naming(
    conn: Connection, pipeline: str, skus: Collection[str], now: datetime, limit: int = MOST
) -> list[ClaimingOrder]:
    """Some open orders whose lines, corrections or requests name one of these SKUs, the oldest first.

    Documents are searched as bytes, and only those are read in which a SKU stands as a whole word.
    """
    words = [to_json(sku) for sku in sorted(skus)]
    asked_for = exists().where(
        promise.c.order_id == orders.c.id,
        promise.c.kind == Kind.RELEASE.value,
        or_(*(_holds(conn, promise.c.document, word) for word in words)),
    )
    named = [_holds(conn, record.c.document, word) for word in words]
    corrected = [orders.c.edits.contains(word.decode(), autoescape=True) for word in words]
    query = (
        select(orders.c.id)
        .outerjoin(record, RECORD_OF_ORDER)
        .where(orders.c.pipeline == pipeline, text(f"orders.{OPEN_ORDERS}"))
        .where(or_(*named, *corrected, asked_for))
        .order_by(orders.c.id)
        .limit(limit)
    )
    found = (claiming_orders(conn, pipeline, now, 1, after=id - 1) for id in conn.scalars(query).all())
    return [order for one in found for order in one]


def _holds(conn: Connection, document: ColumnElement[bytes], word: bytes) -> ColumnElement[bool]:
    """Whether a word stands in a document."""
    wanted = literal(word, LargeBinary)
    if conn.dialect.name == "sqlite":
        return func.instr(document, wanted) > 0
    return func.position(wanted.op("IN")(document)) > 0
