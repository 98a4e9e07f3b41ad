"""From an order to what each distribution centre of ours is asked to ship."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from crossdock.domain import AdjustmentKind, BundleParent, FulfillmentRequest, ManagedBy, Order, OrderLine, RequestLine
from crossdock.engine.addresses import address_flaw
from crossdock.engine.bundles import Bundles, by_table, nested, taken_apart
from crossdock.engine.causes import cause_of
from crossdock.engine.holding import LET_IT_GO, Hold, hold_of
from crossdock.engine.ports import OrderState, ReleasePlan, StoredOrder
from crossdock.engine.problems import Code, Problem
from crossdock.engine.request_fields import field_flaws, fields_of, with_fields
from crossdock.engine.rules import PipelineRules
from crossdock.engine.unanswered import unanswered
from crossdock.mapping import Asked, Direction, ShipMethod, take_lines

KnownBundles = Mapping[str, Bundles]
"""The bundles that each warehouse knows, by its connection; that of no name is the pipeline's."""
NONE_KNOWN: KnownBundles = MappingProxyType({})
Flaw = tuple[str, str]
"""What an order lacks, and what to do about it."""
NO_CENTER = (
    "it does not say which distribution centre ships it, and there are several: `default_distribution_center` of the "
    "pipeline names one for such orders"
)
CORRECT_IT = (
    "Correct the order at the cart (it is read again by itself), or here with `crossdock orders edit {number}`."
)
NAME_CENTER = (
    "Assign it to one at the cart (it is read again by itself), or set `default_distribution_center`: such orders go "
    "out by themselves at the next start."
)
ASSIGN_IT = "Correct at the cart where its lines leave from; it is read again by itself."
CORRECT_TABLE = (
    "Name the parts of the inner bundle in its place, in the table (`bundles` of the pipeline) or at the cart; the "
    "order goes out by itself at the next start, or when the cart has changed it."
)
CORRECT_FIELD = (
    "Correct the order at the cart or with `crossdock orders edit {number}`, or the rule under `fields` of the "
    "pipeline; `crossdock mapping explain {number}` shows where each value comes from."
)
HELD_BY = {
    Code.UNSHIPPABLE_ORDER: "the order itself",
    Code.UNMAPPED_SHIP_METHOD: "rule: ship_methods",
    Code.RULES_DISAGREE: "rule: ship_methods",
    Code.MISSING_FIELD: "rule: fields",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the problem that goes with it if a person must act."""

    plan: ReleasePlan
    problem: Problem | None = None


def plan_now(stored: StoredOrder, rules: PipelineRules, now: datetime, known: KnownBundles = NONE_KNOWN) -> Planned:
    """The requests for one ready order, unless it is held: for what it lacks, or by what the operator wants held."""
    planned = plan_release(stored, rules, known)
    hold = hold_of(stored, rules.holds, now) if planned.problem is None else None
    return held(stored, hold) if hold else planned


def plan_release(stored: StoredOrder, rules: PipelineRules, known: KnownBundles = NONE_KNOWN) -> Planned:
    """The requests for one order that is let go, or what it lacks; `known` are the bundles that warehouses know."""
    taken = take_lines(stored.order, rules.item_filters)
    order = by_table(taken.order, rules.bundles)
    if taken.doubt and not stored.approved:
        action = LET_IT_GO.format(number=order.number)
        return held(stored, Hold(Code.HELD_BY_RULE, f"item filter: {taken.doubt}", "rule: item_filters", action))
    if flaw := _flaw(order) or _flaw_of_places(order, rules):
        return _held(stored, Code.UNSHIPPABLE_ORDER, *flaw)
    asked = Asked(order.requested_carrier, order.requested_service, order.site)
    chosen = rules.inbound.choose(asked)
    if chosen is None:
        why = unanswered(rules, Direction.INBOUND, asked)
        return _held(stored, why.code, why.reason, why.action, why.cause)
    requests = _requests(order, rules, chosen.method, known)
    if why_not := _flaw_of_requests(requests):
        return _held(stored, Code.UNSHIPPABLE_ORDER, why_not, CORRECT_IT.format(number=order.number))
    mapped = fields_of(stored.order, rules.fields)
    requests = tuple(with_fields(request, mapped) for request in requests)
    if flaws := field_flaws(requests, mapped, rules):
        lacking, action = "; ".join(one.why for one in flaws), CORRECT_FIELD.format(number=order.number)
        return _held(stored, Code.MISSING_FIELD, lacking, action, flaws[0].target)
    return Planned(ReleasePlan(stored.id, requests, left_out="; ".join(map(str, taken.left_out))))


def _held(stored: StoredOrder, code: Code, reason: str, action: str, cause: str = "") -> Planned:
    return held(stored, Hold(code, reason, HELD_BY[code], action, cause=cause or cause_of(reason)))


def held(stored: StoredOrder, hold: Hold) -> Planned:
    """The plan that keeps an order here; a problem only where a person must act."""
    reason = f"{hold.code}: {hold.reason}"
    plan = ReleasePlan(stored.id, state=OrderState.HELD, reason=reason, held_by=hold.by, held_until=hold.until)
    if not hold.action:
        return Planned(plan)
    order = stored.order
    title = f"Order {order.number} is held: {hold.reason}"
    problem = Problem(Code(hold.code), order.number, title, action=hold.action, order_id=stored.id, cause=hold.cause)
    return Planned(plan, problem)


def _flaw(order: Order) -> Flaw | None:
    """What is wrong with the order itself."""
    correct_it = CORRECT_IT.format(number=order.number)
    if flaw := address_flaw(order.ship_to):
        return flaw, correct_it
    if not order.lines:
        return "it has no lines", correct_it
    for line in order.lines:
        if not line.sku.strip() or any(not part.sku.strip() for part in line.components):
            return f"line {line.external_id} has no SKU", correct_it
    return None


def _flaw_of_places(order: Order, rules: PipelineRules) -> Flaw | None:
    """What keeps an order from being shared out to its centres, part by part."""
    if not order.allocations and rules.assumed_center is None:
        return NO_CENTER, NAME_CENTER
    if flaw := nested(order, rules.bundles):
        return flaw, CORRECT_TABLE
    if flaw := _unallocated_line(order) or _stray_allocation(order, rules):
        return flaw, ASSIGN_IT
    return None


def _unallocated_line(order: Order) -> str | None:
    """A line that no centre is to ship, in an order whose other lines have one: shipping the rest would lose it."""
    left = _unallocated(order)
    for line in order.lines if left else ():
        if line.external_id in left:
            return f"line {line.external_id} ({line.sku}) is assigned to no distribution centre"
    return None


def _unallocated(order: Order) -> dict[str, int]:
    """The lines that no centre is to ship, in an order whose other lines have one, and how many of each.

    Where others ship a part of the order, such a line is theirs; where it was cancelled, nobody's.
    """
    allocated = {part.line_id for part in order.allocations}
    if not allocated or order.managed_by is ManagedBy.MIXED:
        return {}
    lines = [line for line in order.lines if line.external_id not in allocated]
    left = {line.external_id: line.quantity - _cancelled(order, line) for line in lines}
    return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}


def _cancelled(order: Order, line: OrderLine) -> int:
    """How many units of a line the cancellations on record cover, as far as nobody has refused them."""
    own = [one for one in order.adjustments if one.line_id == line.external_id and not one.refused]
    cancelled = (one.quantity for one in own if one.kind is AdjustmentKind.CANCELLATION)
    return sum(line.quantity if quantity is None else quantity for quantity in cancelled)


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


def _requests(
    order: Order, rules: PipelineRules, method: ShipMethod, known: KnownBundles
) -> tuple[FulfillmentRequest, ...]:
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
            lines=_lines(taken_apart(order, known.get(rules.warehouse(center), {})), quantities),
        )
        for center, quantities in parts.items()
    )


def _parts(order: Order, rules: PipelineRules) -> dict[str, dict[str, int]]:
    """Per distribution centre of ours: how many of which line are still to leave from it."""
    if not order.allocations:
        left = {line.external_id: line.quantity - _cancelled(order, line) for line in order.lines}
        left = {line_id: quantity for line_id, quantity in left.items() if quantity > 0}
        return {rules.assumed_center or "": left} if left else {}
    parts: dict[str, dict[str, int]] = {}
    for part in sorted(order.allocations, key=lambda part: part.distribution_center):
        if not part.shipped and rules.is_ours(part.distribution_center):
            quantities = parts.setdefault(part.distribution_center, {})
            quantities[part.line_id] = quantities.get(part.line_id, 0) + part.quantity
    return parts


def lines_wanted(
    order: Order, rules: PipelineRules, known: KnownBundles = NONE_KNOWN
) -> Mapping[str, tuple[RequestLine, ...]]:
    """What each centre of ours will be asked to ship of an order, whatever keeps it here now.

    Under the empty name stands what leaves from a place that nobody has named.
    """
    taken = by_table(take_lines(order, rules.item_filters).order, rules.bundles)
    parts = _parts(taken, rules)
    if unallocated := _unallocated(taken):
        parts[""] = parts.get("", {}) | unallocated
    return {
        center: _lines(taken_apart(taken, known.get(rules.warehouse(center), {})), quantities)
        for center, quantities in parts.items()
    }


def warehouses_of(order: Order, rules: PipelineRules) -> Collection[str]:
    """The connections that ship parts of an order, as they are named in the rules; no name is the pipeline's own."""
    if not rules.distribution_centers:
        return ("",)
    return {rules.warehouse(center) for center in _parts(order, rules)}


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
