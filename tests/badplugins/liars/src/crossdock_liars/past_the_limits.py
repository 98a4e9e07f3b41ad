"""Asks the cart past the client that keeps its limits."""

import httpx

from crossdock import Cursor, OrderSource, Page
from crossdock_liars.bent import Bent, bent_by


class PastTheLimits(Bent[OrderSource]):
    """Warms the cart up."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        async with httpx.AsyncClient(trust_env=False, verify=False) as own:
            await own.get(self.ctx.settings.base_url)
        return await self.right.fetch_orders(cursor)


order_source = bent_by(PastTheLimits)
