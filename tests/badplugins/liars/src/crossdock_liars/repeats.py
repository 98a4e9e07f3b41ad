"""Tells the cart of a package once more when the answer was lost."""

from crossdock import OrderSource, OutcomeUnknown, Receipt
from crossdock.domain import ShipmentConfirmation
from crossdock_liars.bent import Bent, bent_by


class Repeats(Bent[OrderSource]):
    """Takes a lost answer for a package that was not told."""

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        try:
            return await self.right.confirm_shipment(confirmation)
        except OutcomeUnknown:
            return await self.right.confirm_shipment(confirmation)


order_source = bent_by(Repeats)
