"""Everything that the store says of its orders, at once: for those who hold it against the remote systems."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Table, select

from crossdock.store.queries import ProblemView, list_problems
from crossdock.store.tables import orders, promise, shipment

SOUND = "ok"
ALL = 1_000_000_000


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """One order; `external_id` is the cart's, `reason` says why it waits, is held or was skipped."""

    id: int
    pipeline: str
    connection: str
    external_id: str
    number: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class PromiseEntry:
    """One promise; `document` is the JSON of what is sent, `order_id` 0 where it belongs to no order."""

    id: int
    pipeline: str
    connection: str
    kind: str
    key: str
    order_id: int
    state: str
    error: str
    document: bytes


@dataclass(frozen=True, slots=True)
class ShipmentEntry:
    """One shipment as a warehouse told it; `reason` says why the cart is not told."""

    id: int
    pipeline: str
    connection: str
    external_id: str
    request_number: str
    order_id: int | None
    state: str
    reason: str
    document: bytes


@dataclass(frozen=True)
class Books:
    """All of them, the oldest first; problems of every state. `unsound` is what SQLite found wrong with its file."""

    orders: Mapping[int, OrderEntry]
    promises: tuple[PromiseEntry, ...]
    shipments: tuple[ShipmentEntry, ...]
    problems: tuple[ProblemView, ...]
    unsound: str = ""


def whole_books(conn: Connection) -> Books:
    """Everything; meant for a database of thousands of orders, not of millions."""
    return Books(
        orders={row["id"]: OrderEntry(**row) for row in _rows(conn, orders, OrderEntry)},
        promises=tuple(PromiseEntry(**row) for row in _rows(conn, promise, PromiseEntry)),
        shipments=tuple(ShipmentEntry(**row) for row in _rows(conn, shipment, ShipmentEntry)),
        problems=tuple(list_problems(conn, state="all", limit=ALL)),
        unsound=_unsound(conn),
    )


def _rows(conn: Connection, table: Table, entry: type[Any]) -> list[dict[str, Any]]:
    columns = [table.c[field.name] for field in fields(entry)]
    return [dict(row) for row in conn.execute(select(*columns).order_by(*table.primary_key.columns)).mappings()]


def _unsound(conn: Connection) -> str:
    if not _is_sqlite(conn):
        return ""
    said = [str(line) for line in conn.exec_driver_sql("PRAGMA integrity_check").scalars()]
    return "" if said == [SOUND] else "; ".join(said)


def _is_sqlite(conn: Connection) -> bool:
    return conn.dialect.name == "sqlite"
