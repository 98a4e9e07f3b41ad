"""What the engine needs of the store to know who has a claim on stock; the rules of `crossdock.engine.ports` hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.positions import LevelReading, Side

Picked = Counter[tuple[str, str]]
"""Pieces per (request number, line id)."""


@dataclass(frozen=True, slots=True)
class AskedPart:
    """What a warehouse was asked to ship; `there`: it had that already when stock was counted, as far as is known.

    `doubtful`: it may have had it. `refused`: it said no, so that nothing of it is there.
    """

    request: FulfillmentRequest
    connection: str
    there: bool = False
    refused: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class ClaimingOrder:
    """An order that has, or had when stock was counted, a claim on pieces; `connection` is the cart that it comes from.

    `waits`: its buyer still waits for some. `released`: all that warehouses are to ship of it is in `parts`. `picked`
    and `picked_since` are pieces that were picked before stock was counted, and later. `cancelled` are units by order
    line that were cancelled since warehouses were asked, `told` units by centre and order line that the cart was told
    of as shipped. `order` is None where it could not be read.
    """

    id: int
    connection: str
    order: Order | None
    waits: bool = True
    released: bool = False
    parts: tuple[AskedPart, ...] = ()
    picked: Picked = field(default_factory=Counter)
    picked_since: Picked = field(default_factory=Counter)
    cancelled: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[tuple[str, str], int] = field(default_factory=dict)


class StockTakings(Protocol):
    """Orders, by the pieces for which they wait, and the numbers that both sides said."""

    async def claiming_orders(
        self, pipeline: str, counted_at: datetime, limit: int, *, after: int = 0
    ) -> Sequence[ClaimingOrder]:
        """Some orders that claim pieces of stock that was counted at this moment, by their rows, behind `after`.

        Among them those that are done, if pieces of them were picked since.
        """

    async def note_levels(
        self, pipeline: str, side: Side, readings: Sequence[LevelReading], read_for: str, *, now: datetime
    ) -> int:
        """Note the numbers that differ from the last ones that were read there; says how many did."""
