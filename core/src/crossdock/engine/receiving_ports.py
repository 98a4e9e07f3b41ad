"""What the engine needs of the store for goods that will come; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crossdock.domain import PurchaseOrder
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Problem


@dataclass(frozen=True, slots=True)
class StoredPurchase:
    """A purchase order that the warehouse is to be told of."""

    id: int
    version: int
    order: PurchaseOrder
    attempts: int


@dataclass(frozen=True, slots=True)
class ToldPurchase:
    """What became of telling one: accepted (`error` empty), or refused, or to be tried again at `again_at`."""

    stored: StoredPurchase
    ref: str = ""
    error: str = ""
    again_at: datetime | None = None


class Receiving(Protocol):
    """Purchase orders on their way to a warehouse."""

    async def expect_goods(
        self, pipeline: str, connection: str, orders: Sequence[PurchaseOrder], *, now: datetime
    ) -> int:
        """Keep purchase orders and make the flow due that tells the warehouse; says how many are new or changed.

        Lines of an order that was kept before and does not name them now stay as they were.
        """

    async def purchases_due(self, lease: Lease, limit: int, *, now: datetime) -> Sequence[StoredPurchase]:
        """Some purchase orders that are due, longest due first."""

    async def save_told(
        self, lease: Lease, told: Sequence[ToldPurchase], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        """Write what became of purchase orders; one that changed meanwhile stays due. Accepted ones' problems close."""
