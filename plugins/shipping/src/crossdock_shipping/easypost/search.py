"""Looks an order number up in what was sold lately; one reading of the list serves every look-up of a while."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

from crossdock import ConnectionContext, Record, Unreadable
from crossdock_shipping.easypost.listing import moment, records_in, sold_within
from crossdock_shipping.easypost.reading import read_parcel
from crossdock_shipping.easypost.settings import EasyPostSettings


class LatelySold:
    """The labels of the last `search_back` seconds, by order number."""

    def __init__(self, ctx: ConnectionContext[EasyPostSettings]) -> None:
        self._ctx = ctx
        self._reading = asyncio.Lock()
        self._read_at: datetime | None = None
        self._by_number: dict[str, list[Record]] = {}

    async def of(self, number: str) -> list[Record]:
        """The raw labels for an order number; reads the list when the last reading is too old."""
        if not self._ctx.settings.search_back:
            return []
        async with self._reading:
            if self._is_stale():
                began = self._ctx.clock.now()
                self._by_number = await self._read(began)
                self._read_at = began
            return self._by_number.get(number, [])

    def _is_stale(self) -> bool:
        keeps = timedelta(seconds=self._ctx.settings.search_keeps)
        return self._read_at is None or self._ctx.clock.now() - self._read_at >= keeps

    async def _read(self, now: datetime) -> dict[str, list[Record]]:
        found: defaultdict[str, list[Record]] = defaultdict(list)
        window = {"start_datetime": moment(now - timedelta(seconds=self._ctx.settings.search_back))}
        async for row in sold_within(self._ctx, window):
            for record in records_in([row]):
                found[_number_of(record, self._ctx.settings)].append(record)
        return dict(found)


def _number_of(record: Record, settings: EasyPostSettings) -> str:
    """The order number of a raw label; empty where it has none that can be read."""
    try:
        return read_parcel(record, settings).reference
    except Unreadable:
        return ""
