"""Gives what the cart has of each product, the newest product first, and not in the order of the question."""

from collections.abc import Sequence

from crossdock import InventorySink
from crossdock.domain import StockItem, StockReading
from crossdock_liars.bent import Bent, bent_by


class Reorders(Bent[InventorySink]):
    """Sorts its answers."""

    async def read_stock(self, items: Sequence[StockItem]) -> Sequence[StockReading]:
        return sorted(await self.right.read_stock(items), key=lambda reading: reading.item.product_id, reverse=True)


inventory_sink = bent_by(Reorders)
