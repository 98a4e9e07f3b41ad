"""What a warehouse tells of its stock, and the goods that it is to expect."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "movement",
        sa.Column("id", _ID, nullable=False),
        sa.Column("pipeline", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("from_area", sa.String(), nullable=True),
        sa.Column("from_location", sa.String(), nullable=False),
        sa.Column("to_area", sa.String(), nullable=True),
        sa.Column("to_location", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("moved_by", sa.String(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("promise_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "external_id", "pipeline", name="movement_external_id"),
    )
    op.create_index("movement_sku", "movement", ["sku"])
    op.create_index("movement_waiting", "movement", ["pipeline", "sku", "id"], **_where("state = 'waiting'"))
    op.create_index("movement_unmapped", "movement", ["pipeline"], **_where("state = 'unmapped'"))
    op.create_table(
        "reversal",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("request_number", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "external_id"),
    )
    op.create_index("reversal_request", "reversal", ["connection", "request_number"])
    op.create_table(
        "purchase_order",
        sa.Column("id", _ID, nullable=False),
        sa.Column("pipeline", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("tell_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pipeline", "number", name="purchase_order_number"),
    )
    op.create_index(
        "purchase_order_to_tell", "purchase_order", ["pipeline", "tell_at"], **_where("tell_at IS NOT NULL")
    )
    op.create_table(
        "putaway",
        sa.Column("id", _ID, nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("purchase_order", sa.String(), nullable=False),
        sa.Column("line_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("put_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "external_id", name="putaway_external_id"),
    )
    op.create_index("putaway_purchase_order", "putaway", ["purchase_order"])


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
