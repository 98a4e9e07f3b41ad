"""Where things are kept: the only place that knows SQL. SQLite or PostgreSQL, the same tables and promises on both."""

from crossdock.store.errors import AnotherRunner, DatabaseTooNew, NotFound, NothingToRetry, StoreUnavailable
from crossdock.store.lock import hold_runner_lock
from crossdock.store.store import CrossdockStore, open_store

__all__ = [
    "AnotherRunner",
    "CrossdockStore",
    "DatabaseTooNew",
    "NotFound",
    "NothingToRetry",
    "StoreUnavailable",
    "hold_runner_lock",
    "open_store",
]
