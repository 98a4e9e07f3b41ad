"""Documents that laws make up from an order: which boxes could leave, and what a cart is told of one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock.domain import (
    ConfirmedLine,
    ManagedBy,
    Order,
    OrderStatus,
    PaymentStatus,
    ShipmentConfirmation,
)
from crossdock.domain.keys import number_of
from crossdock.sandbox import Rehearsal

SHIPPABLE = (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED)
OURS = (ManagedBy.SELLER, ManagedBy.MIXED)


@dataclass(frozen=True)
class Box:
    """So many whole units of some lines of an order, from one distribution centre, in one package."""

    order: Order
    center: str
    units: Mapping[str, int]

    def __str__(self) -> str:
        held = ", ".join(f"{units} of line {line}" for line, units in self.units.items())
        return f"a box with {held} of order {self.order.external_id}"

    __repr__ = __str__


def may_leave(order: Order) -> bool:
    """Whether the order is paid and open, and the seller ships at least a part of it."""
    return order.payment is PaymentStatus.PAID and order.status in SHIPPABLE and order.managed_by in OURS


def open_units(order: Order) -> dict[str, Counter[str]]:
    """By distribution centre, the units of each line that have not left; of an order without allocations, all."""
    units: dict[str, Counter[str]] = {}
    for part in order.allocations:
        if not part.shipped:
            units.setdefault(part.distribution_center, Counter())[part.line_id] += part.quantity
    if not order.allocations:
        units[""] = Counter({line.external_id: line.quantity for line in order.lines})
    return units


def whole_boxes(order: Order) -> list[Box]:
    """All that can leave, one box a distribution centre."""
    return [Box(order, center, dict(units)) for center, units in open_units(order).items()]


def split_boxes(order: Order) -> list[Box]:
    """All that can leave, with a single unit of each centre in a box of its own; at least one box a centre."""
    boxes: list[Box] = []
    for center, units in open_units(order).items():
        first = next(iter(units))
        rest = units - Counter({first: 1})
        boxes += [Box(order, center, {first: 1}), *([Box(order, center, dict(rest))] if rest else [])]
    return boxes


def confirmation_of(
    box: Box, rehearsal: Rehearsal, now: datetime, *, number: int = 1, tracking: str | None = None
) -> ShipmentConfirmation:
    """What the cart is told of a box, under a key and a tracking number that follow from its order and number."""
    key = f"kit:{box.order.external_id}:{number}"
    return ShipmentConfirmation(
        key=key,
        number=number_of(key),
        order_external_id=box.order.external_id,
        distribution_center=box.center,
        shipped_at=now,
        tracking_number=f"1Z{number_of(key) % 10**12:012}" if tracking is None else tracking,
        carrier=rehearsal.carrier,
        service_level=rehearsal.service,
        lines=tuple(_told(box.order, line, units) for line, units in box.units.items()),
    )


def numbered(boxes: Sequence[Box], rehearsal: Rehearsal, now: datetime) -> list[ShipmentConfirmation]:
    """What the cart is told of several boxes, each under a number of its own."""
    return [confirmation_of(box, rehearsal, now, number=place) for place, box in enumerate(boxes, 1)]


def _told(order: Order, line_id: str, units: int) -> ConfirmedLine:
    line = order.line(line_id)
    assert line is not None, f"order {order.external_id} allocates units of line {line_id}, which it does not have"
    return ConfirmedLine(order_line_id=line_id, sku=line.sku, product_id=line.product_id, quantity=units)
