"""Adds a difference of stock again when the answer was lost."""

from crossdock import InventorySink, OutcomeUnknown, Receipt
from crossdock.domain import StockChange
from crossdock_liars.bent import Bent, bent_by


class Doubles(Bent[InventorySink]):
    """Takes a lost answer for a change that was not made."""

    async def change_stock(self, change: StockChange) -> Receipt:
        try:
            return await self.right.change_stock(change)
        except OutcomeUnknown:
            return await self.right.change_stock(change)


inventory_sink = bent_by(Doubles)
