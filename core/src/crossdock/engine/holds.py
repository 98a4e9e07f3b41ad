"""Why an order stays where it is although the cart would have it shipped: pure."""

from crossdock.engine.judge import Verdict
from crossdock.engine.ports import KnownOrder, OrderState
from crossdock.engine.problems import Code

ADJUSTING = "adjusting"
"""The beginning of the reason why an order is held of which something is being cancelled or refunded."""
NOT_ADJUSTED = (Code.ADJUST_REFUSED, Code.MARKETPLACE_REFUSED, Code.MARKETPLACE_SILENT)
"""What holds an order of which something was not cancelled or refunded, until a person decides."""
GIVEN_BACK = "given back to the cart"
HELD_THERE = "held at the warehouse by a person"
"""What stands beside an order with which the warehouse does not begin."""
WITHDRAWN = "withdrawn"
"""The beginning of the reason why an order is held that a person had taken back from the warehouse."""


def kept(known: KnownOrder | None, verdict: Verdict) -> Verdict:
    """What a newer version of an order becomes: one that a person or a marketplace keeps from its release stays so."""
    if known is None or verdict.state is not OrderState.READY:
        return verdict
    given_back = known.state is OrderState.SKIPPED and known.reason.startswith(GIVEN_BACK)
    if given_back or known.held_for(ADJUSTING, WITHDRAWN, *NOT_ADJUSTED):
        return Verdict(known.state, known.reason)
    return verdict
