"""Stock changes on their way to a cart: one of each SKU at a time, in the order in which they were promised."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, exists, select, update

from crossdock.domain import StockChange
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros
from crossdock.store.promises import claim_rows
from crossdock.store.tables import product, promise
from crossdock.store.upsert import insert_into

OF_NO_ORDER = 0

_earlier = promise.alias("earlier")
_DUE = (
    select(promise.c.id, promise.c.order_id, promise.c.subject, promise.c.key)
    .add_columns(promise.c.document, promise.c.attempts, promise.c.state)
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == Kind.STOCK.value)
    .where(promise.c.due_at <= bindparam("now"), promise.c.connection == bindparam("on"))
    .where(promise.c.claimed_by.is_(None))
    .where(
        ~exists().where(
            _earlier.c.subject == promise.c.subject,
            _earlier.c.due_at.is_not(None),
            _earlier.c.subject != "",
            _earlier.c.connection == promise.c.connection,
            _earlier.c.kind == Kind.STOCK.value,
            _earlier.c.id < promise.c.id,
        )
    )
    .order_by(promise.c.due_at, promise.c.id)
    .limit(bindparam("most"))
)
_KEEP = update(promise).where(promise.c.id == bindparam("promise_id")).values(document=bindparam("new_document"))
_PRODUCT_IDS = select(product.c.sku, product.c.external_id).where(
    product.c.connection == bindparam("on"), product.c.sku.in_(bindparam("skus", expanding=True))
)


@cache
def _promise(dialect: str) -> Executable:
    promising = insert_into(dialect, promise).on_conflict_do_nothing(index_elements=["connection", "kind", "key"])
    return promising.returning(promise.c.id)


def promise_stock(
    conn: Connection, pipeline: str, connection: str, changes: Sequence[StockChange], *, now: datetime
) -> int:
    """Promise changes and make them due; says how many were new."""
    ids = _product_ids(conn, connection, {change.item.sku for change in changes})
    rows = [_row(pipeline, connection, _with_id(change, ids), micros(now)) for change in changes]
    written = len(conn.execute(_promise(conn.dialect.name), rows).all()) if rows else 0
    if written:
        schedule(conn, pipeline, "stock", now)
    return written


def claim_stock(conn: Connection, lease: Lease, connection: str, limit: int, *, now: datetime) -> Sequence[Promise]:
    """Take changes that are due, at most one of each SKU."""
    renew(conn, lease, micros(now))
    asked = {"of_pipeline": lease.pipeline, "on": connection, "now": micros(now), "most": limit}
    return claim_rows(conn, lease, Kind.STOCK, conn.execute(_DUE, asked).all(), micros(now))


def keep_changes(conn: Connection, lease: Lease, changes: Mapping[int, bytes], *, now: datetime) -> None:
    """Keep the changed documents of claimed promises."""
    renew(conn, lease, micros(now))
    if changes:
        rows = [{"promise_id": id, "new_document": document} for id, document in changes.items()]
        conn.execute(_KEEP, rows)


def _product_ids(conn: Connection, connection: str, skus: Iterable[str]) -> Mapping[str, str]:
    """The cart's product id of each SKU that the catalogue knows exactly once."""
    found: dict[str, list[str]] = {}
    for sku, product_id in conn.execute(_PRODUCT_IDS, {"on": connection, "skus": list(skus)}):
        found.setdefault(sku, []).append(product_id)
    return {sku: ids[0] for sku, ids in found.items() if len(ids) == 1}


def _with_id(change: StockChange, ids: Mapping[str, str]) -> StockChange:
    item = change.item
    if item.product_id or item.sku not in ids:
        return change
    return change.model_copy(update={"item": item.model_copy(update={"product_id": ids[item.sku]})})


def _row(pipeline: str, connection: str, change: StockChange, at: int) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "connection": connection,
        "kind": Kind.STOCK.value,
        "key": change.key,
        "order_id": OF_NO_ORDER,
        "subject": change.item.sku,
        "state": PromiseState.DUE.value,
        "closes": False,
        "attempts": 0,
        "due_at": at,
        "created_at": at,
        "ref": "",
        "error": "",
        "document": change.model_dump_json().encode(),
    }
