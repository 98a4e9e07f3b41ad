"""Takes a cart that does not answer for a day without orders."""

from crossdock import Cursor, OrderSource, Page, Unavailable
from crossdock_liars.bent import Bent, bent_by


class QuietDay(Bent[OrderSource]):
    """Swallows the error."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        try:
            return await self.right.fetch_orders(cursor)
        except Unavailable:
            return Page(())


order_source = bent_by(QuietDay)
