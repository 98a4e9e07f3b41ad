"""The connection to the database: one thread, one transaction at a time, set up for safety first.

The event loop never waits for a disk: every transaction runs on a thread of its own. Writers on SQLite take the write
lock when they begin (`BEGIN IMMEDIATE`), because a reader that becomes a
writer halfway fails at once instead of waiting.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from crossdock.hooks.errors import NeedsConfig
from crossdock.store.errors import explain, where_of
from crossdock.store.migrate import bring_up_to_date

P = ParamSpec("P")
T = TypeVar("T")

BUSY_SECONDS = 30.0
_CACHE_KIB = 4096  # more makes the process grow with the database and nothing faster
_PRAGMAS = (
    "PRAGMA page_size = 8192",  # two records of an order seldom fit 4096: a quarter less space, and less to write
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # with NORMAL, a power cut could lose an order already acknowledged to the cart
    f"PRAGMA cache_size = -{_CACHE_KIB}",
)
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def database_url(url: str) -> URL:
    """The address of a database, with the driver that crossdock uses; raises `NeedsConfig` for any other kind."""
    try:
        parsed = make_url(url)
        return parsed.set(drivername=_DRIVERS[parsed.drivername.partition("+")[0]])
    except (ArgumentError, KeyError):
        raise NeedsConfig(
            "the database must be an address such as sqlite:///crossdock.db or postgresql://user@host/name"
        ) from None


class Database:
    """One database and the thread that works on it."""

    def __init__(self, url: URL, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = url
        self._engine = make_engine(url, busy_seconds=busy_seconds)
        self._reader = self._engine.execution_options(crossdock_reads=True)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="crossdock-store")

    async def open(self) -> None:
        """Connect, and bring the tables up to date."""
        await self._on_thread(self._open)

    async def close(self) -> None:
        """Give everything back."""
        await self._on_thread(self._engine.dispose)
        self._thread.shutdown(wait=False)

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query in a transaction that only reads."""
        return await self._on_thread(self._run, self._reader, lambda conn: query(conn, *args, **kwargs))

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work in one transaction: all of it is stored, or nothing."""
        return await self._on_thread(self._run, self._engine, lambda conn: work(conn, *args, **kwargs))

    async def _on_thread(self, work: Callable[..., T], *args: Any) -> T:
        # A cancelled caller must not leave a transaction nobody knows the end of: it finishes, then the caller ends.
        done = asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
        done.add_done_callback(_looked_at)  # else asyncio prints the error that a cancelled caller left behind
        return await asyncio.shield(done)

    def _run(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with self._explained(), engine.begin() as conn:
            return work(conn)

    def _open(self) -> None:
        with self._explained():
            bring_up_to_date(self._engine, where=where_of(self.url))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise explain(error, self.url) from error


def _looked_at(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()


def make_engine(url: URL, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An SQLAlchemy engine with crossdock's settings for this kind of database."""
    sqlite = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"connect_args": {"timeout": busy_seconds}} if sqlite else {}
    try:
        engine = create_engine(url, hide_parameters=True, **options)
    except (ImportError, NoSuchModuleError):
        raise NeedsConfig(
            "PostgreSQL needs a driver that is not installed; install it with: pip install 'crossdock[postgres]'"
        ) from None
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _set_up_postgres)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver's own guesses about transactions off: `_begin_sqlite` says it
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("crossdock_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _set_up_postgres(connection: Any, _: object) -> None:
    from psycopg.types.string import StrDumper

    class TextDumper(StrDumper):
        """PostgreSQL keeps no NUL in a text; one such name must not stop a page of orders."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in obj else obj)

    connection.adapters.register_dumper(str, TextDumper)
