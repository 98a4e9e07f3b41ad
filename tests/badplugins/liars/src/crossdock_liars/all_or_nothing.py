"""Refuses a whole page of orders because one of them cannot be read."""

from crossdock import Cursor, OrderSource, Page
from crossdock_liars.bent import Bent, bent_by


class AllOrNothing(Bent[OrderSource]):
    """Translates while it lists."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        page = await self.right.fetch_orders(cursor)
        for record in page.records:
            self.right.read_order(record)
        return page


order_source = bent_by(AllOrNothing)
