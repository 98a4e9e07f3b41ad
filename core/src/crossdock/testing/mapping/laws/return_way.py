"""Laws of the way back: what was packed is told to the cart, unit by unit, in the words of the cart."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from crossdock.domain import (
    FulfillmentRequest,
    Order,
    Package,
    PackedLine,
    Shipment,
    ShipmentConfirmation,
    ShipmentStage,
)
from crossdock.engine.confirm_plan import plan_confirmation
from crossdock.engine.ports import ConfirmCase, ShipmentState, StoredOrder, StoredShipment
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction
from crossdock.testing.mapping.kinds import ORDER
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.laws.release import requests_of
from crossdock.testing.mapping.laws.ship_methods import answering, called, disputed
from crossdock.testing.mapping.orders import NOON
from crossdock.testing.mapping.subject import MappingSubject

NUMBER = "unknown-1"
"""A tracking number of nobody."""


@mapping_law("mapping.confirm.round_trip", ORDER)
def what_was_ordered_comes_back(subject: MappingSubject, order: Order) -> None:
    """When everything that was asked for is packed, the cart is told of every unit that it ordered from that centre,
    once, by the pair that the outbound rules give, in whatever order and however many boxes; never of more.

    A unit too few keeps the order open until the marketplace cancels it; a unit too many is refused.
    """
    requests = requests_of(subject, order)
    for reverse in (False, True):
        boxes = [box for request in requests for box in _packed(request)]
        told = _told(subject.rules, order, requests, boxes[::-1] if reverse else boxes)
        if told is None:
            return
        _must_be_whole(subject, order, requests, told)


def _packed(request: FulfillmentRequest) -> Iterator[Shipment]:
    """Two boxes: one piece of each line, and the rest."""
    first = [(line.id, line.sku, 1) for line in request.lines]
    rest = [(line.id, line.sku, line.quantity - 1) for line in request.lines if line.quantity > 1]
    for place, pieces in enumerate([lines for lines in (first, rest) if lines], start=1):
        packed = tuple(PackedLine(line_id=id, sku=sku, quantity=number) for id, sku, number in pieces)
        yield Shipment(
            external_id=f"{request.number}/B{place}",
            request_number=request.number,
            shipped_at=NOON + timedelta(minutes=place),
            package=Package(lines=packed, tracking_number=NUMBER),
            stage=ShipmentStage.SHIPPED,
        )


def _told(
    rules: PipelineRules, order: Order, requests: tuple[FulfillmentRequest, ...], boxes: Sequence[Shipment]
) -> list[ShipmentConfirmation] | None:
    """What the cart is told, box by box as they become known; None where it is told nothing of them by the rules."""
    known: list[StoredShipment] = []
    told: list[ShipmentConfirmation] = []
    for place, box in enumerate(boxes, start=1):
        new = StoredShipment(place, ShipmentState.NEW, box, NOON)
        case = ConfirmCase(StoredOrder(1, order.external_id, order), requests, tuple(known), (new,), tuple(told))
        plan, _ = plan_confirmation(case, rules, "cart", now=NOON, look_again_at=NOON)
        if plan.states[place] is not ShipmentState.PLANNED:
            return None
        known.append(StoredShipment(place, ShipmentState.PLANNED, box, NOON))
        told += [ShipmentConfirmation.model_validate_json(one.document) for one in plan.promises]
        _must_be_packed(requests, boxes[:place], told)
    return told


def _must_be_packed(
    requests: Sequence[FulfillmentRequest], boxes: Sequence[Shipment], told: Sequence[ShipmentConfirmation]
) -> None:
    """The cart has heard of no more units than are in the boxes so far; of a bundle, whole ones."""
    packed, heard = Counter[tuple[str, str]](), _heard(told)
    for box in boxes:
        packed.update({(box.request_number, line.line_id): line.quantity for line in box.package.lines})
    for request in requests:
        whole: dict[str, int] = {}
        for line in request.lines:
            units = packed[request.number, line.id] // (line.bundle.per_bundle if line.bundle else 1)
            whole[line.order_line_id] = min(units, whole.get(line.order_line_id, units))
        for key, units in whole.items():
            here = f"line {key} from centre '{request.distribution_center}'"
            soon = heard[request.distribution_center, key]
            assert soon <= units, f"the cart hears of {soon} units of {here} when {units} of them are packed"


def _must_be_whole(
    subject: MappingSubject, order: Order, requests: Sequence[FulfillmentRequest], told: Sequence[ShipmentConfirmation]
) -> None:
    heard, asked = _heard(told), Counter[tuple[str, str]]()
    for request in requests:
        pieces = {line.order_line_id: line for line in request.lines}
        for key, asked_for in pieces.items():
            per_unit = asked_for.bundle.per_bundle if asked_for.bundle else 1
            asked[request.distribution_center, key] += asked_for.quantity // per_unit
    for center, key in sorted({*heard, *asked}):
        same(
            f"units of line {key} from centre '{center}' that the cart hears of", asked[center, key], heard[center, key]
        )
    same("confirmations with a key of their own", len(told), len({one.key for one in told}))
    for one in told:
        request = next(each for each in requests if each.distribution_center == one.distribution_center)
        _must_be_named(subject, order, request, one)


def _heard(told: Sequence[ShipmentConfirmation]) -> Counter[tuple[str, str]]:
    """Units by centre and line of the order."""
    heard = Counter[tuple[str, str]]()
    for one in told:
        for line in one.lines:
            heard[one.distribution_center, line.order_line_id] += line.quantity
    return heard


def _must_be_named(
    subject: MappingSubject, order: Order, request: FulfillmentRequest, told: ShipmentConfirmation
) -> None:
    methods = subject.rules.outbound
    rule = answering(methods, Asked(request.carrier, request.service_level, order.site))
    if rule is not None and not disputed(methods, rule):
        said = f"{told.carrier} / {told.service_level}"
        same(called(methods, rule, Direction.OUTBOUND), str(rule.to), said)
    same("the tracking number that the cart hears", NUMBER, told.tracking_number)
