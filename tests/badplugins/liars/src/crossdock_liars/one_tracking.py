"""Tells every box of an order under the tracking number of the first one."""

from crossdock import ConnectionContext, OrderSource, Receipt
from crossdock.domain import ShipmentConfirmation
from crossdock_liars.bent import Bent, bent_by


class OneTracking(Bent[OrderSource]):
    """Has one place for a tracking number."""

    def __init__(self, right: OrderSource, ctx: ConnectionContext) -> None:
        super().__init__(right, ctx)
        self._first = dict[str, str]()

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        number = self._first.setdefault(confirmation.order_external_id, confirmation.tracking_number)
        return await self.right.confirm_shipment(confirmation.model_copy(update={"tracking_number": number}))


order_source = bent_by(OneTracking)
