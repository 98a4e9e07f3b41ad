"""From what the warehouse packed to what the cart is told: whole units only, nothing more than was asked for.

Picks are added up per request line. What the cart is to be told of is a function of that sum alone, so the order in
which boxes become known does not matter: a box is worth what it adds to what the cart was told already. Of a bundle
line, a unit is there when all of its components are; what is left over waits for the next box. Units that were
cancelled at the cart are told no more.

A box is told at the first of its events of which the cart is told, and only then: later events of it change nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crossdock.domain import (
    ConfirmedLine,
    FulfillmentRequest,
    Order,
    OrderEvent,
    Package,
    Parcel,
    RequestLine,
    Shipment,
    ShipmentConfirmation,
    ShipmentStage,
    number_of,
)
from crossdock.engine.label_plan import wants_label
from crossdock.engine.ledger import Kind, NewPromise
from crossdock.engine.parcel_void import TAKEN_BACK
from crossdock.engine.ports import ConfirmCase, ConfirmPlan, ShipmentState, StoredShipment
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.engine.unanswered import unanswered
from crossdock.mapping import Asked, Direction, ShipMethod
from crossdock.mapping.carriers import carrier_of, carrier_table
from crossdock.mapping.carriers_by_number import the_carrier

Picked = Counter[tuple[str, str]]
"""Pieces per (request number, line id)."""
Told = Counter[tuple[str, str]]
"""Units per (request number, order line id)."""
STAGES = tuple(ShipmentStage)
"""How far the work on a package can come, in this order."""
NO_TRACKING_YET = "it has no tracking number yet"
NO_LABEL_YET = "its label is not bought yet"
ENTER_IT = "Enter it in the shipping system; it is looked for every few minutes."
SAY_WHICH_BOX = (
    "Nobody knows which label is on which box: have each bear the warehouse's box number in the shipping system, or "
    "take it back there and make it again with the box number."
)


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


def events_of(shipment: Shipment) -> tuple[OrderEvent, ...]:
    """What has happened to a package by now: what is packed was picked before."""
    tracked = [OrderEvent.TRACKING_ADDED] if shipment.package.tracking_number else []
    reached = STAGES[: STAGES.index(shipment.stage) + 1]
    return (*tracked, *(OrderEvent(stage.value) for stage in reached))


def further(known: Shipment, told: Shipment) -> Shipment:
    """What is known of a package that a warehouse tells of once more: it never goes back, and keeps its number."""
    if STAGES.index(told.stage) < STAGES.index(known.stage):
        known, told = told, known
    if told.package.tracking_number or not known.package.tracking_number:
        return told
    tracking = {"tracking_number": known.package.tracking_number}
    return told.model_copy(update={"package": told.package.model_copy(update=tracking)})


@dataclass
class _Draft:
    """A confirm plan in the making."""

    case: ConfirmCase
    connection: str
    picked: Picked
    told: Told
    asked: Counter[str]
    states: dict[int, ShipmentState] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    promises: list[NewPromise] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    look_again_at: datetime | None = None

    def left(self, line_id: str) -> int:
        """Units of an order line, over all requests, that the cart neither was told of nor has cancelled."""
        told = sum(units for (_, of_line), units in self.told.items() if of_line == line_id)
        return self.asked[line_id] - self.case.cancelled.get(line_id, 0) - told

    def wait(self, stored: StoredShipment, state: ShipmentState, reason: str) -> None:
        """The cart is not told of this package now."""
        self.states[stored.id], self.reasons[stored.id] = state, reason


def plan_confirmation(
    case: ConfirmCase, rules: PipelineRules, connection: str, *, now: datetime, look_again_at: datetime
) -> tuple[ConfirmPlan, Sequence[Problem]]:
    """What the cart is told about the open shipments of one order, and the problems found on the way."""
    draft = _Draft(case, connection, _picked(case.planned), _told(case), units_asked(case.requests))
    requests = {request.number: request for request in case.requests}
    for stored in sorted(case.open, key=lambda stored: (stored.shipment.shipped_at, stored.shipment.external_id)):
        _plan_one(draft, requests[stored.shipment.request_number], stored, rules, now, look_again_at)
    seen = {stored.id: stored.state for stored in (*case.planned, *case.open)}
    plan = ConfirmPlan(
        case.order.id,
        draft.states,
        tuple(draft.promises),
        look_again_at=draft.look_again_at,
        seen=seen,
        reasons=draft.reasons,
    )
    return plan, draft.problems


def units_asked(requests: Sequence[FulfillmentRequest]) -> Counter[str]:
    """Whole units of each order line that all requests together ask for."""
    asked: Counter[str] = Counter()
    for request in requests:
        asked.update(asked_units(request))
    return asked


def nothing_left(case: ConfirmCase) -> bool:
    """Whether the cart was told of every unit, or will be, or has cancelled it."""
    asked = units_asked(case.requests)
    told: Counter[str] = Counter()
    for confirmation in case.told:
        told.update({line.order_line_id: line.quantity for line in confirmation.lines})
    return bool(asked) and all(told[line] + case.cancelled.get(line, 0) >= units for line, units in asked.items())


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
    told = rules.status_events.first_told(events_of(stored.shipment), order.site)
    for_a_number = not told and not package.tracking_number
    for_a_number = for_a_number and bool(rules.status_events.tells(OrderEvent.TRACKING_ADDED, order.site))
    late = now - stored.first_seen > rules.tracking_patience
    if rules.labels.buy and wants_label(stored.shipment) and not late:
        draft.wait(stored, ShipmentState.AWAITING_TRACKING, TAKEN_BACK if stored.unlabelled else NO_LABEL_YET)
        draft.look_again_at = look_again_at
        return
    if for_a_number and not (late and rules.tells_untracked):
        draft.wait(stored, ShipmentState.AWAITING_TRACKING, TAKEN_BACK if stored.unlabelled else NO_TRACKING_YET)
        draft.look_again_at = look_again_at
        if late:
            draft.problems.append(_no_tracking(draft, stored))
        return
    if not told and not for_a_number:
        draft.wait(stored, ShipmentState.NOT_TOLD, told.because)
        return
    method = _method(package, request, order, rules)
    if method is None:
        problem = _unmapped(draft, stored, request, rules)
        draft.wait(stored, ShipmentState.HELD, problem.title)
        draft.problems.append(problem)
        return
    undecided = _undecided(draft, request, stored)
    if undecided and now - stored.first_seen <= rules.tracking_patience:
        reason = f"{undecided} may be cancelled: the marketplace has not answered yet"
        draft.wait(stored, ShipmentState.AWAITING_ANSWER, reason)
        draft.look_again_at = look_again_at
        return
    add_pieces(draft.picked, stored.shipment)
    draft.problems.extend(_strange_lines(draft, request, stored))
    draft.states[stored.id] = ShipmentState.PLANNED
    lines = _gained(draft, request, stored)
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
    chosen = rules.outbound.choose(asked_of(package, request, order.site, recognises=rules.recognises))
    return chosen.method if chosen else None


def asked_of(package: Package, request: FulfillmentRequest, site: str, *, recognises: bool) -> Asked:
    """How a package travels, in the words of the warehouse; what it leaves unsaid is as it was asked for.

    With `recognises`, a package without a carrier is of the one whose number it bears; then the service that was asked
    of another carrier says nothing.
    """
    code = the_carrier(package.tracking_number) if recognises and not package.carrier else None
    if code and code != carrier_of(request.carrier):
        return Asked(carrier_table().carriers[code].title, package.service_level, site)
    return Asked(package.carrier or request.carrier, package.service_level or request.service_level, site)


def _undecided(draft: _Draft, request: FulfillmentRequest, stored: StoredShipment) -> str:
    """The units of a package that the cart will not take if it agrees to a cancellation; nearly always none."""
    if not draft.case.undecided:
        return ""
    add_pieces(picked := draft.picked.copy(), stored.shipment)
    found = []
    for line_id, whole in units(request, picked).items():
        left, line = draft.left(line_id), draft.case.order.order.line(line_id)
        gained = min(whole - draft.told[request.number, line_id], left)
        if (lost := gained - max(left - draft.case.undecided.get(line_id, 0), 0)) > 0:
            found.append(f"{lost} of {line.sku if line else line_id}")
    return ", ".join(found)


def _gained(draft: _Draft, request: FulfillmentRequest, stored: StoredShipment) -> tuple[ConfirmedLine, ...]:
    """The units that are whole now and that the cart was not told of; from here on it was."""
    lines = []
    for line_id, whole in units(request, draft.picked).items():
        new = whole - draft.told[request.number, line_id]
        gained = min(new, draft.left(line_id))
        line = draft.case.order.order.line(line_id)
        sku, product_id = (line.sku, line.product_id) if line else ("", "")
        if gained > 0:
            draft.told[request.number, line_id] += gained
            lines.append(ConfirmedLine(order_line_id=line_id, sku=sku, product_id=product_id, quantity=gained))
        if new > max(gained, 0):
            draft.problems.append(_cancelled_before(draft, stored, sku or line_id, new - max(gained, 0)))
    return tuple(lines)


def _promise(draft: _Draft, confirmation: ShipmentConfirmation) -> NewPromise:
    return NewPromise(
        kind=Kind.CONFIRM,
        connection=draft.connection,
        order_id=draft.case.order.id,
        key=confirmation.key,
        document=confirmation.model_dump_json().encode(),
        closes=all(draft.left(line_id) <= 0 for line_id in draft.asked),
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


def _cancelled_before(draft: _Draft, stored: StoredShipment, sku: str, units: int) -> Problem:
    """Units were picked after all that had been cancelled: whoever bought them has his money back."""
    number, box = stored.shipment.request_number, stored.shipment.external_id
    return Problem(
        Code.OVER_PICKED,
        f"{number}/{box}/{sku}",
        f"Order {number}: {units} of {sku} were picked after they had been cancelled at the cart",
        detail=f"Box {box}. The cart was not told of them.",
        action="Stop the box if it has not left; else settle it with the buyer. Then resolve this problem.",
        order_id=draft.case.order.id,
    )


def _no_tracking(draft: _Draft, stored: StoredShipment) -> Problem:
    number, box = stored.shipment.request_number, stored.shipment.external_id
    spare = [one for one in draft.case.spare if one.reference == number]
    return Problem(
        Code.NO_TRACKING,
        f"{number}/{box}",
        f"Order {number}: no tracking number for box {box} since {stored.first_seen:%Y-%m-%d %H:%M} UTC",
        detail=f"Labels of this order that no box has: {', '.join(map(_meant_for, spare))}." if spare else "",
        action=(SAY_WHICH_BOX if spare else ENTER_IT) + " Where the cart takes packages without, "
        '`then = "tell"` under tracking tells it of those that waited too long.',
        order_id=draft.case.order.id,
    )


def _meant_for(spare: Parcel) -> str:
    return f"{spare.tracking_number} ({f'for box {spare.box}' if spare.box else 'names no box'})"


def _unmapped(draft: _Draft, stored: StoredShipment, request: FulfillmentRequest, rules: PipelineRules) -> Problem:
    package = stored.shipment.package
    asked = asked_of(package, request, draft.case.order.order.site, recognises=rules.recognises)
    number = "" if package.carrier or rules.recognises else package.tracking_number
    why = unanswered(rules, Direction.OUTBOUND, asked, number)
    return Problem(
        why.code,
        f"{request.number}/{stored.shipment.external_id}",
        f"Order {request.number}: {why.reason}",
        action=why.action,
        order_id=draft.case.order.id,
        cause=why.cause,
    )
