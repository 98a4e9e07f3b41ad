"""Takes the cart's moments for those of the office in Los Angeles."""

from datetime import timedelta

from crossdock import OrderSource, Record
from crossdock.domain import Order
from crossdock_liars.bent import Bent, bent_by

PACIFIC = timedelta(hours=8)


class TimeZone(Bent[OrderSource]):
    """Turns UTC into UTC once more."""

    def read_order(self, record: Record) -> Order:
        order = self.right.read_order(record)
        return order.model_copy(update={"placed_at": order.placed_at + PACIFIC})


order_source = bent_by(TimeZone)
