"""Levels that carts were told, what both sides said, and how they compared; products that are withheld or gone."""

import json
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
    for name in ("withheld", "subject", "known_as"):
        op.add_column("product", _text(name))
    _name_products()
    op.create_index("product_subject", "product", ["pipeline", "subject"])
    op.create_index("product_withheld", "product", ["pipeline"], **_where("withheld <> ''"))
    op.add_column("movement", _text("outcome"))
    op.create_table(
        "product_code",
        *_texts("pipeline", "external_id", "type", "code"),
        sa.PrimaryKeyConstraint("pipeline", "external_id", "type"),
    )
    op.create_index("product_code_code", "product_code", ["pipeline", "type", "code"])
    _take_codes_from_documents()
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
        sa.Column("replaced_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("level_read_subject", "level_read", ["subject"])
    last, replaced = "replaced_at IS NULL", "replaced_at IS NOT NULL"
    op.create_index("level_read_last", "level_read", ["pipeline", "side", "subject"], **_where(last))
    op.create_index("level_read_replaced", "level_read", ["replaced_at"], **_where(replaced))
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
    op.create_index("discrepancy_sku", "discrepancy", ["sku"])


def _name_products() -> None:
    """The SKUs of products that were read before, and that the sinks have what they were told of."""
    conn = op.get_bind()
    read_before = conn.execute(sa.text("SELECT id, sku FROM product")).all()
    if named := [{"its_id": id, "subject": sku.casefold()} for id, sku in read_before]:
        conn.execute(sa.text("UPDATE product SET subject = :subject WHERE id = :its_id"), named)
    conn.execute(sa.text("UPDATE product SET known_as = sku WHERE published_at IS NOT NULL OR doubtful"))


def _take_codes_from_documents() -> None:
    """The codes of products that were read before."""
    conn = op.get_bind()
    written = sa.text("SELECT pipeline, external_id, document FROM record WHERE kind = 'product'")
    keep = sa.text("INSERT INTO product_code (pipeline, external_id, type, code) VALUES (:pipeline, :id, :type, :code)")
    for rows in conn.execute(written.execution_options(yield_per=500)).partitions():
        codes = [
            {"pipeline": pipeline, "id": external_id, "type": type, "code": code}
            for pipeline, external_id, document in rows
            for type, code in (json.loads(document).get("codes", {}) if document else {}).items()
            if code
        ]
        if codes:
            conn.execute(keep, codes)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default=sa.text("''"))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
