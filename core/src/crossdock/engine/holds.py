"""Why an order stays where it is although the cart would have it shipped: pure."""

from crossdock.engine.holding import HOLD_WINDOW
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
HELD_BY_PERSON = "held_by_person"
"""The beginning of the reason why an order is held here that a person holds."""
RULE_HOLDS = (
    HOLD_WINDOW,
    Code.HELD_BY_RULE,
    Code.ORDER_REVIEW,
    Code.MISSING_FIELD,
    Code.RULES_DISAGREE,
    Code.UNMAPPED_SHIP_METHOD,
    Code.UNSHIPPABLE_ORDER,
)
"""What holds an order by the operator's rules: changed rules may let it go."""
PARTLY_THERE = f"{Code.CHANGED_AFTER_RELEASE.value}: a warehouse has a part of it as it was before"
"""The reason why an order is held that changed while a part of it was with a warehouse."""
WITHDRAWN = "withdrawn"
"""The beginning of the reason why an order is held that a person had taken back from the warehouse."""


def kept(known: KnownOrder | None, verdict: Verdict) -> Verdict:
    """What a newer version of an order becomes: one that a person or a marketplace keeps from its release stays so.

    Only what ends the order (a cancellation, a filter) ends a person's hold; what it waits for is seen afterwards. An
    order does not end while a warehouse has a part of it.
    """
    if known is None:
        return verdict
    if verdict.state is OrderState.SKIPPED:
        return Verdict(OrderState.HELD, PARTLY_THERE) if known.partly_there else verdict
    stays = known.held_for(HELD_BY_PERSON)
    if verdict.state is OrderState.READY:
        given_back = known.state is OrderState.SKIPPED and known.reason.startswith(GIVEN_BACK)
        stays = stays or given_back or known.held_for(ADJUSTING, WITHDRAWN, *NOT_ADJUSTED)
    return Verdict(known.state, known.reason) if stays else verdict
