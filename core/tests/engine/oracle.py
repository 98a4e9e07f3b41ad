"""What the cart should be told, worked out the plain way from the sum of all boxes."""

from collections import Counter
from collections.abc import Sequence

from crossdock.domain import FulfillmentRequest, Shipment

Units = Counter[tuple[str, str, str]]
"""Units per (order, centre, order line)."""


def pieces_in(boxes: Sequence[Shipment]) -> Counter[tuple[str, str]]:
    """Pieces per (request number, line id)."""
    pieces: Counter[tuple[str, str]] = Counter()
    for box in boxes:
        for packed in box.package.lines:
            pieces[box.request_number, packed.line_id] += packed.quantity
    return pieces


def whole_units(requests: Sequence[FulfillmentRequest], boxes: Sequence[Shipment]) -> Units:
    """Whole units in the boxes, never more than were asked for."""
    pieces = pieces_in(boxes)
    units: dict[tuple[str, str, str], int] = {}
    for request in requests:
        for line in request.lines:
            per_unit = line.bundle.per_bundle if line.bundle else 1
            made = min(pieces[request.number, line.id], line.quantity) // per_unit
            key = (request.order_external_id, request.distribution_center, line.order_line_id)
            units[key] = min(units.get(key, made), made)
    return +Counter(units)
