"""Passes over an order that it has shown before, whatever was changed in it since."""

from dataclasses import replace

from crossdock import ConnectionContext, Cursor, OrderSource, Page
from crossdock_liars.bent import Bent, bent_by


class EditsUnseen(Bent[OrderSource]):
    """Believes that an order never changes."""

    def __init__(self, right: OrderSource, ctx: ConnectionContext) -> None:
        super().__init__(right, ctx)
        self._shown = set[str]()

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        if cursor is None:
            self._shown.clear()
        page = await self.right.fetch_orders(cursor)
        new = tuple(record for record in page.records if record.id not in self._shown)
        self._shown.update(record.id for record in new)
        return replace(page, records=new)


order_source = bent_by(EditsUnseen)
