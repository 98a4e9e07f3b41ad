"""What people ask of stock changes, movements and products. Use as `await store.read(list_stock, state=…)`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, literal_column, or_, select

from crossdock.domain import Product, StockChange
from crossdock.engine.ledger import Kind
from crossdock.engine.movement_ports import MovementState
from crossdock.engine.product_changes import changed_fields
from crossdock.store.audit import Deed, note_deed
from crossdock.store.compression import unpack
from crossdock.store.moments import micros
from crossdock.store.products import RECORD_OF_PRODUCT
from crossdock.store.queries import columns_of, with_moments
from crossdock.store.stock import AT_ONCE, promise_stock, spellings, subject_of
from crossdock.store.tables import movement, product, promise, record
from crossdock.store.withheld import IS_WITHHELD

STOCK_CHANGES = select(
    *(promise.c[name] for name in ("id", "pipeline", "connection", "state", "attempts", "created_at", "due_at")),
    *(promise.c[name] for name in ("sent_at", "settled_at", "error", "document")),
).where(promise.c.kind == Kind.STOCK.value)
_PROMISED = select(promise.c.document).where(
    promise.c.connection == bindparam("on"),
    promise.c.kind == Kind.STOCK.value,
    promise.c.key.in_(bindparam("keys", expanding=True)),
)


_IS_GONE = product.c.gone_at.is_not(None)
_IS_KEPT_BACK = and_(IS_WITHHELD, ~_IS_GONE)


@dataclass(frozen=True, slots=True)
class StockView:
    """One stock change and what became of it; `error` says why it is not done."""

    id: int
    pipeline: str
    connection: str
    change: StockChange
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    settled_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class MovementView:
    """One movement as one pipeline heard of it; an area is None where there is no such end.

    `outcome` says why the cart is told nothing of it, where a rule says so.
    """

    pipeline: str
    connection: str
    external_id: str
    sku: str
    kind: str
    quantity: int
    from_area: str | None
    from_location: str
    to_area: str | None
    to_location: str
    reason: str
    order_number: str
    moved_by: str
    moved_at: datetime
    seen_at: datetime
    state: str
    promise_key: str
    outcome: str


@dataclass(frozen=True, slots=True)
class ProductSummary:
    """One product in a list; `publish_at` is when it is put to the sink, if there is one.

    `withheld` is the kind of problem for which it is not put although it changed, `known_as` the SKU under which the
    sink may have it, `gone_at` since when its source does not have it any more.
    """

    pipeline: str
    connection: str
    external_id: str
    sku: str
    title: str
    kind: str
    updated_at: datetime
    publish_at: datetime | None
    published_at: datetime | None
    sink_id: str
    error: str
    withheld: str
    known_as: str
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProductStory:
    """All that is known of one product; `document` is None while it cannot be read, `published` while nobody knows."""

    product: ProductSummary
    raw: bytes
    document: Product | None
    published: Product | None

    @property
    def untold(self) -> Sequence[str]:
        """The fields that differ from what the sink holds."""
        return changed_fields(self.published, self.document) if self.published and self.document else ()


def list_stock(
    conn: Connection,
    *,
    sku: str = "",
    state: str | None = None,
    limit: int = 50,
    pipelines: Collection[str] | None = None,
) -> list[StockView]:
    """Stock changes, the newest first."""
    query = STOCK_CHANGES.order_by(promise.c.id.desc()).limit(limit)
    if pipelines is not None:
        query = query.where(promise.c.pipeline.in_(pipelines))
    if state:
        query = query.where(promise.c.state == state)
    if sku:
        query = query.where(promise.c.subject == subject_of(sku), literal_column("promise.subject <> ''"))
    return [stock_view(row) for row in conn.execute(query).mappings()]


def promise_by_hand(
    conn: Connection, pipeline: str, connection: str, changes: Sequence[StockChange], deed: Deed, *, now: datetime
) -> int:
    """Promise changes that a person wants, and note who; says how many were new."""
    new = promise_stock(conn, pipeline, connection, changes, now=now)
    if new:
        note_deed(conn, deed, micros(now))
    return new


def list_movements(
    conn: Connection,
    *,
    sku: str = "",
    state: str | None = None,
    limit: int = 50,
    pipelines: Collection[str] | None = None,
) -> list[MovementView]:
    """Movements, the newest first."""
    query = select(*columns_of(movement, MovementView)).order_by(movement.c.id.desc()).limit(limit)
    if pipelines is not None:
        query = query.where(movement.c.pipeline.in_(pipelines))
    if state:
        query = query.where(movement.c.state == literal_column(f"'{MovementState(state).value}'"))
    if sku:
        query = query.where(movement.c.sku.in_(sorted(spellings([sku]))))
    return [MovementView(**with_moments(row)) for row in conn.execute(query).mappings()]


def promised_stock(conn: Connection, connection: str, keys: Sequence[str]) -> dict[str, StockChange]:
    """The changes that were promised to a connection under these keys."""
    found: dict[str, StockChange] = {}
    for start in range(0, len(keys), AT_ONCE):
        for row in conn.execute(_PROMISED, {"on": connection, "keys": keys[start : start + AT_ONCE]}):
            change = StockChange.model_validate_json(row.document)
            found[change.key] = change
    return found


def list_products(
    conn: Connection,
    *,
    text: str = "",
    withheld: bool = False,
    gone: bool = False,
    limit: int = 50,
    pipelines: Collection[str] | None = None,
) -> list[ProductSummary]:
    """Products by SKU; `text` is the beginning of a SKU or id, or a part of a title.

    `withheld` and `gone`: those alone that are withheld, or gone from their source; with both, of either kind. What is
    gone is not withheld any more.
    """
    query = select(*columns_of(product, ProductSummary)).order_by(product.c.sku, product.c.id).limit(limit)
    if pipelines is not None:
        query = query.where(product.c.pipeline.in_(pipelines))
    if wanted := [condition for condition, chosen in ((_IS_KEPT_BACK, withheld), (_IS_GONE, gone)) if chosen]:
        query = query.where(or_(*wanted))
    if text:
        begins = (column.startswith(text, autoescape=True) for column in (product.c.sku, product.c.external_id))
        query = query.where(or_(*begins, func.lower(product.c.title).contains(text.lower(), autoescape=True)))
    return [ProductSummary(**with_moments(row)) for row in conn.execute(query).mappings()]


def product_stories(
    conn: Connection, reference: str, *, pipelines: Collection[str] | None = None
) -> list[ProductStory]:
    """The products that a person may mean by this SKU or id; two catalogues may use the same."""
    columns = columns_of(product, ProductSummary)
    query = select(*columns, product.c.published, record.c.data, record.c.document).join(record, RECORD_OF_PRODUCT)
    found = query.where(or_(product.c.subject == subject_of(reference), product.c.external_id == reference))
    if pipelines is not None:
        found = found.where(product.c.pipeline.in_(pipelines))
    return [_story(row) for row in conn.execute(found.order_by(product.c.id)).mappings()]


def stock_view(row: RowMapping) -> StockView:
    """A row of `STOCK_CHANGES`."""
    fields = with_moments(row)
    return StockView(change=StockChange.model_validate_json(fields.pop("document")), **fields)


def _story(row: RowMapping) -> ProductStory:
    fields: dict[str, Any] = with_moments(row)
    published, data, document = (fields.pop(name) for name in ("published", "data", "document"))
    return ProductStory(
        product=ProductSummary(**fields),
        raw=unpack(data),
        document=Product.model_validate_json(document) if document else None,
        published=Product.model_validate_json(unpack(published)) if published else None,
    )
