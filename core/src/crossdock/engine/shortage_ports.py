"""What the engine needs from the place where it is kept which pieces a warehouse will not ship."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from crossdock.domain import FulfillmentRequest, OrderAdjustment, Shipment, Shortage
from crossdock.engine.adjustment_plan import AskedBefore
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Problem

if TYPE_CHECKING:
    from crossdock.engine.ports import StoredOrder


class ShortageState(StrEnum):
    """What became of a shortage; all but the open ones are decided."""

    OPEN = "open"
    ASKED = "asked"
    ARRIVED = "arrived"
    SETTLED = "settled"
    TAKEN_BACK = "taken_back"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StoredShortage:
    """A shortage as the store holds it; `outcome` says in words what became of it."""

    connection: str
    state: ShortageState
    shortage: Shortage
    outcome: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.connection, self.shortage.external_id


@dataclass(frozen=True, slots=True)
class ShortCase:
    """All that is needed to decide about the shortages of one order: what was asked for, what was picked of it, what
    will not be picked, the oldest first, and what the cart was asked to cancel.

    `asked_before` is all that the cart was ever asked, `asked_since` what came after the warehouse had the order.
    """

    order: "StoredOrder"
    requests: tuple[FulfillmentRequest, ...]
    picked: tuple[Shipment, ...]
    shortages: tuple[StoredShortage, ...]
    asked_before: tuple[AskedBefore, ...] = ()
    asked_since: tuple[AskedBefore, ...] = ()


@dataclass(frozen=True, slots=True)
class ShortPlan:
    """What follows from the shortages of one order: what the cart is asked, what becomes of each, and the problem.

    Without a problem, one that is open is closed. It rests on as many adjustments as were `seen`.
    """

    order_id: int
    number: str
    seen: int
    adjustments: tuple[OrderAdjustment, ...] = ()
    states: Mapping[tuple[str, str], tuple[ShortageState, str]] = field(default_factory=dict)
    problem: Problem | None = None


class Shortages(Protocol):
    """Pieces that warehouses will not ship."""

    async def short_cases(self, pipeline: str, after: int, limit: int) -> Sequence[ShortCase]:
        """Orders with shortages that are open, by their rows, from behind `after` on."""

    async def save_short_plans(
        self, lease: Lease, connection: str, plans: Sequence[ShortPlan], *, now: datetime
    ) -> None:
        """Promise the adjustments to the cart behind this connection, and write what became of the shortages.

        A plan of an order of which the cart was asked more meanwhile is left for the next run.
        """
