"""Says that an order is gone from the warehouse while somebody carries its box to the truck."""

from crossdock import FulfillmentTarget, Withdrawal
from crossdock.domain import FulfillmentRequest
from crossdock_liars.bent import Bent, bent_by


class BlindWithdrawal(Bent[FulfillmentTarget]):
    """Asks, and does not listen to the answer."""

    async def withdraw_order(self, request: FulfillmentRequest) -> Withdrawal:
        await self.right.withdraw_order(request)  # type: ignore[attr-defined] # a feature of what it decorates
        return Withdrawal(gone=True)


fulfillment_target = bent_by(BlindWithdrawal)
