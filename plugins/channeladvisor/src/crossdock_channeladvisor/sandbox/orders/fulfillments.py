"""Changes of fulfillments: a new one, edits, pieces that move from one to another, accepting and refusing.

A PATCH that leaves `DeliveryStatus` out ships the fulfillment, as documented; `NoChange` edits without shipping.
Assumed, because no source says: `Complete` and `InTransit` ship, once only; `ReadyForPickup`, `Confirmed`,
`PickAndPack`, `LabelCreated` and `Held` are kept and leave it open; the other words are refused. Nothing of a cancelled
or external fulfillment can be changed, nor the centre of one that has left. Pieces move between open fulfillments of
one order; an emptied one stays. `Confirm` makes it Confirmed; `Deny` makes its external status Failed.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, structs

from crossdock_channeladvisor.sandbox.catalogue import DISTRIBUTION_CENTERS, FBA
from crossdock_channeladvisor.sandbox.documents import Fulfillment, FulfillmentItem, Order, Text
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.odata.bodies import check_past, given, read_body
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.pieces import CLOSED, SHIPPED, is_open, open_fulfillments
from crossdock_channeladvisor.sandbox.orders.shipping import (
    check_carrier,
    check_number,
    check_order,
    depart,
    settle,
    told_by,
)

MaybeText = Text | UnsetType
Delivery = Literal[
    "NoChange", "InTransit", "ReadyForPickup", "Complete", "Confirmed", "PickAndPack", "LabelCreated", "Held"
]
External = Literal["New", "Pending", "Sent", "Processing", "Complete", "Held", "Failed"]


class NewFulfillment(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which order gets one more fulfillment."""

    OrderID: int
    ProfileID: int


class FulfillmentEdit(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a seller can change of a fulfillment."""

    DeliveryStatus: Delivery = "Complete"
    Type: Literal["Ship", "Pickup", "ShipToStore", "Courier"] | UnsetType = UNSET
    TrackingNumber: MaybeText = UNSET
    TrackingUrl: MaybeText = UNSET
    ReturnTrackingNumber: MaybeText = UNSET
    SerialShippingContainerCode: MaybeText = UNSET
    ShippingCarrier: MaybeText = UNSET
    ShippingClass: MaybeText = UNSET
    DistributionCenterID: int | UnsetType = UNSET
    ExternalFulfillmentCenterCode: MaybeText = UNSET
    ExternalFulfillmentStatus: External | UnsetType = UNSET
    ExternalFulfillmentNumber: MaybeText = UNSET
    ExternalFulfillmentReferenceNumber: MaybeText = UNSET
    ShippedDateUtc: MaybeText = UNSET
    SellerFulfillmentID: str | int | UnsetType | None = UNSET
    ShippingCost: float | UnsetType = UNSET
    InsuranceCost: float | UnsetType = UNSET
    TaxCost: float | UnsetType = UNSET


class WholeMove(Struct, forbid_unknown_fields=True):
    """Where all pieces go; the documentation shows the id as text."""

    DestinationFulfillmentID: int | str


class PartMove(Struct, forbid_unknown_fields=True):
    """Where so many pieces of a line go."""

    DestinationFulfillmentID: int | str
    Quantity: int


def create(account: Account, body: bytes) -> Fulfillment:
    """One more fulfillment, still empty."""
    wish = read_body(body, NewFulfillment)
    sale = account.sale(wish.OrderID)
    check_order(sale.order)
    if wish.ProfileID != sale.order.ProfileID:
        raise BadQuery(f"Order {wish.OrderID} does not belong to profile {wish.ProfileID}.")
    now = account.stamp()
    fulfillment = Fulfillment(
        ID=next(account.new_ids), ProfileID=wish.ProfileID, OrderID=wish.OrderID, CreatedDateUtc=now, UpdatedDateUtc=now
    )
    sale.order.Fulfillments.append(fulfillment)
    account.changed(sale)
    return fulfillment


def edit(account: Account, fulfillment_id: int, body: bytes) -> None:
    """Change a fulfillment, and ship it unless told otherwise; raises 400 with the reason, having done nothing."""
    sale, fulfillment = account.row("Fulfillments", fulfillment_id)
    wish = read_body(body, FulfillmentEdit)
    _check_changeable(sale.order, fulfillment)
    _check_edit(account, sale.order, fulfillment, wish)
    changes = given(wish)
    status = changes.pop("DeliveryStatus")
    if isinstance(number := changes.get("SellerFulfillmentID"), int):
        changes["SellerFulfillmentID"] = str(number)
    for name, value in changes.items():
        setattr(fulfillment, name, value)
    fulfillment.UpdatedDateUtc = account.stamp()
    if fulfillment.DeliveryStatus in SHIPPED or status == "NoChange":
        account.changed(sale)
    elif status in SHIPPED:
        depart(account, fulfillment, status)
        settle(account, sale, [fulfillment], told_by(fulfillment, fulfillment.DistributionCenterID))
    else:
        fulfillment.DeliveryStatus = status
        account.changed(sale)


def _check_changeable(order: Order, fulfillment: Fulfillment) -> None:
    check_order(order)
    if fulfillment.DistributionCenterID == FBA:
        raise BadQuery(f"Fulfillment {fulfillment.ID} is externally managed and cannot be changed.")
    if not is_open(fulfillment) and fulfillment.DeliveryStatus not in SHIPPED:
        raise BadQuery(f"Fulfillment {fulfillment.ID} is {fulfillment.DeliveryStatus} and cannot be changed.")


def _check_edit(account: Account, order: Order, fulfillment: Fulfillment, wish: FulfillmentEdit) -> None:
    changes = given(wish)
    merged = {name: changes.get(name, getattr(fulfillment, name)) for name in ("ShippingCarrier", "ShippingClass")}
    if merged.keys() & changes.keys():
        check_carrier(account, merged["ShippingCarrier"], merged["ShippingClass"])
    check_past("ShippedDateUtc", changes.get("ShippedDateUtc"), account.now())
    check_number(order, changes.get("SellerFulfillmentID"))
    if "DistributionCenterID" in changes:
        _check_center(fulfillment, changes["DistributionCenterID"])
    if wish.DeliveryStatus in SHIPPED and not fulfillment.Items:
        raise BadQuery(f"Fulfillment {fulfillment.ID} has no items and cannot be shipped.")


def _check_center(fulfillment: Fulfillment, center_id: int) -> None:
    center = DISTRIBUTION_CENTERS.get(center_id)
    if center is None or center.IsDeleted or center.IsExternallyManaged:
        raise BadQuery(f"Distribution center {center_id} is not one that a fulfillment can be given to.")
    if fulfillment.DeliveryStatus in CLOSED and center_id != fulfillment.DistributionCenterID:
        raise BadQuery(f"Fulfillment {fulfillment.ID} has left its distribution center.")


def move_all(account: Account, fulfillment_id: int, body: bytes) -> None:
    """All pieces of a fulfillment go to another one of the same order."""
    sale, source = account.row("Fulfillments", fulfillment_id)
    destination = _destination(sale.order, source, read_body(body, WholeMove).DestinationFulfillmentID)
    for row in list(source.Items):
        _move(account, source, destination, row, row.Quantity)
    account.changed(sale)


def move_item(account: Account, row_id: int, body: bytes) -> None:
    """So many pieces of a line go to another fulfillment of the same order."""
    sale, row = account.row("FulfillmentItems", row_id)
    wish = read_body(body, PartMove)
    source = next(each for each in sale.order.Fulfillments if any(held is row for held in each.Items))
    destination = _destination(sale.order, source, wish.DestinationFulfillmentID)
    if not 0 < wish.Quantity <= row.Quantity:
        raise BadQuery(f"Quantity {wish.Quantity} is not between 1 and the {row.Quantity} of item {row_id}.")
    _move(account, source, destination, row, wish.Quantity)
    account.changed(sale)


def _destination(order: Order, source: Fulfillment, destination_id: int | str) -> Fulfillment:
    found = next((each for each in order.Fulfillments if str(each.ID) == str(destination_id)), None)
    if found is None or found is source:
        raise BadQuery(f"Fulfillment {destination_id} is not another fulfillment of order {order.ID}.")
    for fulfillment in (source, found):
        if not is_open(fulfillment):
            raise BadQuery(f"Fulfillment {fulfillment.ID} is not open; nothing can be moved.")
    return found


def _move(account: Account, source: Fulfillment, destination: Fulfillment, row: FulfillmentItem, quantity: int) -> None:
    """Pieces change their fulfillment; those of one line lie in one row."""
    row.Quantity -= quantity
    source.Items = [held for held in source.Items if held.Quantity]
    there = next((each for each in destination.Items if each.OrderItemID == row.OrderItemID), None)
    if there is None:
        row_id = next(account.new_ids) if row.Quantity else row.ID
        moved = structs.replace(row, ID=row_id, FulfillmentID=destination.ID, Quantity=quantity)
        destination.Items.append(moved)
    else:
        there.Quantity += quantity
    source.UpdatedDateUtc = destination.UpdatedDateUtc = account.stamp()


def confirm(account: Account, fulfillment_id: int, body: bytes) -> None:
    """The seller accepts a fulfillment."""
    _decide(account, "Fulfillments", fulfillment_id, accept=True)


def deny(account: Account, fulfillment_id: int, body: bytes) -> None:
    """The seller refuses a fulfillment."""
    _decide(account, "Fulfillments", fulfillment_id, accept=False)


def confirm_order(account: Account, order_id: int, body: bytes) -> None:
    """The seller accepts every open fulfillment of an order."""
    _decide(account, "Orders", order_id, accept=True)


def deny_order(account: Account, order_id: int, body: bytes) -> None:
    """The seller refuses every open fulfillment of an order."""
    _decide(account, "Orders", order_id, accept=False)


def _decide(account: Account, entity_set: str, row_id: int, *, accept: bool) -> None:
    sale, row = account.row(entity_set, row_id)
    check_order(sale.order)
    chosen = [each for each in open_fulfillments(sale.order) if row is sale.order or row is each]
    if not chosen:
        raise BadQuery(f"There is nothing open in {entity_set}({row_id}) to accept or refuse.")
    for fulfillment in chosen:
        if accept:
            fulfillment.DeliveryStatus = "Confirmed"
        else:
            fulfillment.ExternalFulfillmentStatus = "Failed"
        fulfillment.UpdatedDateUtc = account.stamp()
    account.changed(sale)
