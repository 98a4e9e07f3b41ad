"""One runner a database: a second one is refused before it does anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from crossdock.store.database import database_url, make_engine
from crossdock.store.errors import AnotherRunner, StoreUnavailable, explain, where_of

_RUNNER = 0x63726F73_73646F63  # the same number for every crossdock; advisory locks are per database anyway


@contextmanager
def hold_runner_lock(url: str) -> Iterator[None]:
    """Be the only runner on this database, or raise `AnotherRunner`; a runner that dies lets go by itself."""
    address = database_url(url)
    if address.get_backend_name() != "sqlite":
        with _hold_advisory_lock(address):
            yield
    elif address.database in (None, "", ":memory:"):
        yield
    else:
        with _hold_file_lock(address):
            yield


def _refusal(address: URL) -> AnotherRunner:
    return AnotherRunner(
        f"another crossdock already runs on the database {where_of(address)}; "
        "stop it first, or give this one a database of its own"
    )


@contextmanager
def _hold_file_lock(address: URL) -> Iterator[None]:
    file = Path(f"{address.database}.runner.lock")
    lock = FileLock(file)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise _refusal(address) from None
    except OSError as error:
        raise StoreUnavailable(
            f"the lock file '{file}' cannot be written ({error.strerror}); look at its folder"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _hold_advisory_lock(address: URL) -> Iterator[None]:
    engine = make_engine(address)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            if not conn.scalar(select(func.pg_try_advisory_lock(_RUNNER))):
                raise _refusal(address)
            yield
    except DBAPIError as error:
        raise explain(error, address) from error
    finally:
        engine.dispose()
