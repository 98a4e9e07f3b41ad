"""Believes that the cart knows a package when it knows another one of the same order."""

from crossdock import ConnectionContext, OrderSource, Receipt
from crossdock.domain import ShipmentConfirmation
from crossdock_liars.bent import Bent, bent_by


class ToldAlready(Bent[OrderSource]):
    """Looks for the order, and not for the box."""

    def __init__(self, right: OrderSource, ctx: ConnectionContext) -> None:
        super().__init__(right, ctx)
        self._known = set[str]()

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        order = confirmation.order_external_id
        if found := await self.right.find_shipment(confirmation):
            self._known.add(order)
        return found or (Receipt(order) if order in self._known else None)


order_source = bent_by(ToldAlready)
