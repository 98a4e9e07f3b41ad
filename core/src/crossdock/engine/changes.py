"""What follows when the cart changes an order that the warehouse has: a pure decision."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossdock.domain import FulfillmentRequest, Order, OrderStatus
from crossdock.engine.amendment import Amendment, Purpose
from crossdock.engine.difference import difference
from crossdock.engine.judge import Verdict
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import take_lines

WITH_WAREHOUSE = (OrderState.RELEASING, OrderState.RELEASED, OrderState.HELD, OrderState.READY)
"""The warehouse has (a part of) the order, and the cart was told of no shipment of it."""


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
    lines = difference(take_lines(old, rules.item_filters).order, take_lines(new, rules.item_filters).order)
    if not lines:
        return None
    problem = Problem(
        Code.CHANGED_AFTER_RELEASE,
        new.number,
        f"Order {new.number} was {_what(new)} at the cart after the warehouse got it",
        detail="; ".join(lines),
        action=_action(new, state, withdraws=withdraws),
        order_external_id=new.external_id,
        cause=_cause(new, state),
    )
    replaces = rules.changes_after_release == "replace" and withdraws
    may = replaces and state in WITH_WAREHOUSE and verdict.state is OrderState.READY
    return Changed(problem, Amendment(purpose=Purpose.REPLACE, difference=lines) if may else None)


def kept_otherwise(there: FulfillmentRequest, asked: FulfillmentRequest) -> bool:
    """Whether a warehouse that keeps a request would ship something else than what is asked for now."""
    return _shipped(there) != _shipped(asked)


def _shipped(request: FulfillmentRequest) -> tuple[object, ...]:
    lines = sorted((line.sku, line.quantity) for line in request.lines)
    return request.ship_to, request.carrier, request.service_level, lines


def stays_as_it_was(number: str, requests: Sequence[str], order_id: int) -> Problem:
    """The problem that a warehouse has parts of an order as they were before a change."""
    return Problem(
        Code.CHANGED_AFTER_RELEASE,
        number,
        f"Order {number} was changed at the cart after the warehouse got a part of it",
        detail=f"{', '.join(requests)} is there as it was; the rest of the order waits.",
        action=_replace(number),
        order_id=order_id,
    )


def _replace(number: str) -> str:
    return (
        f"`crossdock orders replace {number}` takes it back and sends the newer version, while nobody works on it; "
        "else correct or delete it in the warehouse by hand."
    )


def _what(order: Order) -> str:
    return "cancelled" if order.status is OrderStatus.CANCELLED else "changed"


def _cause(order: Order, state: OrderState) -> str:
    """What has in common what a person does about it."""
    return _what(order) if state in WITH_WAREHOUSE else f"{_what(order)}, and the cart was told of a shipment"


def _action(order: Order, state: OrderState, *, withdraws: bool) -> str:
    by_hand = "correct or delete it in the warehouse by hand"
    if state is OrderState.SHIPPED and order.status is OrderStatus.CANCELLED:
        return (
            "It is too late: all of it has left, and the cart was told. Stop the parcel or have it sent back; settle "
            "the money at the cart, or with `crossdock orders refund`. Then resolve this problem."
        )
    if not withdraws:
        return f"Compare with `crossdock orders show {order.number}`; {by_hand}."
    if state not in WITH_WAREHOUSE:
        return f"The cart was told of a shipment of it already: {by_hand}, as far as it has not left."
    if order.status is OrderStatus.CANCELLED:
        return f"`crossdock orders withdraw {order.number}` takes it back while nobody works on it; else {by_hand}."
    return _replace(order.number)
