"""What carts were told of stock, what both sides said, and how they compared."""

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from crossdock.store.columns import MOSTLY_EMPTY, Row, id_column, index_where, moment_column, table_of


class ToldLevelRow(Row, table=True):
    """The last level of one product at one centre that a pipeline decided to tell its cart.

    `sku` is the cart's name of it, `stock_unit` the warehouse's. `counted_at` is when the warehouse counted what the
    level was made of; an older count never replaces it. `promise_key` names the stock change that told it.
    """

    __tablename__ = "told_level"

    pipeline: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    center: str = Field(primary_key=True)
    stock_unit: str
    quantity: int = Field(sa_type=BigInteger)
    on_hand: int = Field(sa_type=BigInteger)
    allocated: int = Field(sa_type=BigInteger)
    in_flight: int = Field(sa_type=BigInteger)
    counted_at: int = moment_column()
    told_at: int = moment_column()
    promise_key: str


class LevelReadRow(Row, table=True):
    """One number that was read of a SKU at a place, where it differs from what was read before.

    `side` is warehouse or cart; `place` an area of the warehouse, or a centre of the cart. `subject` is the SKU with
    its letters folded. `replaced_at` is when another number was read (NULL: it is the last one that was read).
    """

    __tablename__ = "level_read"
    __table_args__ = (
        Index("level_read_subject", "subject"),
        index_where("level_read_last", "pipeline", "side", "subject", where="replaced_at IS NULL"),
        index_where("level_read_replaced", "replaced_at", where="replaced_at IS NOT NULL"),
    )

    id: int | None = id_column()
    pipeline: str
    side: str
    subject: str
    sku: str
    place: str
    quantity: int = Field(sa_type=BigInteger)
    read_at: int = moment_column()
    counted_at: int | None = moment_column(nullable=True)
    read_for: str
    replaced_at: int | None = moment_column(nullable=True)


class LevelPlanRow(Row, table=True):
    """The levels of one pipeline that wait for a person's word; with `approved_at`, the next run may send as many."""

    __tablename__ = "level_plan"

    pipeline: str = Field(primary_key=True)
    asked_at: int = moment_column()
    levels: int
    changes: int
    zeros: int
    approved_at: int | None = moment_column(nullable=True)
    approved_by: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


class ReconciliationRow(Row, table=True):
    """One report: both sides of the stock of a pipeline, compared; `error` says why it did not come to an end."""

    __tablename__ = "reconciliation"
    __table_args__ = (Index("reconciliation_of", "pipeline", "id"),)

    id: int | None = id_column()
    pipeline: str
    began_at: int = moment_column()
    ended_at: int | None = moment_column(nullable=True)
    asked_by: str
    compared: int
    on_the_way: int
    differing: int
    error: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


class DiscrepancyRow(Row, table=True):
    """One difference of a report, in pieces: the cart should have `expected` for sale and has `at_cart`.

    `difference` is what the cart would have to be told. `on_hand`, `allocated` and `in_flight` are what `expected` was
    made of, `on_the_way` what is promised to the cart and not settled. `reserved` is what the cart has promised to
    buyers. `because` is the evidence for the cause in words, `repair_key` the stock change that corrected it.
    """

    __tablename__ = "discrepancy"
    __table_args__ = (Index("discrepancy_sku", "sku"),)

    report: int = Field(sa_type=BigInteger, primary_key=True)
    sku: str = Field(primary_key=True)
    center: str = Field(primary_key=True)
    stock_unit: str
    product_id: str
    on_hand: int | None = Field(sa_type=BigInteger, nullable=True)
    allocated: int = Field(sa_type=BigInteger)
    in_flight: int = Field(sa_type=BigInteger)
    expected: int | None = Field(sa_type=BigInteger, nullable=True)
    at_cart: int | None = Field(sa_type=BigInteger, nullable=True)
    reserved: int = Field(sa_type=BigInteger)
    on_the_way: int = Field(sa_type=BigInteger)
    difference: int = Field(sa_type=BigInteger)
    cause: str
    because: str
    repair_key: str = Field(sa_column_kwargs=MOSTLY_EMPTY)


told_level = table_of(ToldLevelRow)
level_read = table_of(LevelReadRow)
level_plan = table_of(LevelPlanRow)
reconciliation = table_of(ReconciliationRow)
discrepancy = table_of(DiscrepancyRow)
