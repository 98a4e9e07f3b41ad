"""How an order stands at the cart: what left, what was cancelled or refunded, and what became of it; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossdock_channeladvisor.models import (
    VendorAdjustment,
    VendorDocument,
    VendorFulfillment,
    VendorFulfillmentItem,
    VendorItem,
)
from crossdock_channeladvisor.orders.parts import has_left, is_void


class OrderStanding(VendorDocument):
    """An order without who bought it and what it costs; collections that were not asked for are empty."""

    id: int
    site_id: int | None = None
    site_name: str | None = None
    checkout_status: str | None = None
    shipping_status: str | None = None
    items: tuple[VendorItem, ...] | None = ()
    fulfillments: tuple[VendorFulfillment, ...] | None = ()
    adjustments: tuple[VendorAdjustment, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Units:
    """So many units of one line are still to leave, and so many have left; what was cancelled is neither."""

    open: int = 0
    shipped: int = 0

    def __add__(self, other: "Units") -> "Units":
        return Units(self.open + other.open, self.shipped + other.shipped)


def in_units(many: int) -> str:
    """So many units, in words."""
    return f"{many} unit" if many == 1 else f"{many} units"


def units_by_line(order: OrderStanding) -> Mapping[str, Units]:
    """How the units of each line stand, as the order's fulfillments tell."""
    units = {str(item.id): Units() for item in order.items or ()}
    parts = _parts_by_line(order)
    for fulfillment in order.fulfillments or ():
        if is_void(fulfillment):
            continue
        for line, quantity in _held(fulfillment, parts):
            moved = Units(shipped=quantity) if has_left(fulfillment) else Units(open=quantity)
            units[line] = units.get(line, Units()) + moved
    return units


def held_units(fulfillment: VendorFulfillment, order: OrderStanding) -> Mapping[str, int]:
    """How many units of each line one fulfillment holds."""
    held: dict[str, int] = {}
    for line, quantity in _held(fulfillment, _parts_by_line(order)):
        held[line] = held.get(line, 0) + quantity
    return held


def _parts_by_line(order: OrderStanding) -> Mapping[str, frozenset[int]]:
    """The products that are a bundle's components and not the bundle itself."""
    return {
        str(item.id): frozenset(part.product_id for part in item.bundle_components or ()) - {item.product_id or 0}
        for item in order.items or ()
    }


def _held(fulfillment: VendorFulfillment, parts: Mapping[str, frozenset[int]]) -> Sequence[tuple[str, int]]:
    """Units by line; rows of a bundle's components beside the bundle's own are passed over."""
    return [(str(row.order_item_id), row.quantity) for row in fulfillment.items or () if not _is_part(row, parts)]


def _is_part(row: VendorFulfillmentItem, parts: Mapping[str, frozenset[int]]) -> bool:
    return row.product_id in parts.get(str(row.order_item_id), ())
