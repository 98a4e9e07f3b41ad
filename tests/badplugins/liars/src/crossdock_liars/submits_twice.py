"""Submits an order under another number when the answer was lost, to be on the safe side."""

from crossdock import FulfillmentTarget, OutcomeUnknown, Receipt
from crossdock.domain import FulfillmentRequest
from crossdock_liars.bent import Bent, bent_by


class SubmitsTwice(Bent[FulfillmentTarget]):
    """Takes a lost answer for an order that is not there."""

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        try:
            return await self.right.submit_order(request)
        except OutcomeUnknown:
            return await self.right.submit_order(request.model_copy(update={"number": f"{request.number}-2"}))


fulfillment_target = bent_by(SubmitsTwice)
