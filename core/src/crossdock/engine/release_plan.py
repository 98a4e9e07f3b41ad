"""From an order to what each distribution centre of ours is asked to ship."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossdock.domain import AdjustmentKind, BundleParent, FulfillmentRequest, ManagedBy, Order, OrderLine, RequestLine
from crossdock.engine.ports import OrderState, ReleasePlan, StoredOrder
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, ShipMethod

CORRECT_IT = "Correct the order at the cart; it is read again by itself."


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the problem that goes with it if a person must act."""

    plan: ReleasePlan
    problem: Problem | None = None


def plan_release(stored: StoredOrder, rules: PipelineRules) -> Planned:
    """The requests for one ready order, or the reason why it is held."""
    order = stored.order
    if flaw := _flaw(order, rules):
        return _held(stored, Code.UNSHIPPABLE_ORDER, flaw, CORRECT_IT)
    asked = Asked(order.requested_carrier, order.requested_service, order.site)
    chosen = rules.inbound.choose(asked)
    if chosen is None:
        action = "Add a rule under ship_methods.inbound for it; the next start releases what it held."
        return _held(stored, Code.UNMAPPED_SHIP_METHOD, f"no ship method is mapped for {asked}", action)
    requests = _requests(order, rules, chosen.method)
    if flaw := _flaw_of_requests(requests):
        return _held(stored, Code.UNSHIPPABLE_ORDER, flaw, CORRECT_IT)
    return Planned(ReleasePlan(stored.id, requests))


def _held(stored: StoredOrder, code: Code, reason: str, action: str) -> Planned:
    order = stored.order
    title = f"Order {order.number} is held: {reason}"
    problem = Problem(code, order.number, title, action=action, order_id=stored.id)
    return Planned(ReleasePlan(stored.id, state=OrderState.HELD, reason=f"{code.value}: {reason}"), problem)


def _flaw(order: Order, rules: PipelineRules) -> str | None:
    if missing := order.ship_to.missing_parts():
        return f"its address has no {', no '.join(missing)}"
    if not order.lines:
        return "it has no lines"
    for line in order.lines:
        if not line.sku.strip() or any(not part.sku.strip() for part in line.components):
            return f"line {line.external_id} has no SKU"
    if not order.allocations and len(rules.distribution_centers) > 1:
        return "it does not say which distribution centre ships it, and there are several"
    return _unallocated_line(order) or _stray_allocation(order, rules)


def _unallocated_line(order: Order) -> str | None:
    """A line that no centre is to ship, in an order whose other lines have one: shipping the rest would lose it.

    Where others ship a part of the order, such a line is theirs; where it was cancelled, nobody's.
    """
    allocated = {part.line_id for part in order.allocations}
    for line in order.lines if allocated and order.managed_by is not ManagedBy.MIXED else ():
        if line.external_id not in allocated and not _is_cancelled(order, line):
            return f"line {line.external_id} ({line.sku}) is assigned to no distribution centre"
    return None


def _is_cancelled(order: Order, line: OrderLine) -> bool:
    """Whether the cancellations on record cover all units of a line."""
    own = [one for one in order.adjustments if one.line_id == line.external_id]
    cancelled = (one.quantity for one in own if one.kind is AdjustmentKind.CANCELLATION)
    return sum(line.quantity if quantity is None else quantity for quantity in cancelled) >= line.quantity


def _stray_allocation(order: Order, rules: PipelineRules) -> str | None:
    lines = {line.external_id for line in order.lines}
    for part in order.allocations:
        if part.line_id not in lines and not part.shipped and rules.is_ours(part.distribution_center):
            return f"line {part.line_id}, which centre {part.distribution_center} is to ship, is not in it"
    return None


def _flaw_of_requests(requests: Sequence[FulfillmentRequest]) -> str | None:
    if not requests:
        return "nothing of it is left to ship from a distribution centre of ours"
    if any(len({line.id for line in request.lines}) < len(request.lines) for request in requests):
        return "two of its lines have the same key"
    return None


def _requests(order: Order, rules: PipelineRules, method: ShipMethod) -> tuple[FulfillmentRequest, ...]:
    parts = _parts(order, rules)
    return tuple(
        FulfillmentRequest(
            key=f"{rules.name}:{order.external_id}:{center}",
            number=order.number if len(parts) == 1 else f"{order.number}-{center}",
            order_external_id=order.external_id,
            order_number=order.number,
            distribution_center=center,
            area=rules.area(center),
            placed_at=order.placed_at,
            deliver_by=order.deliver_by,
            ship_to=order.ship_to,
            carrier=method.carrier,
            service_level=method.service,
            site=order.site,
            tags=order.tags,
            notes=order.notes,
            custom_fields=order.custom_fields,
            attachments=order.attachments,
            lines=_lines(order, quantities),
        )
        for center, quantities in parts.items()
    )


def _parts(order: Order, rules: PipelineRules) -> dict[str, dict[str, int]]:
    """Per distribution centre of ours: how many of which line are still to leave from it."""
    if not order.allocations:
        center = next(iter(rules.distribution_centers), "")
        return {center: {line.external_id: line.quantity for line in order.lines}}
    parts: dict[str, dict[str, int]] = {}
    for part in sorted(order.allocations, key=lambda part: part.distribution_center):
        if not part.shipped and rules.is_ours(part.distribution_center):
            quantities = parts.setdefault(part.distribution_center, {})
            quantities[part.line_id] = quantities.get(part.line_id, 0) + part.quantity
    return parts


def _lines(order: Order, quantities: dict[str, int]) -> tuple[RequestLine, ...]:
    lines: list[RequestLine] = []
    for line in order.lines:
        if quantity := quantities.get(line.external_id):
            lines.extend(_explode(line, quantity))
    return tuple(lines)


def _explode(line: OrderLine, quantity: int) -> list[RequestLine]:
    """The line itself, or for a bundle its components, each knowing its parent."""
    gift = {"gift_message": line.gift_message, "gift_notes": line.gift_notes}
    if not line.components:
        return [
            RequestLine(
                id=line.external_id,
                order_line_id=line.external_id,
                sku=line.sku,
                quantity=quantity,
                title=line.title,
                **gift,
            )
        ]
    return [
        RequestLine(
            id=f"{line.external_id}.{position}",
            order_line_id=line.external_id,
            sku=part.sku,
            quantity=part.quantity * quantity,
            title=part.title,
            bundle=BundleParent(sku=line.sku, per_bundle=part.quantity),
            **gift,
        )
        for position, part in enumerate(line.components, start=1)
    ]
