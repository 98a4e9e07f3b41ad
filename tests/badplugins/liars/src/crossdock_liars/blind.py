"""Tells what lies on the shelf and not that waiting orders have claimed it."""

from collections.abc import Sequence

from crossdock import InventorySource, Record
from crossdock.domain import InventoryLevel
from crossdock_liars.bent import Bent, bent_by


class Blind(Bent[InventorySource]):
    """Has never heard of allocations."""

    def read_levels(self, record: Record) -> Sequence[InventoryLevel]:
        return [level.model_copy(update={"allocated": 0}) for level in self.right.read_levels(record)]


inventory_source = bent_by(Blind)
