"""Levels that carts were told, what both sides said, and how they compared; products that are withheld or gone."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, columns and indexes."""
    open_orders = "state IN ('waiting', 'held', 'ready', 'releasing', 'released', 'part_shipped')"
    op.create_index("orders_open", "orders", ["pipeline", "id"], **_where(open_orders))
    op.add_column("product", sa.Column("gone_at", sa.BigInteger(), nullable=True))
    op.add_column("product", _text("withheld"))
    op.create_table(
        "told_level",
        *_texts("pipeline", "sku", "center", "stock_unit"),
        *_numbers("quantity", "on_hand", "allocated", "in_flight", "counted_at", "told_at"),
        *_texts("promise_key"),
        sa.PrimaryKeyConstraint("pipeline", "sku", "center"),
    )
    op.create_table(
        "level_read",
        sa.Column("id", _ID, nullable=False),
        *_texts("pipeline", "side", "subject", "sku", "place"),
        *_numbers("quantity", "read_at"),
        sa.Column("counted_at", sa.BigInteger(), nullable=True),
        *_texts("read_for"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("level_read_subject", "level_read", ["subject"])
    op.create_index("level_read_at", "level_read", ["read_at"])
    op.create_table(
        "level_plan",
        *_texts("pipeline"),
        *_numbers("asked_at"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("levels", "changes", "zeros")),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        _text("approved_by"),
        sa.PrimaryKeyConstraint("pipeline"),
    )
    op.create_table(
        "reconciliation",
        sa.Column("id", _ID, nullable=False),
        *_texts("pipeline"),
        *_numbers("began_at"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *_texts("asked_by"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("compared", "on_the_way", "differing")),
        _text("error"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reconciliation_of", "reconciliation", ["pipeline", "id"])
    op.create_table(
        "discrepancy",
        *_numbers("report"),
        *_texts("sku", "center", "stock_unit", "product_id"),
        sa.Column("on_hand", sa.BigInteger(), nullable=True),
        *_numbers("allocated", "in_flight"),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("expected", "at_cart")),
        *_numbers("reserved", "on_the_way", "difference"),
        *_texts("cause", "because"),
        _text("repair_key"),
        sa.PrimaryKeyConstraint("report", "sku", "center"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default=sa.text("''"))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
