"""The request log on its way to the database: noted at once, written with the next transaction."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from sqlalchemy import Connection, insert

from crossdock.engine.trace import Exchange
from crossdock.store.compression import pack
from crossdock.store.moments import micros
from crossdock.store.tables import exchange
from crossdock.store.upsert import write_rows

MOST_BYTES = 8 * 1024 * 1024
MOST_OF_A_BODY = 64 * 1024

_INSERT = insert(exchange)


class StoreJournal:
    """Keeps exchanges until a transaction takes them along; the oldest give way when memory would grow."""

    def __init__(self) -> None:
        self._waiting: deque[Exchange] = deque()
        self._bytes = 0
        self._lock = Lock()

    def note(self, exchange: Exchange) -> None:
        """Remember one exchange."""
        with self._lock:
            self._waiting.append(exchange)
            self._bytes += _size(exchange)
            while self._bytes > MOST_BYTES:
                self._bytes -= _size(self._waiting.popleft())

    @contextmanager
    def taken(self) -> Iterator[list[Exchange]]:
        """All that waits; it waits again if the transaction fails."""
        with self._lock:
            entries, self._waiting, self._bytes = list(self._waiting), deque(), 0
        try:
            yield entries
        except BaseException:
            for entry in entries[::-1]:
                self._put_back(entry)
            raise

    def _put_back(self, entry: Exchange) -> None:
        with self._lock:
            if self._bytes + _size(entry) <= MOST_BYTES:
                self._waiting.appendleft(entry)
                self._bytes += _size(entry)


def write_exchanges(conn: Connection, entries: list[Exchange]) -> None:
    """Write exchanges, bodies compressed and cut to a sane length."""
    write_rows(conn, _INSERT, [_row(entry) for entry in entries])


def _size(entry: Exchange) -> int:
    return len(entry.request) + len(entry.answer) + 500


def _row(entry: Exchange) -> dict[str, object]:
    return {
        "connection": entry.connection,
        "order_id": entry.order_id,
        "at": micros(entry.at),
        "method": entry.method,
        "url": entry.url,
        "status": entry.status,
        "seconds": entry.seconds,
        "error": entry.error,
        "request": pack(entry.request[:MOST_OF_A_BODY]),
        "answer": pack(entry.answer[:MOST_OF_A_BODY]),
    }
