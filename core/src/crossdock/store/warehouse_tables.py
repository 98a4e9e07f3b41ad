"""What warehouses tell beside their work on orders, and what they are told of goods that will come."""

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from crossdock.store.columns import MOSTLY_EMPTY, Row, bytes_column, id_column, index_where, moment_column, table_of


class MovementRow(Row, table=True):
    """One movement of a warehouse's stock as one pipeline hears of it; an area is NULL where there is no such end.

    `promise_key` names the stock change that it became a part of; `outcome` says why the cart is told nothing of it,
    where a rule says so.
    """

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", "pipeline", name="movement_external_id"),
        Index("movement_sku", "sku"),
        index_where("movement_waiting", "pipeline", "sku", "id", where="state = 'waiting'"),
        index_where("movement_unmapped", "pipeline", where="state = 'unmapped'"),
    )

    id: int | None = id_column()
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
    moved_at: int = moment_column()
    seen_at: int = moment_column()
    state: str
    promise_key: str
    outcome: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


class ReversalRow(Row, table=True):
    """One fact that a warehouse took work back, as it told it."""

    __tablename__ = "reversal"
    __table_args__ = (Index("reversal_request", "connection", "request_number"),)

    connection: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    request_number: str
    seen_at: int = moment_column()
    document: bytes = bytes_column()


class PurchaseOrderRow(Row, table=True):
    """One purchase order; `tell_at` is when its warehouse is to be told of it (NULL: nothing to do)."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        UniqueConstraint("pipeline", "number", name="purchase_order_number"),
        index_where("purchase_order_to_tell", "pipeline", "tell_at", where="tell_at IS NOT NULL"),
    )

    id: int | None = id_column()
    pipeline: str
    connection: str
    number: str
    version: int
    updated_at: int = moment_column()
    tell_at: int | None = moment_column(nullable=True)
    told_at: int | None = moment_column(nullable=True)
    attempts: int
    ref: str
    error: str
    document: bytes = bytes_column()


class PutawayRow(Row, table=True):
    """One fact of received goods, as a warehouse told it."""

    __tablename__ = "putaway"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", name="putaway_external_id"),
        Index("putaway_purchase_order", "purchase_order"),
    )

    id: int | None = id_column()
    connection: str
    external_id: str
    purchase_order: str
    line_id: str
    sku: str
    quantity: int = Field(sa_type=BigInteger)
    area: str
    location: str
    put_at: int = moment_column()


class ShortageRow(Row, table=True):
    """One fact that a warehouse will not ship pieces; `state` says what became of it, `outcome` in words."""

    __tablename__ = "shortage"
    __table_args__ = (
        Index("shortage_order", "order_id"),
        index_where("shortage_open", "pipeline", where="state = 'open'"),
    )

    connection: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    pipeline: str
    order_id: int | None = Field(sa_type=BigInteger, nullable=True)
    request_number: str
    state: str
    seen_at: int = moment_column()
    outcome: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    document: bytes = bytes_column()


movement = table_of(MovementRow)
reversal = table_of(ReversalRow)
purchase_order = table_of(PurchaseOrderRow)
putaway = table_of(PutawayRow)
shortage = table_of(ShortageRow)
