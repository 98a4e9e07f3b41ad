"""A store with a long past: a finished run, multiplied in SQL."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.accounts import ROAD
from bench.measure import world

TEMPLATE = 1_000
KEYS = {"record": "external_id", "orders": "external_id", "promise": "key"}
"""The tables that grow with every order, and the column that must stay unique."""
STEP = 10_000_000
"""Distance between the row numbers of one copy and the next."""


@contextmanager
def full_store(orders: int) -> Iterator[Path]:
    """A database with so many orders that were released and acknowledged long ago."""
    with TemporaryDirectory() as folder, world(TEMPLATE, seed=99) as there:
        there.ours(*ROAD)
        path = Path(folder) / "full.db"
        with closing(sqlite3.connect(there.database)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(there.database, path)
        with closing(sqlite3.connect(path)) as database:
            _multiply(database, orders // TEMPLATE)
        yield path


def copy(full: Path, database: Path) -> None:
    """Put the full store where a program will find it."""
    shutil.copyfile(full, database)


def _multiply(database: sqlite3.Connection, times: int) -> None:
    database.execute("PRAGMA synchronous=OFF")
    for table, key in KEYS.items():
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(_value(column, key) for column in columns)
        database.execute(f"CREATE TEMP TABLE template AS SELECT * FROM {table}")
        database.execute(f"DELETE FROM {table}")
        for copy_number in range(times):
            told = {"copy": copy_number, "step": STEP * copy_number}
            database.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM template", told)
        database.execute("DROP TABLE template")
    database.commit()
    database.execute("ANALYZE")
    database.commit()


def _value(column: str, key: str) -> str:
    if column in ("id", "order_id"):
        return f"{column} + :step"
    if column in (key, "number"):
        return f"'old-' || :copy || '-' || {column}"
    return column
