"""The tables, as definitions only: rows go in and out through SQLAlchemy Core, many at a time.

Moments are whole microseconds since 1970: exact, the same on both databases, and cheap. The moment at which something
is to be looked at (`due_at`, `look_again_at`) is NULL once nothing is left to do, and the indexes that find work hold
only the others, so that history costs nothing. Large columns stand last, because SQLite reads a row from the left.
"""

from typing import Any, ClassVar, cast

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

_ID: Any = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself for this very type only


def _id() -> Any:
    return Field(default=None, primary_key=True, sa_type=_ID)


def _moment(*, nullable: bool = False) -> Any:
    return Field(sa_type=BigInteger, nullable=nullable)


def _bytes() -> Any:
    return Field(sa_type=LargeBinary)


_WITHOUT: Any = {"server_default": text("''")}
"""Text that most rows go without."""


def _index_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """A partial index; on PostgreSQL too, as the migrations make it.

    To say so here with `postgresql_where` would import that dialect, which costs a user of SQLite 0.1 s and 5 MB.
    """
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={"where": where})


class _Row(SQLModel):
    metadata: ClassVar[MetaData] = MetaData()


class FlowRow(_Row, table=True):
    """One flow of one pipeline: when it is due, who runs it, where its list was left."""

    __tablename__ = "flow"
    __table_args__ = (UniqueConstraint("pipeline", "flow", name="flow_name"),)

    id: int | None = _id()
    pipeline: str
    flow: str
    fence: int = Field(sa_type=BigInteger)
    due_at: int | None = _moment(nullable=True)
    woken_at: int | None = _moment(nullable=True)
    began_at: int = _moment()
    lease_until: int = _moment()
    lease_length: int = Field(sa_type=BigInteger)
    fails: int
    checkpoint: str | None


class RecordRow(_Row, table=True):
    """One raw record as the remote system gave it, compressed, and for an order its canonical document in JSON.

    They change together and seldom; the order's own row changes often, and stays small for that. The digest outlives
    the data when a purge removes it; with an empty digest, the record is to be read again.
    """

    __tablename__ = "record"
    __table_args__ = (_index_where("record_to_reread", "pipeline", "kind", where="length(digest) = 0"),)

    pipeline: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    fetched_at: int = _moment()
    digest: bytes = _bytes()
    data: bytes = _bytes()
    document: bytes = _bytes()


class OrderRow(_Row, table=True):
    """One order; `reason` says why it is held or skipped. Its document is in its record.

    `changed_at` is when the cart changed it last, by its own word. `adjustments` is what the cart showed last of its
    cancellations and refunds, in JSON. `completed_at` is when nothing was left to do, `scrubbed_at` when the buyer's
    data was removed.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("pipeline", "external_id", name="orders_external_id"),
        Index("orders_number", "number"),
        _index_where("orders_ready", "pipeline", "id", where="state = 'ready'"),
        _index_where("orders_held", "pipeline", "id", where="state = 'held'"),
        _index_where("orders_to_scrub", "completed_at", where="completed_at IS NOT NULL AND scrubbed_at IS NULL"),
    )

    id: int | None = _id()
    pipeline: str
    connection: str
    external_id: str
    number: str
    site: str
    state: str
    reason: str
    fingerprint: str
    placed_at: int | None = _moment(nullable=True)
    created_at: int = _moment()
    updated_at: int = _moment()
    acknowledged_at: int | None = _moment(nullable=True)
    completed_at: int | None = _moment(nullable=True)
    scrubbed_at: int | None = _moment(nullable=True)
    changed_at: int | None = _moment(nullable=True)
    adjustments: str = Field(sa_column_kwargs=_WITHOUT)


class PromiseRow(_Row, table=True):
    """One promise of the ledger; `due_at` is NULL once it is done or rejected.

    `claimed_by` is the fence of the run that has it in hand; what a dead run had in hand is in doubt. `order_id` is 0
    where it belongs to no order; `subject` then names what it is about, such as a SKU. Once done, `follow_at` is when
    to ask what a marketplace made of it, and `answer` what it said at `answered_at`.
    """

    __tablename__ = "promise"
    __table_args__ = (
        UniqueConstraint("connection", "kind", "key", name="promise_key"),
        _index_where("promise_due", "pipeline", "kind", "due_at", where="due_at IS NOT NULL"),
        _index_where("promise_subject", "subject", "due_at", where="subject <> ''"),
        _index_where("promise_follow", "pipeline", "kind", "follow_at", where="follow_at IS NOT NULL"),
        Index("promise_order", "order_id"),
    )

    id: int | None = _id()
    pipeline: str
    connection: str
    kind: str
    key: str
    order_id: int = Field(sa_type=BigInteger)
    state: str
    closes: bool
    attempts: int
    due_at: int | None = _moment(nullable=True)
    claimed_by: int | None = Field(sa_type=BigInteger, nullable=True)
    created_at: int = _moment()
    sent_at: int | None = _moment(nullable=True)
    settled_at: int | None = _moment(nullable=True)
    ref: str
    error: str
    subject: str = Field(sa_column_kwargs=_WITHOUT)
    follow_at: int | None = _moment(nullable=True)
    answer: str = Field(sa_column_kwargs=_WITHOUT)
    answer_words: str = Field(sa_column_kwargs=_WITHOUT)
    answered_at: int | None = _moment(nullable=True)
    document: bytes = _bytes()


class ShipmentRow(_Row, table=True):
    """One shipment of a warehouse; `record_id` is the key of its raw record, `order_id` NULL while it is unknown."""

    __tablename__ = "shipment"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", name="shipment_external_id"),
        _index_where("shipment_open", "pipeline", "look_again_at", where="look_again_at IS NOT NULL"),
        _index_where("shipment_held", "pipeline", where="state = 'held'"),
        Index("shipment_order", "order_id"),
    )

    id: int | None = _id()
    pipeline: str
    connection: str
    external_id: str
    record_id: str
    request_number: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    state: str
    look_again_at: int | None = _moment(nullable=True)
    created_at: int = _moment()
    document: bytes = _bytes()


class ProblemRow(_Row, table=True):
    """One problem; one at a time that is not resolved for a (pipeline, code, subject): an ignored one stays quiet."""

    __tablename__ = "problem"
    __table_args__ = (
        _index_where("problem_open", "pipeline", "code", "subject", where="state <> 'resolved'", unique=True),
        _index_where("problem_order", "order_id", where="order_id IS NOT NULL"),
    )

    id: int | None = _id()
    pipeline: str
    code: str
    subject: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    state: str
    count: int
    first_seen: int = _moment()
    last_seen: int = _moment()
    closed_at: int | None = _moment(nullable=True)
    title: str
    detail: str
    action: str
    closed_how: str


class ExchangeRow(_Row, table=True):
    """One request and its answer, redacted, bodies compressed; numbered in the order of time."""

    __tablename__ = "exchange"
    __table_args__ = (_index_where("exchange_order", "order_id", where="order_id IS NOT NULL"),)

    id: int | None = _id()
    connection: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    at: int = _moment()
    method: str
    url: str
    status: int | None
    seconds: float
    error: str
    request: bytes = _bytes()
    answer: bytes = _bytes()


class WantedOrderRow(_Row, table=True):
    """One order that is to be fetched singly, because a person, the cart or we ourselves asked for it.

    `asked_at` is when it was wanted last.
    """

    __tablename__ = "wanted_order"

    pipeline: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    asked_at: int = _moment()
    asked_by: str


class ProductRow(_Row, table=True):
    """One product of a catalog source; its raw record and document are in `record`.

    `publish_at` is when it is to be put to the pipeline's sink (NULL: nothing to do). `published` is the document that
    the sink accepted last, `sink_id` the sink's own id for it.
    """

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("pipeline", "external_id", name="product_external_id"),
        Index("product_sku", "connection", "sku"),
        _index_where("product_to_publish", "pipeline", "publish_at", where="publish_at IS NOT NULL"),
    )

    id: int | None = _id()
    pipeline: str
    connection: str
    external_id: str
    sku: str
    title: str
    kind: str
    fingerprint: str
    version: int
    updated_at: int = _moment()
    publish_at: int | None = _moment(nullable=True)
    doubtful: bool
    attempts: int
    published_at: int | None = _moment(nullable=True)
    sink_id: str
    error: str
    published: bytes = _bytes()


class MovementRow(_Row, table=True):
    """One movement of a warehouse's stock as one pipeline hears of it; an area is NULL where there is no such end.

    `promise_key` names the stock change that it became a part of.
    """

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", "pipeline", name="movement_external_id"),
        Index("movement_sku", "sku"),
        _index_where("movement_waiting", "pipeline", "sku", "id", where="state = 'waiting'"),
        _index_where("movement_unmapped", "pipeline", where="state = 'unmapped'"),
    )

    id: int | None = _id()
    pipeline: str
    connection: str
    external_id: str
    sku: str
    kind: str
    quantity: int = Field(sa_type=BigInteger)
    from_area: str | None
    from_location: str
    to_area: str | None
    to_location: str
    reason: str
    order_number: str
    moved_by: str
    moved_at: int = _moment()
    seen_at: int = _moment()
    state: str
    promise_key: str


class ReversalRow(_Row, table=True):
    """One fact that a warehouse took work back, as it told it."""

    __tablename__ = "reversal"
    __table_args__ = (Index("reversal_request", "connection", "request_number"),)

    connection: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    request_number: str
    seen_at: int = _moment()
    document: bytes = _bytes()


class PurchaseOrderRow(_Row, table=True):
    """One purchase order; `tell_at` is when its warehouse is to be told of it (NULL: nothing to do)."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        UniqueConstraint("pipeline", "number", name="purchase_order_number"),
        _index_where("purchase_order_to_tell", "pipeline", "tell_at", where="tell_at IS NOT NULL"),
    )

    id: int | None = _id()
    pipeline: str
    connection: str
    number: str
    version: int
    updated_at: int = _moment()
    tell_at: int | None = _moment(nullable=True)
    told_at: int | None = _moment(nullable=True)
    attempts: int
    ref: str
    error: str
    document: bytes = _bytes()


class PutawayRow(_Row, table=True):
    """One fact of received goods, as a warehouse told it."""

    __tablename__ = "putaway"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", name="putaway_external_id"),
        Index("putaway_purchase_order", "purchase_order"),
    )

    id: int | None = _id()
    connection: str
    external_id: str
    purchase_order: str
    line_id: str
    sku: str
    quantity: int = Field(sa_type=BigInteger)
    area: str
    location: str
    put_at: int = _moment()


class PausedConnectionRow(_Row, table=True):
    """One connection through which nothing is sent until a person resumes it."""

    __tablename__ = "paused_connection"

    connection: str = Field(primary_key=True)
    reason: str
    paused_at: int = _moment()


class RunRow(_Row, table=True):
    """One run of a flow that did something or failed; `counts` is JSON."""

    __tablename__ = "run"
    __table_args__ = (Index("run_ended_at", "ended_at"),)

    id: int | None = _id()
    pipeline: str
    flow: str
    began_at: int = _moment()
    ended_at: int = _moment()
    counts: str
    error: str


def _table(row: type[_Row]) -> Table:
    return cast(Table, row.__table__)  # type: ignore[attr-defined]  # SQLModel adds it without declaring it


metadata = _Row.metadata
flow = _table(FlowRow)
record = _table(RecordRow)
orders = _table(OrderRow)
promise = _table(PromiseRow)
shipment = _table(ShipmentRow)
problem = _table(ProblemRow)
exchange = _table(ExchangeRow)
wanted_order = _table(WantedOrderRow)
product = _table(ProductRow)
movement = _table(MovementRow)
reversal = _table(ReversalRow)
purchase_order = _table(PurchaseOrderRow)
putaway = _table(PutawayRow)
paused_connection = _table(PausedConnectionRow)
run = _table(RunRow)
