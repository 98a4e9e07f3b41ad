"""What is to leave from where: an order's fulfillments, checked against its lines; pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from crossdock.domain import Allocation, ManagedBy
from crossdock_channeladvisor.models import VendorFulfillment, VendorFulfillmentItem, VendorItem, VendorOrder
from crossdock_channeladvisor.orders.parts import Refused, has_left, is_ours, is_void, tells_others_apart
from crossdock_channeladvisor.orders.recorded import cancelled_units, missing_units
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

ASSIGN_IT = "assign it to a distribution centre in ChannelAdvisor, and it is read again"


@dataclass(frozen=True, slots=True)
class Shares:
    """How fulfillments share out an order: what is to leave, or left, from the centres that are ours.

    `held` counts the units of each line in all fulfillments, ours and others', and `void` those in cancelled ones.
    """

    ours: tuple[Allocation, ...]
    held: Mapping[int, int]
    void: Mapping[int, int]


def shares_of(order: VendorOrder, settings: ChannelAdvisorSettings) -> Shares:
    """How the order's fulfillments share it out; refuses those by which too much of a line would leave."""
    items = {item.id: item for item in order.items or ()}
    held, void = Counter[int](), Counter[int]()
    ours: list[Allocation] = []
    for part in order.fulfillments or ():
        if is_void(part):
            void.update(_void_units(part, items))
            continue
        for item, row in _units(part, items):
            held[item.id] += row.quantity
            if is_ours(part, settings):
                ours.append(_allocation(item, row, part))
    _check_held(items, held)
    return Shares(tuple(ours), held, void)


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
    if row.order_item_id is None:
        raise Refused(f"fulfillment {part.id} holds a row without OrderItemID")
    item = items.get(row.order_item_id)
    if item is None:
        raise Refused(f"fulfillment {part.id} holds line {row.order_item_id}, which the order does not have")
    if row.quantity < 0:
        raise Refused(f"fulfillment {part.id} holds {row.quantity} of line {item.id}")
    return item


def _void_units(part: VendorFulfillment, items: Mapping[int, VendorItem]) -> Counter[int]:
    """The whole units of each line in a cancelled fulfillment; what does not belong there is passed over."""
    rows = ((items.get(row.order_item_id or 0), row) for row in part.items or ())
    units = Counter[int]()
    for item, row in rows:
        if item is not None and row.quantity > 0 and not _is_component(row, item):
            units[item.id] += row.quantity
    return units


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


def check_shared(order: VendorOrder, shares: Shares, manager: ManagedBy, settings: ChannelAdvisorSettings) -> None:
    """Refuse an order that may leave, and of which something would be lost, or shipped by somebody who should not."""
    _check_shown(order, manager, settings)
    if order.fulfillments and not any(shares.held.values()):
        raise Refused(f"its fulfillments hold nothing of it: {ASSIGN_IT}")
    for item in order.items or () if order.fulfillments else ():
        missing = item.quantity - shares.held.get(item.id, 0)
        if missing > max(missing_units(item, order, settings), shares.void.get(item.id, 0)):
            _refuse_loss(item, shares, manager)


def _check_shown(order: VendorOrder, manager: ManagedBy, settings: ChannelAdvisorSettings) -> None:
    """Refuse an order of which it is not told what leaves from where, unless it can only be ours as a whole.

    Every order has a fulfillment (documented). One without any is left to the pipeline's default centre only where
    nothing says that a part of it is another's or has left.
    """
    unseen = next((part for part in order.fulfillments or () if part.items is None and not is_void(part)), None)
    if unseen:
        raise Refused(f"it is not told what fulfillment {unseen.id} holds: look at it in ChannelAdvisor")
    if order.fulfillments:
        return
    begun = order.shipping_status == "PartiallyShipped"
    if order.fulfillments is None or begun or manager is ManagedBy.MIXED or tells_others_apart(settings):
        raise Refused(f"it shows no fulfillments, and every order has one: {ASSIGN_IT}")


def _refuse_loss(item: VendorItem, shares: Shares, manager: ManagedBy) -> None:
    """Refuse units that no fulfillment holds; a line of which none does is held by the engine, unless others ship too.

    Nobody could tell such a line from one that others ship.
    """
    if held := shares.held.get(item.id, 0):
        raise Refused(
            f"line {item.id} has the quantity {item.quantity}, but its fulfillments hold only {held}: assign the rest "
            f"to a distribution centre in ChannelAdvisor, or cancel it there, and it is read again{_unshown(item)}"
        )
    if manager is ManagedBy.MIXED:
        raise Refused(
            f"others ship a part of it, and line {item.id} is in no fulfillment: nobody would ship it; {ASSIGN_IT}"
            f"{_unshown(item)}"
        )


def _unshown(item: VendorItem) -> str:
    """What a list leaves out by the settings, and what might explain why units are in no fulfillment."""
    return "" if item.adjustments is not None else "; `list_details` with `Adjustments` would show what was cancelled"


def still_held(order: VendorOrder, shares: Shares) -> str:
    """Which cancelled units are still to leave from a centre of ours, in words; empty where none are.

    ChannelAdvisor takes them out of the fulfillments some time later (assumed); which of them, it alone decides.
    """
    to_ship = Counter[str]()
    for part in shares.ours:
        to_ship[part.line_id] += 0 if part.shipped else part.quantity
    for item in order.items or () if to_ship else ():
        cancelled, held = cancelled_units(item, order), shares.held.get(item.id, 0)
        if to_ship[str(item.id)] and cancelled + held > item.quantity:
            return (
                f"{cancelled} of the {item.quantity} units of line {item.id} are cancelled, and its fulfillments still "
                f"hold {held}"
            )
    return ""
