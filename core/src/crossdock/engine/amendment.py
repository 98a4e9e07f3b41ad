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
    """Why an order is taken back; `difference` is what the cart changed, line by line."""

    purpose: Purpose = Purpose.KEEP
    difference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """A request that is to be taken back; `refused`: the warehouse had refused it, so that it should not be there."""

    request: FulfillmentRequest
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

    async def claim_withdrawals(
        self, lease: Lease, connection: str, limit: int, *, now: datetime
    ) -> Sequence[Withdrawing]:
        """Take some orders that are to be taken back; never one of which a request is still on its way there.

        When such a promise is settled as done, the order's requests are retired, and its newest version is read; when
        it is refused, every request is looked up and sent again as it was where it is not there any more.
        """
