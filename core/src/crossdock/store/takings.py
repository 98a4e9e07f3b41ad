"""The store of stock takings as the engine sees it: each call is one transaction."""

from collections.abc import Sequence
from datetime import datetime

from crossdock.engine.claim_ports import ClaimingOrder
from crossdock.engine.positions import LevelReading, Side
from crossdock.store import level_reads, open_orders
from crossdock.store.transactions import Transactions


class StoreOfTakings(Transactions):
    """Implements `crossdock.engine.claim_ports.StockTakings`."""

    async def claiming_orders(
        self, pipeline: str, counted_at: datetime, limit: int, *, after: int = 0
    ) -> Sequence[ClaimingOrder]:
        return await self.read(open_orders.claiming_orders, pipeline, counted_at, limit, after)

    async def note_levels(
        self, pipeline: str, side: Side, readings: Sequence[LevelReading], read_for: str, *, now: datetime
    ) -> int:
        return await self.write(level_reads.note_levels, pipeline, side, readings, read_for, now=now)
