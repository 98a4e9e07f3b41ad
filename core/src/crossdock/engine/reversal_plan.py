"""What it means that a warehouse took work back: a pure decision.

What the cart was not told of is gone, and whatever counted on it is planned anew. What the cart was told stays told:
only a person can correct that there. A box whose promise is under way, in doubt or refused counts as told, because it
may have been.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from crossdock.domain import ConfirmedLine, FulfillmentRequest, Shipment, ShipmentReversal, is_called
from crossdock.engine.confirm_plan import Picked, add_pieces, units
from crossdock.engine.problems import Code, Problem


@dataclass(frozen=True, slots=True)
class Box:
    """A shipment that counts; `told` is what the cart was told, or may have been (None: nothing), by it alone.

    `planned`: it was decided what the cart is told of it, which may be nothing.
    """

    id: int
    shipment: Shipment
    planned: bool = False
    told: tuple[ConfirmedLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Of the boxes of one request: those that count for nothing, those that are planned anew, those that are told."""

    void: tuple[Box, ...] = ()
    anew: tuple[Box, ...] = ()
    told: tuple[Box, ...] = ()


def covers(reversal: ShipmentReversal, shipment: Shipment) -> bool:
    """Whether the reversal means this shipment."""
    if reversal.request_number != shipment.request_number or shipment.shipped_at >= reversal.reversed_at:
        return False
    named = (is_called(shipment.external_id, name) for name in reversal.shipments)
    return not reversal.shipments or any(named)


def take_back(
    boxes: Sequence[Box], reversals: Sequence[ShipmentReversal], request: FulfillmentRequest | None
) -> TakenBack:
    """What becomes of the boxes of one request of which the warehouse took some back."""
    meant = [box for box in boxes if any(covers(one, box.shipment) for one in reversals)]
    void = [box for box in meant if box.told is None]
    counted = any(box.planned for box in void)
    rest = [box for box in boxes if box not in void]
    anew = [box for box in rest if counted and box.planned and box.told is None]
    short = counted and request is not None and _told_too_much(rest, request)
    told = [box for box in meant if box.told is not None or (short and box.planned)]
    return TakenBack(tuple(void), tuple(anew), tuple(told))


def _told_too_much(boxes: Sequence[Box], request: FulfillmentRequest) -> bool:
    """Whether the cart was told of more units than these boxes hold."""
    picked: Picked = Counter()
    told: Counter[str] = Counter()
    for box in boxes:
        add_pieces(picked, box.shipment)
        for line in box.told or ():
            told[line.order_line_id] += line.quantity
    whole = units(request, picked)
    return any(whole.get(line_id, 0) < number for line_id, number in told.items())


def reversed_after_confirm(box: Box, order_id: int | None) -> Problem:
    """The cart believes that a box left which the warehouse took back."""
    number, key = box.shipment.request_number, box.shipment.external_id
    return Problem(
        Code.REVERSED_AFTER_CONFIRM,
        f"{number}/{key}",
        f"Order {number}: the warehouse took box {key} back, of which the cart was told or may have been told",
        detail="The cart believes that its goods left. A box that is packed in its place counts as picked too much.",
        action="Correct it at the cart: another tracking number when the goods leave after all, else a cancellation or "
        "refund. Then resolve this problem.",
        order_id=order_id,
    )
