"""Tells the cart that all of an order was shipped when its first box leaves."""

from crossdock import OrderSource, Receipt
from crossdock.domain import ConfirmedLine, ShipmentConfirmation
from crossdock_liars.bent import Bent, bent_by


class WholeOrder(Bent[OrderSource]):
    """Knows of orders only, and of no boxes."""

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        record = await self.right.fetch_order(confirmation.order_external_id)  # type: ignore[attr-defined]
        lines = tuple(
            ConfirmedLine(order_line_id=line.external_id, sku=line.sku, quantity=line.quantity)
            for line in self.right.read_order(record).lines
        )
        return await self.right.confirm_shipment(confirmation.model_copy(update={"lines": lines}))


order_source = bent_by(WholeOrder)
