"""What is to leave from where: an order's fulfillments, checked against its lines; pure."""

from collections import Counter

from crossdock.domain import Allocation
from crossdock_channeladvisor.models import VendorFulfillment, VendorFulfillmentItem, VendorItem, VendorOrder
from crossdock_channeladvisor.orders.parts import Refused, has_left, is_ours, is_void
from crossdock_channeladvisor.orders.recorded import is_cancelled
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


def allocations_of(order: VendorOrder, settings: ChannelAdvisorSettings) -> tuple[Allocation, ...]:
    """What is to leave, or left, from the centres that are ours; the parts of others are checked and left out."""
    items = {item.id: item for item in order.items or ()}
    held = Counter[int]()
    allocations: list[Allocation] = []
    for part in order.fulfillments or ():
        for item, row in [] if is_void(part) else _units(part, items):
            held[item.id] += row.quantity
            if is_ours(part, settings):
                allocations.append(_allocation(item, row, part))
    _check_held(items, held)
    return tuple(allocations)


def _allocation(item: VendorItem, row: VendorFulfillmentItem, part: VendorFulfillment) -> Allocation:
    return Allocation(
        line_id=str(item.id),
        distribution_center=str(part.distribution_center_id),
        quantity=row.quantity,
        reference=str(part.id),
        shipped=has_left(part),
    )


def _units(part: VendorFulfillment, items: dict[int, VendorItem]) -> list[tuple[VendorItem, VendorFulfillmentItem]]:
    """The rows of whole units; rows of a bundle's components beside those of the bundle are passed over."""
    rows = [(_item_of(row, part, items), row) for row in part.items or ()]
    whole = [(item, row) for item, row in rows if row.quantity and not _is_component(row, item)]
    in_pieces = {item.id for item, row in rows if _is_component(row, item)} - {item.id for item, _ in whole}
    if in_pieces:
        raise Refused(f"line {min(in_pieces)} is a bundle, but fulfillment {part.id} holds only components of it")
    return whole


def _item_of(row: VendorFulfillmentItem, part: VendorFulfillment, items: dict[int, VendorItem]) -> VendorItem:
    item = items.get(row.order_item_id) if row.order_item_id is not None else None
    if item is None:
        raise Refused(f"fulfillment {part.id} holds line {row.order_item_id}, which the order does not have")
    if row.quantity < 0:
        raise Refused(f"fulfillment {part.id} holds {row.quantity} of line {item.id}")
    return item


def _is_component(row: VendorFulfillmentItem, item: VendorItem) -> bool:
    """Whether a row names a part of the bundle instead of the bundle (assumed not to occur)."""
    if row.product_id == item.product_id or row.product_id is None:
        return False
    return any(part.product_id == row.product_id for part in item.bundle_components or ())


def _check_held(items: dict[int, VendorItem], held: Counter[int]) -> None:
    """Refuse fulfillments by which too much of a line would leave."""
    for id_, quantity in held.items():
        if quantity > items[id_].quantity:
            raise Refused(f"line {id_} has the quantity {items[id_].quantity}, but its fulfillments hold {quantity}")


def check_assigned(order: VendorOrder) -> None:
    """Refuse an order that others ship in part, if one of its lines could be taken for theirs and never leave."""
    assigned = {row.order_item_id for part in order.fulfillments or () for row in part.items or ()}
    for item in order.items or ():
        if item.id not in assigned and not is_cancelled(item):
            raise Refused(f"others ship a part of it, and line {item.id} is in no fulfillment: nobody would ship it")
