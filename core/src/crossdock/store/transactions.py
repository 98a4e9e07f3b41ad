"""Work on the database, each piece in one transaction on the store's thread."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from crossdock.store.database import Database
from crossdock.store.journal import StoreJournal, write_exchanges

P = ParamSpec("P")
T = TypeVar("T")


class Transactions:
    """What every part of the store is made of; `journal` takes the request log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.journal = StoreJournal()

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query of `crossdock.store.queries` in a transaction that only reads."""
        return await self._database.read(query, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work in one transaction, and take the noted exchanges along."""
        with self.journal.taken() as entries:

            def both(conn: Connection) -> T:
                result = work(conn, *args, **kwargs)
                write_exchanges(conn, entries)
                return result

            return await self._database.write(both)

    async def flush(self) -> None:
        """Write the exchanges that wait for a transaction."""
        await self.write(lambda conn: None)
