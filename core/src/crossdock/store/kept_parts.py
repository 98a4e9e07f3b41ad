"""Orders that come back to be released while a warehouse has a part of them: nothing leaves twice, or as it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, select

from crossdock.domain import FulfillmentRequest
from crossdock.engine.changes import kept_otherwise, stays_as_it_was
from crossdock.engine.holds import PARTLY_THERE
from crossdock.engine.ledger import GONE
from crossdock.engine.ports import OrderState, ReleasePlan
from crossdock.engine.problems import Problem
from crossdock.store.tables import orders, promise

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_DOCUMENTS = select(promise.c.order_id, promise.c.key, promise.c.document).where(promise.c.id.in_(_IDS))
_ORDERS = select(orders.c.id, orders.c.number, orders.c.approved, orders.c.fingerprint).where(orders.c.id.in_(_IDS))


def without_kept_parts(
    conn: Connection, plans: Sequence[ReleasePlan], former: Iterable[Row[*tuple[Any, ...]]]
) -> tuple[Sequence[ReleasePlan], Sequence[Problem]]:
    """The plans; those that differ from what a warehouse keeps become holds, each with its problem.

    A person's word lets an order go all the same, unless the warehouse would get the same pieces under a new number.
    """
    kept = [row.id for row in former if row.state not in GONE]
    if not kept:
        return plans, ()
    there: dict[int, dict[str, FulfillmentRequest]] = {}
    for order_id, key, document in conn.execute(_DOCUMENTS, {"ids": kept}):
        there.setdefault(order_id, {})[key] = FulfillmentRequest.model_validate_json(document)
    known = {row.id: row for row in conn.execute(_ORDERS, {"ids": list(there)})}
    otherwise = {
        plan.order_id: numbers
        for plan in plans
        if plan.order_id in there and (numbers := _otherwise(plan, there[plan.order_id], known[plan.order_id]))
    }
    problems = [stays_as_it_was(known[order].number, numbers, order) for order, numbers in otherwise.items()]
    return [_held(plan) if plan.order_id in otherwise else plan for plan in plans], problems


def _otherwise(
    plan: ReleasePlan, there: Mapping[str, FulfillmentRequest], order: Row[*tuple[Any, ...]]
) -> Sequence[str]:
    """The numbers of what a warehouse keeps otherwise than it is planned now."""
    asked = {request.number: request for request in plan.requests}
    approved = order.approved != "" and order.approved == order.fingerprint
    return [
        number
        for number, request in there.items()
        if number not in asked or (not approved and kept_otherwise(request, asked[number]))
    ]


def _held(plan: ReleasePlan) -> ReleasePlan:
    return replace(plan, requests=(), state=OrderState.HELD, reason=PARTLY_THERE, held_by="the cart")
