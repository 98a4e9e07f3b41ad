"""Taking an order back from its warehouse: why, what is asked of the warehouse, and what the store does for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from crossdock.domain import Document, FulfillmentRequest, Order
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Promise


class Purpose(StrEnum):
    """What becomes of an order that the warehouse has forgotten: a person keeps it, or its newest version goes out."""

    KEEP = "keep"
    REPLACE = "replace"


class Amendment(Document):
    """Why an order is taken back; `difference` is what the cart changed, line by line.

    `order_number` is that of the whole order: a promise is named after its first part.
    """

    purpose: Purpose = Purpose.KEEP
    order_number: str = ""
    difference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """A request of an order, and the connection of its warehouse.

    `refused`: the warehouse had refused it, so that it should not be there.
    """

    request: FulfillmentRequest
    connection: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """An order that is to be taken back whole: the promise, and every request of it."""

    promise: Promise
    requests: tuple[AskedRequest, ...]


class Amendments(Protocol):
    """Orders that are taken back from their warehouse."""

    async def released_orders(self, pipeline: str, external_ids: Sequence[str]) -> Mapping[str, Order]:
        """The orders as their warehouse was told of them, by their ids at the cart."""

    async def own_cancellations(self, pipeline: str, external_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Units by line that we have asked the cart to cancel since the warehouse got these orders."""

    async def close_changed_back(self, pipeline: str, external_ids: Sequence[str], *, now: datetime) -> None:
        """These orders are as their warehouse knows them (again): no change of them is a problem any more."""

    async def claim_withdrawals(
        self, lease: Lease, connection: str, limit: int, *, now: datetime
    ) -> Sequence[Withdrawing]:
        """Take some orders that are to be taken back, of which this connection has the first request; never one of
        which a request is still on its way to its warehouse.

        When such a promise is settled as done, the order's requests are retired, and its newest version is read; when
        it is refused, every request is looked up and sent again as it was where it is not there any more.
        """
