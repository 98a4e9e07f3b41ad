"""What the engine needs of the store for products and their stock; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Collection, Mapping, Sequence
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

    `doubtful`: it went in a way that does not tell whether it arrived; it is put again singly. `known_as` is the SKU
    under which the sink may have it, empty where it never heard of it. `namesakes` are the ids of other products of
    the pipeline that bear its SKU, whatever the case of the letters. `withheld`: the problem for which it was not put
    the last time.
    """

    id: int
    version: int
    product: Product
    published: Product | None
    sink_id: str
    attempts: int
    doubtful: bool
    known_as: str = ""
    namesakes: tuple[str, ...] = ()
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A product that is not put, and why."""

    stored: StoredProduct
    problem: Problem


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product of ours that its source lists; `row` is a number of our own."""

    row: int
    external_id: str
    sku: str


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one product: accepted (`error` empty), or refused, or to be tried again at `again_at`.

    `known_as` is the SKU under which the sink may have it by now.
    """

    stored: StoredProduct
    sink_id: str = ""
    error: str = ""
    again_at: datetime | None = None
    doubtful: bool = False
    known_as: str = ""


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

    async def product_codes(
        self, pipeline: str, connection: str, type: str, skus: Collection[str] | None = None
    ) -> Sequence[tuple[str, str]]:
        """SKUs of the products that this catalogue has now, each with its code of one type, such as its UPC.

        With `skus`, those of these and of all that share one of their codes; a SKU may have several.
        """

    async def products_waiting(self, pipeline: str, *, now: datetime) -> int:
        """How many products are due for the sink, without those in doubt."""

    async def claim_products(
        self, lease: Lease, limit: int, *, doubtful: bool, now: datetime
    ) -> Sequence[StoredProduct]:
        """Take some products that are due for the sink: those in doubt, or the others.

        What the sink holds of them is not known from now on, until `save_published`.
        """

    async def reconsider_withheld(self, lease: Lease, *, now: datetime) -> None:
        """Make those products due whose reason to be withheld is gone, and close their problems."""

    async def save_withheld(self, lease: Lease, withheld: Sequence[Withheld], *, now: datetime) -> None:
        """Keep claimed products back, nothing of which was sent, and what of their namesakes is not kept back yet."""

    async def save_published(
        self, lease: Lease, published: Sequence[Published], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        """Write what became of products; one that changed meanwhile stays due. Problems of accepted ones close."""

    async def note_listed(
        self, lease: Lease, connection: str, external_ids: Sequence[str], *, now: datetime
    ) -> Sequence[ListedProduct]:
        """The products of ours among these, which their source lists now; one that was gone is back."""

    async def products_of(
        self, pipeline: str, connection: str, *, before: datetime, after: str, limit: int
    ) -> Sequence[ListedProduct]:
        """Products of a source that were not changed since a moment and are not gone, by id, the next `after` one."""

    async def save_gone(self, lease: Lease, rows: Sequence[int], *, now: datetime) -> None:
        """These products are at their source no more; one that the sink may have, and no other bears, is a problem."""

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
