"""Connections through which nothing is sent until a person resumes them."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, delete, select

from crossdock.engine.problems import Code
from crossdock.store.problems import close_everywhere
from crossdock.store.tables import paused_connection
from crossdock.store.upsert import insert_into

_PAUSED = select(paused_connection.c.connection, paused_connection.c.reason)
_RESUME = delete(paused_connection).where(paused_connection.c.connection == bindparam("name"))


@cache
def _pause(dialect: str) -> Executable:
    pausing = insert_into(dialect, paused_connection)
    return pausing.on_conflict_do_update(index_elements=["connection"], set_={"reason": pausing.excluded.reason})


def pause_connection(conn: Connection, connection: str, reason: str, now: int) -> None:
    """Send nothing through it; the reason is the newest one, the moment the first."""
    conn.execute(_pause(conn.dialect.name), {"connection": connection, "reason": reason, "paused_at": now})


def resume_connection(conn: Connection, connection: str, now: int) -> None:
    """Use it again; its problem closes."""
    conn.execute(_RESUME, {"name": connection})
    close_everywhere(conn, Code.CONNECTION_PAUSED, connection, now)


def paused_connections(conn: Connection) -> Mapping[str, str]:
    """The paused connections and why."""
    return dict(conn.execute(_PAUSED).all())
