"""Finds the number of an order taken, and takes the next one: after a restart the same order is there twice."""

from crossdock import AlreadyThere, FulfillmentTarget, Receipt
from crossdock.domain import FulfillmentRequest
from crossdock_liars.bent import Bent, bent_by


class NextNumber(Bent[FulfillmentTarget]):
    """Takes its own order for that of somebody else."""

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        try:
            return await self.right.submit_order(request)
        except AlreadyThere:
            return await self.right.submit_order(request.model_copy(update={"number": f"{request.number}-2"}))


fulfillment_target = bent_by(NextNumber)
