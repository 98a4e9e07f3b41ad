"""Parcels that shipping providers tell of, and the files of labels."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and indexes."""
    op.create_table(
        "parcel",
        sa.Column("id", _ID, nullable=False),
        *_texts("connection", "external_id", "pipeline", "reference", "box", "tracking_number", "carrier"),
        *_texts("service_level", "key"),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.Column("shipped_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=True),
        _text("carrier_before"),
        _text("service_before"),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "external_id", name="parcel_external_id"),
    )
    op.create_index("parcel_reference", "parcel", ["reference", "connection"])
    op.create_index("parcel_number", "parcel", ["tracking_number"])
    op.create_index("parcel_shipment", "parcel", ["shipment_id"], **_where("shipment_id IS NOT NULL"))
    op.create_index("parcel_bought", "parcel", ["connection", "seen_at"], **_where("key <> ''"))
    op.create_index("parcel_unused", "parcel", ["seen_at"], **_where("shipment_id IS NULL"))
    op.create_table(
        "label_file",
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        *_texts("format"),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("saved_at", "keep_until")),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("parcel_id", "format"),
    )
    op.create_index("label_file_keep_until", "label_file", ["keep_until"])
    op.create_index("shipment_request", "shipment", ["request_number"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default=sa.text("''"))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
