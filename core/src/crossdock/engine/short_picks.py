"""What follows when a warehouse will not ship pieces that it was asked for: a pure decision.

Of a line, the newest word counts, and never for more pieces than were not picked. A bundle that lacks a part is lost as
a whole. The cart is asked to cancel what is lost and was not cancelled before, so that nothing is cancelled twice,
whoever asked for it first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock.domain import (
    AdjustmentKind,
    AdjustmentReason,
    FulfillmentRequest,
    OrderAdjustment,
    OrderEvent,
    OrderStatus,
    ShipmentReversal,
    Shortage,
    is_called,
)
from crossdock.engine.adjustment_plan import (
    AdjustmentWish,
    AskedBefore,
    NotAdjustable,
    cancelled_units,
    plan_adjustment,
)
from crossdock.engine.confirm_plan import Picked, add_pieces, asked_units, units
from crossdock.engine.problems import Code, Problem
from crossdock.engine.rules import PipelineRules
from crossdock.engine.shortage_ports import ShortageState, ShortCase, ShortPlan, StoredShortage

ARRIVED = "the pieces were picked after all"
TOLD_ANEW = "the warehouse has told of the line anew"
NOT_THERE = "the warehouse was not asked for it (any more)"
CANCELLED_BEFORE = "its units are cancelled at the cart, or on their way to be"


@dataclass(frozen=True, slots=True)
class Missing:
    """So many units of an order line that will not be shipped and that nobody has cancelled; the newest reason."""

    line_id: str
    sku: str
    units: int
    reason: str

    def __str__(self) -> str:
        return f"{self.units} of {self.sku or self.line_id}{f' ({self.reason})' if self.reason else ''}"


def covers(reversal: ShipmentReversal, shortage: Shortage) -> bool:
    """Whether work was taken back that this shortage was the end of."""
    if reversal.request_number != shortage.request_number or shortage.noticed_at >= reversal.reversed_at:
        return False
    named = (is_called(shortage.external_id, name) for name in reversal.shipments)
    return not reversal.shipments or any(named)


def plan_short_picks(case: ShortCase, rules: PipelineRules, *, adjusts: bool, now: datetime) -> ShortPlan:
    """What follows from the open shortages of one order; `adjusts`: the cart can be asked to cancel."""
    missing = missing_units(case)
    states = _over(case, missing)
    left = [one for one in case.shortages if one.state is ShortageState.OPEN and one.key not in states]
    seen, number = len(case.asked_before), case.order.order.number
    if not left:
        return ShortPlan(case.order.id, number, seen, states=states)
    told = rules.status_events.tells(OrderEvent.CANCELLED, case.order.order.site)
    if rules.short_picks == "cancel" and not told:
        states |= {one.key: (ShortageState.OPEN, told.because) for one in left if one.outcome != told.because}
        return ShortPlan(case.order.id, number, seen, states=states)
    why = "" if adjusts else "the cart cannot be asked by crossdock"
    if rules.short_picks == "cancel" and adjusts:
        try:
            asked = _adjustments(case, missing, rules, now)
            keys = ", ".join(one.key for one in asked)
            states |= {one.key: (ShortageState.ASKED, f"the cart is asked to cancel it: {keys}") for one in left}
            return ShortPlan(case.order.id, number, seen, asked, states)
        except NotAdjustable as error:
            why = str(error)
    return ShortPlan(case.order.id, number, seen, states=states, problem=_problem(case, missing, rules, why))


def missing_units(case: ShortCase) -> list[Missing]:
    """What is lost of each order line, less what was cancelled since the warehouse got the order, by whomever."""
    order = case.order.order
    if order.status is OrderStatus.CANCELLED:
        return []
    lost, coming, reasons = _lost(case)
    cancelled = cancelled_units(order, case.asked_since)
    left = {
        line.external_id: min(
            lost[line.external_id] - cancelled[line.external_id], line.quantity - coming[line.external_id]
        )
        for line in order.lines
    }
    missing = ((line, left[line.external_id]) for line in order.lines)
    return [
        Missing(line.external_id, line.sku, units, reasons[line.external_id]) for line, units in missing if units > 0
    ]


def _lost(case: ShortCase) -> tuple[Counter[str], Counter[str], dict[str, str]]:
    """Whole units of each order line, over all requests, that cannot be made any more, those that can, and why."""
    newest, picked = _newest(case.shortages), _picked(case)
    lost: Counter[str] = Counter()
    coming: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    for request in case.requests:
        short = {line.id: _short(request, line.id, newest, picked) for line in request.lines}
        possible = units(request, {(request.number, line.id): line.quantity - short[line.id] for line in request.lines})
        coming.update(possible)
        lost.update({line_id: asked - possible[line_id] for line_id, asked in asked_units(request).items()})
        for line in request.lines:
            if short[line.id]:
                reasons[line.order_line_id] = newest[request.number, line.id].shortage.reason
    return lost, coming, reasons


def _newest(shortages: Sequence[StoredShortage]) -> Mapping[tuple[str, str], StoredShortage]:
    """The last word on each request line."""
    return {(one.shortage.request_number, one.shortage.line_id): one for one in shortages}


def _picked(case: ShortCase) -> Picked:
    picked: Picked = Counter()
    for shipment in case.picked:
        add_pieces(picked, shipment)
    return picked


def _short(
    request: FulfillmentRequest, line_id: str, newest: Mapping[tuple[str, str], StoredShortage], picked: Picked
) -> int:
    """Pieces of a request line that will not come: never those that were picked."""
    told, line = newest.get((request.number, line_id)), request.line(line_id)
    if told is None or line is None:
        return 0
    return max(min(told.shortage.quantity, line.quantity - picked[request.number, line_id]), 0)


def _over(case: ShortCase, missing: Sequence[Missing]) -> dict[tuple[str, str], tuple[ShortageState, str]]:
    """The open shortages about which nothing is left to decide."""
    newest, picked = _newest(case.shortages), _picked(case)
    requests = {request.number: request for request in case.requests}
    lines = {one.line_id for one in missing}
    over: dict[tuple[str, str], tuple[ShortageState, str]] = {}
    for one in (one for one in case.shortages if one.state is ShortageState.OPEN):
        fact = one.shortage
        request = requests.get(fact.request_number)
        line = request.line(fact.line_id) if request else None
        if request is None or line is None:
            over[one.key] = (ShortageState.SETTLED, NOT_THERE)
        elif newest[fact.request_number, fact.line_id] is not one:
            over[one.key] = (ShortageState.SETTLED, TOLD_ANEW)
        elif not _short(request, fact.line_id, newest, picked):
            over[one.key] = (ShortageState.ARRIVED, ARRIVED)
        elif line.order_line_id not in lines:
            over[one.key] = (ShortageState.SETTLED, CANCELLED_BEFORE)
    return over


def _adjustments(
    case: ShortCase, missing: Sequence[Missing], rules: PipelineRules, now: datetime
) -> tuple[OrderAdjustment, ...]:
    """What the cart is asked, line by line; raises `NotAdjustable` where it makes no sense."""
    asked: list[AskedBefore] = []
    for one in missing:
        wish = AdjustmentWish(AdjustmentKind.CANCELLATION, _reason(one, rules), one.line_id, one.units)
        before = (*case.asked_before, *asked)
        asked.append(AskedBefore(plan_adjustment(case.order.order, before, wish, again=True), now, refused=False))
    return tuple(one.adjustment for one in asked)


def _reason(missing: Missing, rules: PipelineRules) -> AdjustmentReason:
    return rules.cancel_reasons.get(missing.reason.casefold(), AdjustmentReason.NOT_AVAILABLE)


def _problem(case: ShortCase, missing: Sequence[Missing], rules: PipelineRules, why: str) -> Problem:
    number = case.order.order.number
    what = ", ".join(str(one) for one in missing)
    return Problem(
        Code.SHORT_PICK,
        number,
        f"Order {number}: the warehouse will not ship {what}",
        detail=f"Nothing was cancelled: {why}." if why else "",
        action=f"{_commands(number, missing, rules)}, or have the warehouse reopen the order: when the pieces are "
        "picked after all, this closes by itself.",
        order_id=case.order.id,
        cause=", ".join(sorted({one.sku for one in missing})),
    )


def _commands(number: str, missing: Sequence[Missing], rules: PipelineRules) -> str:
    commands = (
        f"`crossdock orders cancel {number} --line {one.line_id} --quantity {one.units} --reason {_reason(one, rules)} "
        "--anyway`"
        for one in missing
    )
    return f"Cancel at the cart with {' and '.join(commands)}"
