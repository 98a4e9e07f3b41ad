"""What the engine needs of the store for products and their stock; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crossdock.domain import Product, StockChange
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Promise
from crossdock.engine.problems import Problem
from crossdock.hooks.records import Cursor, Record


@dataclass(frozen=True, slots=True)
class ReadProduct:
    """One product of a page: the record, and its document unless it was unreadable."""

    record: Record
    digest: bytes
    product: Product | None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A product that is to be put to the sink; `published` is what the sink holds of it, None where nobody knows.

    `doubtful`: it went in a way that does not tell whether it arrived; it is put again singly.
    """

    id: int
    version: int
    product: Product
    published: Product | None
    sink_id: str
    attempts: int
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one product: accepted (`error` empty), or refused, or to be tried again at `again_at`."""

    stored: StoredProduct
    sink_id: str = ""
    error: str = ""
    again_at: datetime | None = None
    doubtful: bool = False


class Goods(Protocol):
    """Products and stock changes."""

    async def known_products(self, pipeline: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The digests of the records that are held of these external ids."""

    async def save_products(
        self,
        lease: Lease,
        connection: str,
        products: Sequence[ReadProduct],
        problems: Sequence[Problem],
        checkpoint: Cursor | None,
        *,
        now: datetime,
    ) -> None:
        """Keep one page of products; those whose fingerprint is new are due for the sink, once there is one."""

    async def products_waiting(self, pipeline: str, *, now: datetime) -> int:
        """How many products are due for the sink, without those in doubt."""

    async def claim_products(
        self, lease: Lease, limit: int, *, doubtful: bool, now: datetime
    ) -> Sequence[StoredProduct]:
        """Take some products that are due for the sink: those in doubt, or the others.

        What the sink holds of them is not known from now on, until `save_published`.
        """

    async def save_published(
        self, lease: Lease, published: Sequence[Published], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        """Write what became of products; one that changed meanwhile stays due. Problems of accepted ones close."""

    async def promise_stock(
        self, pipeline: str, connection: str, changes: Sequence[StockChange], *, now: datetime
    ) -> int:
        """Promise these changes, with the cart's product ids where they are stored, and make the flow due.

        A key that was promised before changes nothing; says how many were new.
        """

    async def stock_waiting(self, pipeline: str, *, now: datetime) -> int:
        """How many stock changes are due, without those in doubt."""

    async def claim_stock(self, lease: Lease, connection: str, limit: int, *, now: datetime) -> Sequence[Promise]:
        """Take some stock changes that are due, at most one of each SKU: the oldest that is not settled yet."""

    async def keep_changes(self, lease: Lease, changes: Mapping[int, bytes], *, now: datetime) -> None:
        """Replace the documents of these promises (by id), before they are sent."""
