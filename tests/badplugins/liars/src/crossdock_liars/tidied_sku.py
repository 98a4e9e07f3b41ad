"""Writes SKUs in capitals and without the blanks around them."""

from crossdock import OrderSource, Record
from crossdock.domain import Order
from crossdock_liars.bent import Bent, bent_by


class TidiedSku(Bent[OrderSource]):
    """Tidies up."""

    def read_order(self, record: Record) -> Order:
        order = self.right.read_order(record)
        lines = tuple(line.model_copy(update={"sku": line.sku.strip().upper()}) for line in order.lines)
        return order.model_copy(update={"lines": lines})


order_source = bent_by(TidiedSku)
