"""A look at a database from outside: whether it can be used, without making or changing anything."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from crossdock.store.database import database_url, make_engine
from crossdock.store.errors import DatabaseTooNew, StoreUnavailable, explain, where_of
from crossdock.store.migrate import revision_of, revisions

T = TypeVar("T")


def is_there(url: str) -> bool:
    """Whether a database was made at this address; of a server it is taken for granted."""
    address = database_url(url)
    return address.get_backend_name() != "sqlite" or _is_there(address)


def glance(url: str, query: Callable[[Connection], T]) -> T | None:
    """What a query finds; None where there is no database yet, or an older one. Raises why it cannot be used."""
    if not is_there(url):
        return None
    address = database_url(url)
    engine = make_engine(address)
    try:
        with engine.execution_options(crossdock_reads=True).begin() as conn:
            return query(conn) if revision_of(conn) == revisions()[-1] else None
    except DBAPIError as error:
        raise explain(error, address) from error
    finally:
        engine.dispose()


def describe_database(url: str) -> str:
    """One line about the database and its tables; raises the sentence that says why it cannot be used."""
    address = database_url(url)
    if address.get_backend_name() == "sqlite" and not _is_there(address):
        return f"the first run will make {where_of(address)}"
    engine = make_engine(address)
    try:
        return f"{where_of(address)} is there, {_tables(engine, address)}"
    except DBAPIError as error:
        raise explain(error, address) from error
    finally:
        engine.dispose()


def _is_there(address: URL) -> bool:
    """Whether the file exists; raises when it does not and cannot be made."""
    file = Path(address.database or ":memory:")
    if file.name != ":memory:" and not file.exists() and not os.access(file.parent, os.W_OK):
        raise StoreUnavailable(f"{where_of(address)} cannot be made; its folder must exist and be writable")
    return file.exists()


def _tables(engine: Engine, address: URL) -> str:
    with engine.execution_options(crossdock_reads=True).connect() as conn:
        found, known = revision_of(conn), revisions()
    if found is not None and found not in known:
        raise DatabaseTooNew(f"the database {where_of(address)} was made by a newer crossdock; install that version")
    return "and up to date" if found == known[-1] else "and the next run brings its tables up to date"
