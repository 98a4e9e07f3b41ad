"""The tables, as definitions only: rows go in and out through SQLAlchemy Core, many at a time.

Moments are whole microseconds since 1970: exact, the same on both databases, and cheap. The moment at which something
is to be looked at (`due_at`, `look_again_at`) is NULL once nothing is left to do, and the indexes that find work hold
only the others, so that history costs nothing. Large columns stand last, because SQLite reads a row from the left.
"""

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from crossdock.store.columns import MOSTLY_EMPTY, Row, bytes_column, id_column, index_where, moment_column, table_of
from crossdock.store.operator_tables import alert_receiver, audit, rules_in_force, ship_method_rule
from crossdock.store.parcel_tables import label_file, parcel
from crossdock.store.stock_tables import discrepancy, level_plan, level_read, reconciliation, told_level
from crossdock.store.warehouse_tables import movement, purchase_order, putaway, reversal, shortage

__all__ = [
    "alert_receiver", "audit", "discrepancy", "exchange", "flow", "label_file", "level_plan", "level_read", "metadata",
    "movement", "orders", "parcel", "paused_connection", "problem", "product", "product_code", "promise",
    "purchase_order", "putaway", "reconciliation", "record", "reversal", "rules_in_force", "run", "ship_method_rule",
    "shipment", "shortage", "told_level", "wanted_order",
]  # fmt: skip


OPEN_ORDERS = "state IN ('waiting', 'held', 'ready', 'releasing', 'released', 'part_shipped')"
"""Orders whose buyers wait for pieces, or may: literally the condition of their index."""


class FlowRow(Row, table=True):
    """One flow of one pipeline: when it is due, who runs it, where its list was left, and who paused it and why."""

    __tablename__ = "flow"
    __table_args__ = (UniqueConstraint("pipeline", "flow", name="flow_name"),)

    id: int | None = id_column()
    pipeline: str
    flow: str
    fence: int = Field(sa_type=BigInteger)
    due_at: int | None = moment_column(nullable=True)
    woken_at: int | None = moment_column(nullable=True)
    began_at: int = moment_column()
    lease_until: int = moment_column()
    lease_length: int = Field(sa_type=BigInteger)
    fails: int
    checkpoint: str | None
    succeeded_at: int | None = moment_column(nullable=True)
    paused_at: int | None = moment_column(nullable=True)
    paused_by: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    paused_why: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


class RecordRow(Row, table=True):
    """One raw record as the remote system gave it, compressed, and for an order its canonical document in JSON.

    They change together and seldom; the order's own row changes often, and stays small for that. The digest outlives
    the data when a purge removes it; with an empty digest, the record is to be read again.
    """

    __tablename__ = "record"
    __table_args__ = (index_where("record_to_reread", "pipeline", "kind", where="length(digest) = 0"),)

    pipeline: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    fetched_at: int = moment_column()
    digest: bytes = bytes_column()
    data: bytes = bytes_column()
    document: bytes = bytes_column()


class OrderRow(Row, table=True):
    """One order; `reason` says why it is held or skipped. Its document is in its record.

    `changed_at` is when the cart changed it last, by its own word. `adjustments` is what the cart showed last of its
    cancellations and refunds, in JSON; `edits` what people have corrected, in JSON. `held_at`, `held_by` and
    `held_until` say since when it is held, by whom, and when it is let go by itself; they stay while it is looked at
    again. `window_from` is when it could first have been released, `approved` the fingerprint with which a person let
    it go. `left_out` says which lines the warehouse is not asked for by the operator's rules. `completed_at` is when
    nothing was left to do, `scrubbed_at` when the buyer's data was removed.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("pipeline", "external_id", name="orders_external_id"),
        Index("orders_number", "number"),
        index_where("orders_ready", "pipeline", "id", where="state = 'ready'"),
        index_where("orders_held", "pipeline", "id", where="state = 'held'"),
        index_where("orders_open", "pipeline", "id", where=OPEN_ORDERS),
        index_where("orders_held_until", "pipeline", "held_until", where="held_until IS NOT NULL"),
        index_where("orders_to_scrub", "completed_at", where="completed_at IS NOT NULL AND scrubbed_at IS NULL"),
    )

    id: int | None = id_column()
    pipeline: str
    connection: str
    external_id: str
    number: str
    site: str
    state: str
    reason: str
    fingerprint: str
    placed_at: int | None = moment_column(nullable=True)
    created_at: int = moment_column()
    updated_at: int = moment_column()
    acknowledged_at: int | None = moment_column(nullable=True)
    completed_at: int | None = moment_column(nullable=True)
    scrubbed_at: int | None = moment_column(nullable=True)
    changed_at: int | None = moment_column(nullable=True)
    adjustments: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    held_at: int | None = moment_column(nullable=True)
    held_by: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    held_until: int | None = moment_column(nullable=True)
    window_from: int | None = moment_column(nullable=True)
    approved: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    edits: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    left_out: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


class PromiseRow(Row, table=True):
    """One promise of the ledger; `due_at` is NULL once it is done or rejected.

    `claimed_by` is the fence of the run that has it in hand; what a dead run had in hand is in doubt. `order_id` is 0
    where it belongs to no order; `subject` then names what it is about, such as a SKU. Once done, `follow_at` is when
    to ask what a marketplace made of it, and `answer` what it said at `answered_at`. `found_at` is when a look-up found
    it there, so that it was not sent (again).
    """

    __tablename__ = "promise"
    __table_args__ = (
        UniqueConstraint("connection", "kind", "key", name="promise_key"),
        index_where("promise_due", "pipeline", "kind", "due_at", where="due_at IS NOT NULL"),
        index_where("promise_subject", "subject", "due_at", where="subject <> ''"),
        index_where("promise_follow", "pipeline", "kind", "follow_at", where="follow_at IS NOT NULL"),
        Index("promise_order", "order_id"),
    )

    id: int | None = id_column()
    pipeline: str
    connection: str
    kind: str
    key: str
    order_id: int = Field(sa_type=BigInteger)
    state: str
    closes: bool
    attempts: int
    due_at: int | None = moment_column(nullable=True)
    claimed_by: int | None = Field(sa_type=BigInteger, nullable=True)
    created_at: int = moment_column()
    sent_at: int | None = moment_column(nullable=True)
    settled_at: int | None = moment_column(nullable=True)
    ref: str
    error: str
    subject: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    follow_at: int | None = moment_column(nullable=True)
    answer: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    answer_words: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    answered_at: int | None = moment_column(nullable=True)
    found_at: int | None = moment_column(nullable=True)
    document: bytes = bytes_column()


class ShipmentRow(Row, table=True):
    """One shipment of a warehouse; `record_id` is the key of its raw record, `order_id` NULL while it is unknown.

    `reason` says why it waits, where it does; `collected_by` is the pipeline that has the record, where it is another
    one than the order's.
    """

    __tablename__ = "shipment"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", name="shipment_external_id"),
        index_where("shipment_open", "pipeline", "look_again_at", where="look_again_at IS NOT NULL"),
        index_where("shipment_held", "pipeline", where="state = 'held'"),
        index_where("shipment_not_told", "pipeline", where="state = 'not_told'"),
        Index("shipment_order", "order_id"),
        Index("shipment_request", "request_number"),
    )

    id: int | None = id_column()
    pipeline: str
    connection: str
    external_id: str
    record_id: str
    request_number: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    state: str
    look_again_at: int | None = moment_column(nullable=True)
    created_at: int = moment_column()
    reason: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    collected_by: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    document: bytes = bytes_column()


class ProblemRow(Row, table=True):
    """One problem; one at a time that is not resolved for a (pipeline, code, subject): an ignored one stays quiet.

    `cause` is the same for all problems of a kind that one correction would settle.
    """

    __tablename__ = "problem"
    __table_args__ = (
        index_where("problem_open", "pipeline", "code", "subject", where="state <> 'resolved'", unique=True),
        index_where("problem_order", "order_id", where="order_id IS NOT NULL"),
        index_where("problem_news", "first_seen", where="state = 'open'"),
    )

    id: int | None = id_column()
    pipeline: str
    code: str
    subject: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    state: str
    count: int
    first_seen: int = moment_column()
    last_seen: int = moment_column()
    closed_at: int | None = moment_column(nullable=True)
    title: str
    detail: str
    action: str
    closed_how: str
    cause: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


class ExchangeRow(Row, table=True):
    """One request and its answer, redacted, bodies compressed; numbered in the order of time."""

    __tablename__ = "exchange"
    __table_args__ = (index_where("exchange_order", "order_id", where="order_id IS NOT NULL"),)

    id: int | None = id_column()
    connection: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    at: int = moment_column()
    method: str
    url: str
    status: int | None
    seconds: float
    error: str
    request: bytes = bytes_column()
    answer: bytes = bytes_column()


class WantedOrderRow(Row, table=True):
    """One order that is to be fetched singly, because a person, the cart or we ourselves asked for it.

    `asked_at` is when it was wanted last.
    """

    __tablename__ = "wanted_order"

    pipeline: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    asked_at: int = moment_column()
    asked_by: str


class ProductRow(Row, table=True):
    """One product of a catalog source; its raw record and document are in `record`.

    `subject` is its SKU with its letters folded. `publish_at` is when it is to be put to the pipeline's sink (NULL:
    nothing to do). `published` is the document that the sink accepted last, `sink_id` the sink's own id for it, and
    `known_as` the SKU under which the sink may have it. `gone_at` is since when the source does not have it any more,
    `withheld` is the kind of problem for which it is not put although it changed.
    """

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("pipeline", "external_id", name="product_external_id"),
        Index("product_sku", "connection", "sku"),
        Index("product_subject", "pipeline", "subject"),
        index_where("product_to_publish", "pipeline", "publish_at", where="publish_at IS NOT NULL"),
        index_where("product_withheld", "pipeline", where="withheld <> ''"),
    )

    id: int | None = id_column()
    pipeline: str
    connection: str
    external_id: str
    sku: str
    title: str
    kind: str
    fingerprint: str
    version: int
    updated_at: int = moment_column()
    publish_at: int | None = moment_column(nullable=True)
    doubtful: bool
    attempts: int
    published_at: int | None = moment_column(nullable=True)
    sink_id: str
    error: str
    gone_at: int | None = moment_column(nullable=True)
    withheld: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    subject: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    known_as: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    published: bytes = bytes_column()


class ProductCodeRow(Row, table=True):
    """One identifier of a product by its name, such as its UPC: what a cart may know it by."""

    __tablename__ = "product_code"
    __table_args__ = (Index("product_code_code", "pipeline", "type", "code"),)

    pipeline: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    type: str = Field(primary_key=True)
    code: str


class PausedConnectionRow(Row, table=True):
    """One connection through which nothing is sent until a person resumes it."""

    __tablename__ = "paused_connection"

    connection: str = Field(primary_key=True)
    reason: str
    paused_at: int = moment_column()


class RunRow(Row, table=True):
    """One run of a flow that did something or failed; `counts` is JSON."""

    __tablename__ = "run"
    __table_args__ = (Index("run_ended_at", "ended_at"), Index("run_of_flow", "pipeline", "flow", "id"))

    id: int | None = id_column()
    pipeline: str
    flow: str
    began_at: int = moment_column()
    ended_at: int = moment_column()
    counts: str
    error: str


metadata = Row.metadata
flow = table_of(FlowRow)
record = table_of(RecordRow)
orders = table_of(OrderRow)
promise = table_of(PromiseRow)
shipment = table_of(ShipmentRow)
problem = table_of(ProblemRow)
exchange = table_of(ExchangeRow)
wanted_order = table_of(WantedOrderRow)
product = table_of(ProductRow)
product_code = table_of(ProductCodeRow)
paused_connection = table_of(PausedConnectionRow)
run = table_of(RunRow)
