"""Gives last night's report of stock as the news of this minute."""

from collections.abc import Sequence

from crossdock import InventorySource, Record
from crossdock.domain import InventoryLevel
from crossdock_liars.bent import Bent, bent_by


class Stale(Bent[InventorySource]):
    """Takes the moment of reading for the moment of counting."""

    def read_levels(self, record: Record) -> Sequence[InventoryLevel]:
        now = self.ctx.clock.now()
        return [level.model_copy(update={"counted_at": now}) for level in self.right.read_levels(record)]


inventory_source = bent_by(Stale)
