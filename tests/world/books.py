"""What the store holds, read beside a runner."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Executable, RowMapping, select

from crossdock.domain import Order
from crossdock.store import tables
from crossdock.store.compression import unpack
from crossdock.store.database import database_url, make_engine


class Books:
    """The tables of one database, for assertions."""

    def __init__(self, url: str) -> None:
        self._url = database_url(url)

    def problems(self) -> dict[str, list[RowMapping]]:
        """Every open problem by its code."""
        found: dict[str, list[RowMapping]] = {}
        for row in self._rows(select(tables.problem).where(tables.problem.c.state == "open")):
            found.setdefault(row["code"], []).append(row)
        return found

    def order(self, order_id: int) -> RowMapping:
        """One order by the cart's id."""
        [row] = self._rows(select(tables.orders).where(tables.orders.c.external_id == str(order_id)))
        return row

    def document(self, order_id: int) -> Order:
        """One order as it was read."""
        [row] = self._rows(select(tables.record).where(tables.record.c.external_id == str(order_id)))
        return Order.model_validate_json(row["document"])

    def states(self) -> dict[str, str]:
        """The state of every order by the cart's id."""
        return {row["external_id"]: row["state"] for row in self._rows(select(tables.orders))}

    def raw_records(self) -> dict[str, bytes]:
        """The raw orders by the cart's id."""
        rows = self._rows(select(tables.record).where(tables.record.c.kind == "order"))
        return {row["external_id"]: unpack(row["data"]) for row in rows}

    def unfinished(self) -> list[tuple[str, str, str]]:
        """Kind, key and state of every promise that is not done."""
        rows = self._rows(select(tables.promise).where(tables.promise.c.state != "done"))
        return [(row["kind"], row["key"], row["state"]) for row in rows]

    def promises(self, kind: str) -> list[RowMapping]:
        """Every promise of a kind, the oldest first."""
        table = tables.promise
        return self._rows(select(table).where(table.c.kind == kind).order_by(table.c.id))

    def movements(self) -> list[RowMapping]:
        """Every movement of stock, the oldest first."""
        return self._rows(select(tables.movement).order_by(tables.movement.c.id))

    def parcels(self) -> list[RowMapping]:
        """Every parcel of which a shipping system told, the oldest first."""
        return self._rows(select(tables.parcel).order_by(tables.parcel.c.id))

    def told_levels(self) -> list[RowMapping]:
        """Every level that a cart was told last."""
        return self._rows(select(tables.told_level))

    def everything(self) -> Iterator[bytes]:
        """Every value of every table, what was compressed opened again."""
        for table in tables.metadata.sorted_tables:
            for row in self._rows(select(table)):
                yield from (_plain(value) for value in row.values())

    def _rows(self, query: Executable) -> list[RowMapping]:
        with self._connected() as conn:
            return list(conn.execute(query).mappings())

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = make_engine(self._url)
        try:
            with engine.connect() as conn:
                yield conn
        finally:
            engine.dispose()


def _plain(value: Any) -> bytes:
    return unpack(value) if isinstance(value, bytes) else str(value).encode()
