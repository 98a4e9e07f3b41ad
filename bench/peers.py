"""Peers on the same ingest, where they install: `make bench` puts them into a folder of their own."""

from pathlib import Path

from bench.measure import Result, World

FOLDER = Path(__file__).parent.parent / ".bench-peers"


def installed(name: str) -> bool:
    """Whether the peer was installed."""
    return (FOLDER / name).is_dir()


def dlt_ingest(there: World) -> Result:
    """dlt into SQLite through SQLAlchemy: one table an order, no child tables, merged on ID."""
    return there.program("bench.dlt_ingest", packages=FOLDER)
