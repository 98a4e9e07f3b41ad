"""What follows when the cart changes an order that the warehouse has: a pure decision."""

from dataclasses import dataclass

from crossdock.domain import Order, OrderStatus
from crossdock.engine.amendment import Amendment, Purpose
from crossdock.engine.difference import difference
from crossdock.engine.judge import Verdict
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules

WITH_WAREHOUSE = (OrderState.RELEASING, OrderState.RELEASED)
"""The warehouse has the order, and the cart was told of no shipment of it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The problem that a change is; with an amendment, it is one only where the order cannot be taken back."""

    problem: Problem
    amendment: Amendment | None = None


def follow_change(
    old: Order, new: Order, state: OrderState, verdict: Verdict, rules: PipelineRules, *, withdraws: bool
) -> Changed | None:
    """What follows from a newer version of an order that is past its release; None where nothing of it differs.

    `verdict` is what would become of the newer version if it were new; `withdraws`: the warehouse can forget orders.
    """
    lines = difference(old, new)
    if not lines:
        return None
    problem = Problem(
        Code.CHANGED_AFTER_RELEASE,
        new.number,
        f"Order {new.number} was {_what(new)} at the cart after the warehouse got it",
        detail="; ".join(lines),
        action=_action(new, state, withdraws=withdraws),
        order_external_id=new.external_id,
    )
    replaces = rules.changes_after_release == "replace" and withdraws
    may = replaces and state in WITH_WAREHOUSE and verdict.state is OrderState.READY
    return Changed(problem, Amendment(purpose=Purpose.REPLACE, difference=lines) if may else None)


def _what(order: Order) -> str:
    return "cancelled" if order.status is OrderStatus.CANCELLED else "changed"


def _action(order: Order, state: OrderState, *, withdraws: bool) -> str:
    by_hand = "correct or delete it in the warehouse by hand"
    if not withdraws:
        return f"Compare with `crossdock orders show {order.number}`; {by_hand}."
    if state not in WITH_WAREHOUSE:
        return f"The cart was told of a shipment of it already: {by_hand}, as far as it has not left."
    if order.status is OrderStatus.CANCELLED:
        return f"`crossdock orders withdraw {order.number}` takes it back while nobody works on it; else {by_hand}."
    return (
        f"`crossdock orders replace {order.number}` takes it back and sends the newer version, while nobody works on "
        f"it; else {by_hand}."
    )
