"""Loses the last order of every full page."""

from dataclasses import replace

from crossdock import Cursor, OrderSource, Page
from crossdock_liars.bent import Bent, bent_by


class Loses(Bent[OrderSource]):
    """Counts the orders of a page from one, and cuts it from nought."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        page = await self.right.fetch_orders(cursor)
        return replace(page, records=page.records[:-1]) if page.more else page


order_source = bent_by(Loses)
