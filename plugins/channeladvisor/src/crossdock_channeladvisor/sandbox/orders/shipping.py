"""`POST /v1/Orders(ID)/Ship`: what is accepted, and what it does to the fulfillments of an order.

Assumed, because no source says: a fulfillment is split inside its distribution centre; a call that names a centre can
only take what is open there; a date more than a minute ahead is refused. A repeated call ships again while something is
open. Fulfillments of an external centre (FBA) and of cancelled orders cannot be shipped.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import Struct, structs

from crossdock_channeladvisor.sandbox.catalogue import AMAZON, FBA
from crossdock_channeladvisor.sandbox.documents import Fulfillment, FulfillmentItem, Order, Text
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.odata.bodies import check_past, read_body
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.pieces import (
    SHIPPED,
    is_cancelled,
    open_fulfillments,
    open_quantities,
    shipping_status,
)
from crossdock_channeladvisor.sandbox.orders.sale import Sale


class ShipItem(Struct, forbid_unknown_fields=True, kw_only=True):
    """So many pieces of one line."""

    OrderItemID: int | None = None
    ProductID: int | None = None
    Sku: Text = None
    Quantity: int
    SellerFulfillmentItemID: Text = None
    ReferenceSku: Text = None


class ShipOrderRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """What left, and how."""

    ShippedDateUtc: Text = None
    TrackingNumber: Text = None
    TrackingUrl: Text = None
    ReturnTrackingNumber: Text = None
    SerialShippingContainerCode: Text = None
    ShippingCarrier: Text = None
    ShippingClass: Text = None
    DistributionCenterID: int | None = None
    SellerFulfillmentID: str | int | None = None
    DeliveryStatus: Text = None
    FulfillmentType: Text = None
    PreventMarketplaceCommunication: bool = False
    Items: list[ShipItem] | None = None


class ShipCall(Struct, forbid_unknown_fields=True):
    """The action's body: everything sits in `Value`."""

    Value: ShipOrderRequest


def ship(account: Account, order_id: int, body: bytes) -> None:
    """Ship (a part of) an order; raises 400 with the reason, having done nothing."""
    sale = account.sale(order_id)
    request = read_body(body, ShipCall).Value
    check_order(sale.order)
    _check_request(account, sale.order, request)
    wanted = _wanted(sale.order, request)
    sources = _sources(sale.order, request, wanted)
    shipped = [_take(account, sale.order, source, wanted, request) for source in sources]
    settle(account, sale, shipped, told_by(request, request.DistributionCenterID))


def check_order(order: Order) -> None:
    """Refuse an order that the seller cannot ship."""
    if is_cancelled(order):
        raise BadQuery(f"Order {order.ID} is cancelled and cannot be shipped.")
    if order.DistributionCenterTypeRollup == "ExternallyManaged" or order.ShippingStatus == "ThirdPartyManaged":
        raise BadQuery(f"Order {order.ID} is managed by an external fulfillment service and cannot be shipped.")


def _check_request(account: Account, order: Order, request: ShipOrderRequest) -> None:
    if request.DistributionCenterID == FBA:
        raise BadQuery(f"Distribution center {FBA} is externally managed; its fulfillments cannot be shipped.")
    if request.DeliveryStatus not in (None, *SHIPPED):
        raise BadQuery(f"DeliveryStatus '{request.DeliveryStatus}' does not ship an order.")
    check_carrier(account, request.ShippingCarrier, request.ShippingClass)
    check_past("ShippedDateUtc", request.ShippedDateUtc, account.now())
    check_number(order, request.SellerFulfillmentID)


def check_carrier(account: Account, carrier: str | None, service: str | None) -> None:
    """Refuse a pair of carrier and class that the account does not have."""
    if (carrier or service) and service not in account.options.carriers.get(carrier or "", ()):
        raise BadQuery(f"The shipping carrier '{carrier}' and class '{service}' are not valid for this account.")


def check_number(order: Order, number: str | int | None) -> None:
    """Refuse a shipment number of the seller that the marketplace would not take."""
    if order.SiteID == AMAZON.id and number is not None and not str(number).isdecimal():
        raise BadQuery(f"SellerFulfillmentID '{number}' must be an integer for {order.SiteName}.")


def _wanted(order: Order, request: ShipOrderRequest) -> Counter[int]:
    """Pieces per line that the call ships; all that is open when it names none."""
    open_pieces = open_quantities(order, request.DistributionCenterID)
    if not open_pieces:
        raise BadQuery(f"Order {order.ID} has nothing left to ship.")
    if request.Items is None:
        return open_pieces
    wanted = _asked(order, request.Items)
    for line, quantity in wanted.items():
        if quantity > open_pieces[line]:
            raise BadQuery(f"Quantity {quantity} of item {line} exceeds the {open_pieces[line]} that can be shipped.")
    return wanted


def _asked(order: Order, items: list[ShipItem]) -> Counter[int]:
    known = {item.ID for item in order.Items}
    asked: Counter[int] = Counter()
    for item in items:
        if item.OrderItemID not in known:
            raise BadQuery(f"Item {item.OrderItemID} does not belong to order {order.ID}.")
        if item.Quantity <= 0:
            raise BadQuery(f"Quantity {item.Quantity} of item {item.OrderItemID} must be positive.")
        asked[item.OrderItemID] += item.Quantity
    if not asked:
        raise BadQuery("The request is invalid. Items is empty.")
    return asked


def _sources(order: Order, request: ShipOrderRequest, wanted: Counter[int]) -> list[Fulfillment]:
    """The open fulfillments that the pieces are taken from, in their order."""
    left, sources = Counter(wanted), []
    for fulfillment in open_fulfillments(order, request.DistributionCenterID):
        taken = Counter({row.OrderItemID: min(row.Quantity, left[row.OrderItemID]) for row in fulfillment.Items})
        left -= taken
        if +taken:
            sources.append(fulfillment)
    return sources


def _take(
    account: Account, order: Order, source: Fulfillment, left: Counter[int], request: ShipOrderRequest
) -> Fulfillment:
    """Ship the wanted pieces of one fulfillment; what stays behind stays open."""
    taken: list[FulfillmentItem] = []
    for row in source.Items:
        quantity = min(row.Quantity, left[row.OrderItemID])
        left[row.OrderItemID] -= quantity
        row.Quantity -= quantity
        if quantity:
            taken.append(_moved(account, row, quantity))
    source.Items = [row for row in source.Items if row.Quantity]
    shipment = _split_off(account, order, source) if source.Items else source
    shipment.Items = taken
    _send(account, shipment, request)
    return shipment


def _moved(account: Account, row: FulfillmentItem, quantity: int) -> FulfillmentItem:
    row_id = next(account.new_ids) if row.Quantity else row.ID
    return structs.replace(row, ID=row_id, Quantity=quantity)


def _split_off(account: Account, order: Order, source: Fulfillment) -> Fulfillment:
    shipment = structs.replace(source, ID=next(account.new_ids), CreatedDateUtc=account.stamp())
    order.Fulfillments.append(shipment)
    return shipment


def _send(account: Account, shipment: Fulfillment, request: ShipOrderRequest) -> None:
    shipment.TrackingNumber, shipment.TrackingUrl = request.TrackingNumber, request.TrackingUrl
    shipment.ReturnTrackingNumber = request.ReturnTrackingNumber
    shipment.SerialShippingContainerCode = request.SerialShippingContainerCode
    if request.ShippingCarrier:
        shipment.ShippingCarrier, shipment.ShippingClass = request.ShippingCarrier, request.ShippingClass
    if request.SellerFulfillmentID is not None:
        shipment.SellerFulfillmentID = str(request.SellerFulfillmentID)
    shipment.ShippedDateUtc = request.ShippedDateUtc
    depart(account, shipment, request.DeliveryStatus or "Complete", silent=request.PreventMarketplaceCommunication)


def depart(account: Account, shipment: Fulfillment, status: str, *, silent: bool = False) -> None:
    """The goods of a fulfillment have left; the marketplace is told (or not) and answers in its own time."""
    at_once = account.options.marketplace_answers == "at_once"
    shipment.DeliveryStatus = status
    shipment.ExternalFulfillmentStatus = "Complete"
    shipment.UpdatedDateUtc = account.stamp()
    shipment.ShippedDateUtc = shipment.ShippedDateUtc or shipment.UpdatedDateUtc
    for row in shipment.Items:
        row.FulfillmentID = shipment.ID
        row.MarketplaceShippingStatus = (
            "CompletedWithoutNotification" if silent else "Complete" if at_once else "Pending"
        )


def told_by(call: Any, center: int | None) -> dict[str, Any]:
    """What the seller told of a shipment, by a call that ships or by the fulfillment itself."""
    number = call.SellerFulfillmentID
    return {
        "tracking": call.TrackingNumber,
        "seller_fulfillment_id": None if number is None else str(number),
        "carrier": call.ShippingCarrier,
        "class": call.ShippingClass,
        "distribution_center": center,
    }


def settle(account: Account, sale: Sale, shipped: Iterable[Fulfillment], told: dict[str, Any]) -> None:
    """What follows for the order from fulfillments that have just left together."""
    pieces: Counter[int] = Counter()
    for fulfillment in shipped:
        for row in fulfillment.Items:
            pieces[row.OrderItemID] += row.Quantity
    sale.order.ShippingStatus = shipping_status(sale.order)
    sale.order.ShippingDateUtc = account.stamp()
    sale.ships = (*sale.ships, told | {"items": {str(line): quantity for line, quantity in pieces.items()}})
    account.changed(sale)
