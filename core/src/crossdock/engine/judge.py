"""What becomes of an order that was just read: ready, waiting or skipped, and why."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from crossdock.domain import ManagedBy, Order, OrderStatus, PaymentStatus
from crossdock.engine.ports import OrderState
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import objection_to, take_lines


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state an order starts in, and the reason if it is not ready."""

    state: OrderState
    reason: str = ""


READY = Verdict(OrderState.READY)


def judge(order: Order, rules: PipelineRules, extra: Callable[[Order], str | None] | None = None) -> Verdict:
    """Decide about one order; `extra` are filters of plugins, which give a reason to skip it."""
    if reason := _skip_reason(order, rules) or (extra(order) if extra else None):
        return Verdict(OrderState.SKIPPED, reason)
    if reason := _wait_reason(order):
        return Verdict(OrderState.WAITING, reason)
    return READY


def _skip_reason(order: Order, rules: PipelineRules) -> str | None:
    if order.managed_by is ManagedBy.EXTERNAL:
        return "somebody else ships it for the marketplace"
    if order.status is OrderStatus.CANCELLED:
        return "cancelled at the cart"
    if order.status is OrderStatus.SHIPPED:
        return "shipped already when it was first seen"
    if rules.earliest_order_date and order.placed_at < rules.earliest_order_date:
        return f"placed before the earliest order date {rules.earliest_order_date:%Y-%m-%d}"
    return _filtered(order, rules) if _has_part_of_ours(order, rules) else _elsewhere(order)


def _filtered(order: Order, rules: PipelineRules) -> str | None:
    """Which filter leaves out the order, or all of its lines that we would ship."""
    if objection := objection_to(order, rules.order_filters):
        return f"order filter: {objection.reason}"
    taken = take_lines(order, rules.item_filters)
    if not taken.left_out or (taken.order.lines and _has_part_of_ours(taken.order, rules)):
        return None
    return f"item filter: none of its lines is left; {taken.left_out[0]}"


def _has_part_of_ours(order: Order, rules: PipelineRules) -> bool:
    if not order.allocations:
        return True
    return any(rules.is_ours(part.distribution_center) and not part.shipped for part in order.allocations)


def _elsewhere(order: Order) -> str:
    centers = sorted({part.distribution_center for part in order.allocations})
    return f"nothing left to ship from a distribution centre of ours (it is at {', '.join(centers)})"


def _wait_reason(order: Order) -> str | None:
    if order.payment is not PaymentStatus.PAID:
        return f"not paid yet ({_words(order, 'payment') or order.payment.value})"
    if order.status not in (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED):
        return f"not open for shipping yet ({_words(order, '') or order.status.value})"
    return None


def _words(order: Order, about: str) -> str:
    return ", ".join(f"{name} {word}" for name, word in order.source_status.items() if about in name.casefold())


def fingerprint(order: Order) -> str:
    """A short text that changes with what a warehouse must know: address, method, lines, places, cancelled."""
    to = order.ship_to
    address = (to.name, to.company, to.line1, to.line2, to.city, to.region, to.postal_code, to.country)
    lines = tuple((line.external_id, line.sku, line.quantity) for line in order.lines)
    cancelled = order.status is OrderStatus.CANCELLED
    method = (order.requested_carrier, order.requested_service)
    seen = msgspec.json.encode((address, *method, lines, cancelled, _places(order)))
    return blake2b(seen, digest_size=12).hexdigest()


def _places(order: Order) -> list[tuple[str, str, int]]:
    """How many pieces of each line leave, or left, from where; shipping a part of them changes nothing here."""
    pieces = Counter[tuple[str, str]]()
    for part in order.allocations:
        pieces[part.line_id, part.distribution_center] += part.quantity
    return sorted((line, center, quantity) for (line, center), quantity in pieces.items())


def buyer_data_removed(order: Order) -> bool:
    """Whether the cart has blanked the buyer's data, as marketplaces demand some time after the shipment."""
    return not (order.ship_to.name or order.ship_to.line1 or order.ship_to.postal_code)
