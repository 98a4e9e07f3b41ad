"""Products, orders to be fetched singly, promises of no order, and what marketplaces answered."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "wanted_order",
        sa.Column("pipeline", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pipeline", "external_id"),
    )
    op.create_table(
        "product",
        sa.Column("id", _ID, nullable=False),
        sa.Column("pipeline", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("publish_at", sa.BigInteger(), nullable=True),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("sink_id", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("published", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pipeline", "external_id", name="product_external_id"),
    )
    op.create_index("product_sku", "product", ["connection", "sku"])
    op.create_index("product_to_publish", "product", ["pipeline", "publish_at"], **_where("publish_at IS NOT NULL"))
    op.add_column("promise", sa.Column("subject", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("promise", sa.Column("follow_at", sa.BigInteger(), nullable=True))
    op.add_column("promise", sa.Column("answer", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("promise", sa.Column("answer_words", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("promise", sa.Column("answered_at", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("changed_at", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("adjustments", sa.String(), nullable=False, server_default=sa.text("''")))
    op.create_index("promise_subject", "promise", ["subject", "due_at"], **_where("subject <> ''"))
    op.create_index("promise_follow", "promise", ["pipeline", "kind", "follow_at"], **_where("follow_at IS NOT NULL"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
