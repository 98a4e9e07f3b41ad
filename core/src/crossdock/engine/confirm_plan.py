"""From what the warehouse packed to what the cart is told: whole units only, nothing more than was asked for.

Picks are added up per request line. What the cart is to be told of is a function of that sum alone, so the order in
which boxes become known does not matter: a box is worth what it adds to what the cart was told already. Of a bundle
line, a unit is there when all of its components are; what is left over waits for the next box.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crossdock.domain import (
    ConfirmedLine,
    FulfillmentRequest,
    Order,
    Package,
    RequestLine,
    Shipment,
    ShipmentConfirmation,
    number_of,
)
from crossdock.engine.ledger import Kind, NewPromise
from crossdock.engine.ports import ConfirmCase, ConfirmPlan, ShipmentState, StoredShipment
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, ShipMethod

Picked = Counter[tuple[str, str]]
"""Pieces per (request number, line id)."""
Told = Counter[tuple[str, str]]
"""Units per (request number, order line id)."""


def units(request: FulfillmentRequest, picked: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Whole units per order line that so many picked pieces make, never more than the request asks for."""
    made: dict[str, int] = {}
    for line in request.lines:
        pieces = min(picked.get((request.number, line.id), 0), line.quantity)
        whole = pieces // line.bundle.per_bundle if line.bundle else pieces
        made[line.order_line_id] = min(made.get(line.order_line_id, whole), whole)
    return made


def asked_units(request: FulfillmentRequest) -> dict[str, int]:
    """Whole units per order line that the request asks for."""
    everything = {(request.number, line.id): line.quantity for line in request.lines}
    return units(request, everything)


@dataclass
class _Draft:
    """A confirm plan in the making."""

    case: ConfirmCase
    connection: str
    picked: Picked
    told: Told
    states: dict[int, ShipmentState] = field(default_factory=dict)
    promises: list[NewPromise] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    look_again_at: datetime | None = None


def plan_confirmation(
    case: ConfirmCase, rules: PipelineRules, connection: str, *, now: datetime, look_again_at: datetime
) -> tuple[ConfirmPlan, Sequence[Problem]]:
    """What the cart is told about the open shipments of one order, and the problems found on the way."""
    draft = _Draft(case, connection, _picked(case.planned), _told(case))
    requests = {request.number: request for request in case.requests}
    for stored in sorted(case.open, key=lambda stored: (stored.shipment.shipped_at, stored.shipment.external_id)):
        _plan_one(draft, requests[stored.shipment.request_number], stored, rules, now, look_again_at)
    seen = {stored.id: stored.state for stored in (*case.planned, *case.open)}
    plan = ConfirmPlan(case.order.id, draft.states, tuple(draft.promises), look_again_at=draft.look_again_at, seen=seen)
    return plan, draft.problems


def _picked(shipments: Sequence[StoredShipment]) -> Picked:
    picked: Picked = Counter()
    for stored in shipments:
        add_pieces(picked, stored.shipment)
    return picked


def _told(case: ConfirmCase) -> Told:
    """What the cart was told, by request: an order has one request for each distribution centre."""
    number_at = {request.distribution_center: request.number for request in case.requests}
    told: Told = Counter()
    for confirmation in case.told:
        for line in confirmation.lines:
            told[number_at.get(confirmation.distribution_center, ""), line.order_line_id] += line.quantity
    return told


def add_pieces(picked: Picked, shipment: Shipment) -> None:
    """Count what a shipment holds."""
    for line in shipment.package.lines:
        picked[shipment.request_number, line.line_id] += line.quantity


def _plan_one(
    draft: _Draft,
    request: FulfillmentRequest,
    stored: StoredShipment,
    rules: PipelineRules,
    now: datetime,
    look_again_at: datetime,
) -> None:
    package, order = stored.shipment.package, draft.case.order.order
    if not package.tracking_number and not rules.confirm_without_tracking:
        draft.states[stored.id] = ShipmentState.AWAITING_TRACKING
        draft.look_again_at = look_again_at
        if now - stored.first_seen > rules.tracking_patience:
            draft.problems.append(_no_tracking(draft, stored))
        return
    method = _method(package, request, order, rules)
    if method is None:
        draft.states[stored.id] = ShipmentState.HELD
        draft.problems.append(_unmapped(draft, stored, request))
        return
    add_pieces(draft.picked, stored.shipment)
    draft.problems.extend(_strange_lines(draft, request, stored))
    draft.states[stored.id] = ShipmentState.PLANNED
    lines = _gained(draft, request)
    if lines:
        confirmation = ShipmentConfirmation(
            key=(key := _key(stored)),
            number=number_of(key),
            order_external_id=request.order_external_id,
            distribution_center=request.distribution_center,
            shipped_at=stored.shipment.shipped_at,
            tracking_number=package.tracking_number,
            carrier=method.carrier,
            service_level=method.service,
            lines=lines,
        )
        draft.promises.append(_promise(draft, confirmation))


def renamed(confirmation: ShipmentConfirmation, case: ConfirmCase, rules: PipelineRules) -> ShipmentConfirmation:
    """A confirmation that never arrived, with the pair that the rules give now; they may have been corrected."""
    requests = {request.number: request for request in case.requests}
    for stored in case.planned:
        if _key(stored) == confirmation.key:
            request = requests[stored.shipment.request_number]
            method = _method(stored.shipment.package, request, case.order.order, rules)
            pair = {"carrier": method.carrier, "service_level": method.service} if method else {}
            return confirmation.model_copy(update=pair)
    return confirmation


def _key(stored: StoredShipment) -> str:
    return f"{stored.shipment.request_number}/{stored.shipment.external_id}"


def _method(package: Package, request: FulfillmentRequest, order: Order, rules: PipelineRules) -> ShipMethod | None:
    """What the cart calls the way in which a package travels."""
    asked = Asked(package.carrier or request.carrier, package.service_level or request.service_level, order.site)
    chosen = rules.outbound.choose(asked)
    return chosen.method if chosen else None


def _gained(draft: _Draft, request: FulfillmentRequest) -> tuple[ConfirmedLine, ...]:
    """The units that are whole now and that the cart was not told of; from here on it was."""
    lines = []
    for line_id, whole in units(request, draft.picked).items():
        if (gained := whole - draft.told[request.number, line_id]) > 0:
            draft.told[request.number, line_id] = whole
            line = draft.case.order.order.line(line_id)
            sku, product_id = (line.sku, line.product_id) if line else ("", "")
            lines.append(ConfirmedLine(order_line_id=line_id, sku=sku, product_id=product_id, quantity=gained))
    return tuple(lines)


def _promise(draft: _Draft, confirmation: ShipmentConfirmation) -> NewPromise:
    return NewPromise(
        kind=Kind.CONFIRM,
        connection=draft.connection,
        order_id=draft.case.order.id,
        key=confirmation.key,
        document=confirmation.model_dump_json().encode(),
        closes=all(units(request, draft.picked) == asked_units(request) for request in draft.case.requests),
    )


def _strange_lines(draft: _Draft, request: FulfillmentRequest, stored: StoredShipment) -> list[Problem]:
    """Problems for pieces that nobody asked for: they are not reported to the cart, a person must look."""
    found = []
    for packed in stored.shipment.package.lines:
        line = request.line(packed.line_id)
        total = draft.picked[request.number, packed.line_id]
        if line is None or total > line.quantity:
            found.append(_over_picked(draft, stored, packed.sku, total, line))
    return found


def _over_picked(draft: _Draft, stored: StoredShipment, sku: str, total: int, line: RequestLine | None) -> Problem:
    number = stored.shipment.request_number
    asked = f"{line.quantity} were asked for" if line else "the order has no such line"
    return Problem(
        Code.OVER_PICKED,
        f"{number}/{stored.shipment.external_id}/{sku}",
        f"Order {number}: {total} of {sku} were picked, {asked}",
        detail=f"Box {stored.shipment.external_id}. The cart was told of no more than was ordered.",
        action="Find out what left the house; correct the stock, or the order at the cart; then resolve this problem.",
        order_id=draft.case.order.id,
    )


def _no_tracking(draft: _Draft, stored: StoredShipment) -> Problem:
    number, box = stored.shipment.request_number, stored.shipment.external_id
    return Problem(
        Code.NO_TRACKING,
        f"{number}/{box}",
        f"Order {number}: no tracking number for box {box} since {stored.first_seen:%Y-%m-%d %H:%M} UTC",
        action="Enter it in the shipping system, or set confirm_without_tracking for the pipeline.",
        order_id=draft.case.order.id,
    )


def _unmapped(draft: _Draft, stored: StoredShipment, request: FulfillmentRequest) -> Problem:
    package = stored.shipment.package
    carrier, service = package.carrier or request.carrier, package.service_level or request.service_level
    return Problem(
        Code.UNMAPPED_CARRIER,
        f"{request.number}/{stored.shipment.external_id}",
        f"Order {request.number}: the cart has no name for carrier '{carrier}', service '{service}'",
        action="Add a rule under ship_methods.outbound; the shipment goes out by itself at the next start.",
        order_id=draft.case.order.id,
    )
