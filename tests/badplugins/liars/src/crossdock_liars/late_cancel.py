"""Says that an order was cancelled which the marketplace refused to cancel."""

from crossdock import OrderSource, Receipt, Rejected
from crossdock.domain import OrderAdjustment
from crossdock_liars.bent import Bent, bent_by


class LateCancel(Bent[OrderSource]):
    """Takes a refusal for an answer like any other."""

    async def adjust_order(self, adjustment: OrderAdjustment) -> Receipt:
        try:
            return await self.right.adjust_order(adjustment)  # type: ignore[attr-defined, no-any-return]
        except Rejected:
            return Receipt(adjustment.key)


order_source = bent_by(LateCancel)
