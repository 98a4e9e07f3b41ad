"""What operators decide: holds, ship methods, corrections, pauses; who did what, and who was told."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and columns."""
    for column in ("held_at", "held_until", "window_from"):
        op.add_column("orders", sa.Column(column, sa.BigInteger(), nullable=True))
    for column in ("held_by", "approved", "edits", "left_out"):
        op.add_column("orders", _text(column))
    op.create_index("orders_held_until", "orders", ["pipeline", "held_until"], **_where("held_until IS NOT NULL"))
    op.add_column("promise", sa.Column("found_at", sa.BigInteger(), nullable=True))
    for column in ("reason", "collected_by"):
        op.add_column("shipment", _text(column))
    op.create_index("shipment_not_told", "shipment", ["pipeline"], **_where("state = 'not_told'"))
    op.add_column("problem", _text("cause"))
    op.create_index("problem_news", "problem", ["first_seen"], **_where("state = 'open'"))
    for column in ("succeeded_at", "paused_at"):
        op.add_column("flow", sa.Column(column, sa.BigInteger(), nullable=True))
    for column in ("paused_by", "paused_why"):
        op.add_column("flow", _text(column))
    op.create_index("run_of_flow", "run", ["pipeline", "flow", "id"])
    op.create_table(
        "ship_method_rule",
        sa.Column("id", _ID, nullable=False),
        *_texts("pipeline", "direction", "site", "carrier", "service", "site_key", "carrier_key", "service_key"),
        *_texts("to_carrier", "to_service"),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        *_texts("saved_by"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "pipeline", "direction", "site_key", "carrier_key", "service_key", name="ship_method_rule_of"
        ),
    )
    op.create_table(
        "audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_texts("by", "pipeline", "action", "subject"),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        *_texts("before", "after", "note"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_index("audit_order", "audit", ["order_id"])
    op.create_table(
        "alert_receiver",
        *_texts("receiver"),
        sa.Column("told_until", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("try_again_at", sa.BigInteger(), nullable=True),
        sa.Column("fails", sa.Integer(), nullable=False),
        _text("error"),
        sa.PrimaryKeyConstraint("receiver"),
    )
    op.create_table(
        "rules_in_force",
        *_texts("pipeline", "digest"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pipeline"),
    )
    op.create_table(
        "shortage",
        *_texts("connection", "external_id", "pipeline"),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        *_texts("request_number", "state"),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        _text("outcome"),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "external_id"),
    )
    op.create_index("shortage_order", "shortage", ["order_id"])
    op.create_index("shortage_open", "shortage", ["pipeline"], **_where("state = 'open'"))


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default=sa.text("''"))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
