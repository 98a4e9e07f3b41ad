"""Ships by the standard service what wishes a service that it does not know."""

from crossdock import OrderSource, Record
from crossdock.domain import Order
from crossdock_liars.bent import Bent, bent_by

KNOWN = ("", "Standard", "Expedited", "SecondDay", "NextDay", "GROUND")


class GuessedMethod(Bent[OrderSource]):
    """Guesses."""

    def read_order(self, record: Record) -> Order:
        order = self.right.read_order(record)
        return order if order.requested_service in KNOWN else order.model_copy(update={"requested_service": "Standard"})


order_source = bent_by(GuessedMethod)
