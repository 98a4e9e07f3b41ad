"""Says that the cart was told of a package, and tells it nothing."""

from crossdock import OrderSource, Receipt
from crossdock.domain import ShipmentConfirmation
from crossdock_liars.bent import Bent, bent_by


class Lies(Bent[OrderSource]):
    """Gives a receipt for nothing."""

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        return Receipt(confirmation.key)


order_source = bent_by(Lies)
