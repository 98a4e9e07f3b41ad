"""Fetches every order of a page once more by itself."""

from dataclasses import replace

from crossdock import Cursor, OrderSource, Page
from crossdock_liars.bent import Bent, bent_by


class OneByOne(Bent[OrderSource]):
    """Asks once for a page and once for each order on it."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        page = await self.right.fetch_orders(cursor)
        fetch = self.right.fetch_order  # type: ignore[attr-defined] # a feature of what it decorates
        return replace(page, records=tuple([await fetch(record.id) for record in page.records]))


order_source = bent_by(OneByOne)
