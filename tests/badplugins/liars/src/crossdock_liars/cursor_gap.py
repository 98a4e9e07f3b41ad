"""Begins the next run where the clock stands, and not where the last order was."""

from dataclasses import replace
from datetime import timedelta

from crossdock import Cursor, OrderSource, Page
from crossdock_liars.bent import Bent, bent_by


class CursorGap(Bent[OrderSource]):
    """Trusts that both clocks are the same, and that nothing happens meanwhile."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        page = await self.right.fetch_orders(cursor)
        now = self.ctx.clock.now() + timedelta(seconds=1)
        return replace(page, checkpoint=self.right.cursor_from(now))  # type: ignore[attr-defined]


order_source = bent_by(CursorGap)
