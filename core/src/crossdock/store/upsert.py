"""Many rows at once: inserts that meet a row which is there already, and the short way to the driver.

The words are the same on SQLite and PostgreSQL, the class of an insert is another one on each.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, object]


def insert_into(dialect: str, table: Table) -> sqlite.Insert:
    """An insert that knows `on_conflict_do_…` of this dialect."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a fifth of the store's import; SQLite does not pay for it

    return postgresql.insert(table)  # type: ignore[return-value]  # the same methods, without a common ancestor


def write_rows(conn: Connection, statement: Executable, rows: Sequence[Row]) -> None:
    """Run a statement for many rows of the same keys, handed to the driver as they are.

    SQLAlchemy's own way looks at each value of each row again, which costs as much as SQLite's work on the row.
    """
    if rows:
        text, as_parameters = _prepared(statement, conn.dialect, tuple(rows[0]))
        conn.exec_driver_sql(text, [as_parameters(row) for row in rows])


@cache
def _prepared(statement: Executable, dialect: Dialect, keys: tuple[str, ...]) -> tuple[str, Callable[[Row], Any]]:
    """The statement in the driver's words, and what makes its parameters from a row."""
    compiled = statement.compile(dialect=dialect, column_keys=keys)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)
    fixed = {name: value for name, value in compiled.params.items() if name not in keys}
    if not compiled.positional:
        return compiled.string, lambda row: {**fixed, **row}
    in_order = itemgetter(*(compiled.positiontup or ()))
    return compiled.string, (lambda row: in_order({**fixed, **row})) if fixed else in_order
