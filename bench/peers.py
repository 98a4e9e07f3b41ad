"""Peers on the same ingest, where they are installed: the program of the peer, in its best settings for this job."""

from importlib.util import find_spec

from bench.measure import Result, World


def installed(name: str) -> bool:
    """Whether the peer can be imported here."""
    return find_spec(name) is not None


def dlt_ingest(there: World) -> Result:
    """dlt into SQLite through SQLAlchemy: one table an order, no child tables, merged on ID."""
    return there.program("bench.dlt_ingest")
