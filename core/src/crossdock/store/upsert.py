"""Inserts that meet a row which is there already: the same words on SQLite and PostgreSQL, another class on each."""

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite


def insert_into(dialect: str, table: Table) -> sqlite.Insert:
    """An insert that knows `on_conflict_do_…` of this dialect."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a fifth of the store's import; SQLite does not pay for it

    return postgresql.insert(table)  # type: ignore[return-value]  # the same methods, without a common ancestor
