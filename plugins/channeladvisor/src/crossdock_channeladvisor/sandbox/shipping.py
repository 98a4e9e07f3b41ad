"""`POST /v1/Orders(ID)/Ship`: what is accepted, and what it does to the fulfillments of an order.

Assumed, because no source says: a fulfillment is split inside its distribution centre; a call that names a centre can
only take what is open there; a date more than a minute ahead is refused. A repeated call ships again while something is
open. Fulfillments of an external centre (FBA) and of cancelled orders cannot be shipped.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from crossdock_channeladvisor.sandbox.account import Account, Sale
from crossdock_channeladvisor.sandbox.catalogue import AMAZON, FBA
from crossdock_channeladvisor.sandbox.documents import Fulfillment, FulfillmentItem, Order, Text
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.generator import stamp, stamp_now

SHIPPED = frozenset({"Complete", "InTransit"})
CLOSED = SHIPPED | {"Canceled", "ThirdPartyManaged"}
_CLOCK_SKEW = timedelta(minutes=1)


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


_CALLS = msgspec.json.Decoder(ShipCall)


def ship(account: Account, order_id: int, body: bytes) -> None:
    """Ship (a part of) an order; raises 400 with the reason, having done nothing."""
    sale = account.sale(order_id)
    request = _read(body)
    _check_order(sale.order)
    _check_request(account, sale.order, request)
    wanted = _wanted(sale.order, request)
    sources = _sources(sale.order, request, wanted)
    shipped = [_take(account, sale.order, source, wanted, request) for source in sources]
    _settle(account, sale, request, shipped)


def _read(body: bytes) -> ShipOrderRequest:
    try:
        return _CALLS.decode(body).Value
    except msgspec.MsgspecError as error:
        raise BadQuery(f"The request is invalid. {error}") from error


def _check_order(order: Order) -> None:
    if order.ShippingStatus == "Canceled" or order.CheckoutStatus == "Disabled":
        raise BadQuery(f"Order {order.ID} is cancelled and cannot be shipped.")
    if order.DistributionCenterTypeRollup == "ExternallyManaged":
        raise BadQuery(f"Order {order.ID} is managed by an external fulfillment service and cannot be shipped.")


def _check_request(account: Account, order: Order, request: ShipOrderRequest) -> None:
    if request.DistributionCenterID == FBA:
        raise BadQuery(f"Distribution center {FBA} is externally managed; its fulfillments cannot be shipped.")
    if request.DeliveryStatus not in (None, *SHIPPED):
        raise BadQuery(f"DeliveryStatus '{request.DeliveryStatus}' does not ship an order.")
    _check_carrier(account, request)
    _check_date(request.ShippedDateUtc)
    number = request.SellerFulfillmentID
    if order.SiteID == AMAZON.id and number is not None and not str(number).isdecimal():
        raise BadQuery(f"SellerFulfillmentID '{number}' must be an integer for {order.SiteName}.")


def _check_carrier(account: Account, request: ShipOrderRequest) -> None:
    carrier, service = request.ShippingCarrier, request.ShippingClass
    if (carrier or service) and service not in account.options.carriers.get(carrier or "", ()):
        raise BadQuery(f"The shipping carrier '{carrier}' and class '{service}' are not valid for this account.")


def _check_date(text: str | None) -> None:
    if text is None:
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"The request is invalid. ShippedDateUtc '{text}' is not a date.") from error
    if moment.tzinfo is None:
        raise BadQuery(f"The request is invalid. ShippedDateUtc '{text}' has no offset.")
    if moment > datetime.now(UTC) + _CLOCK_SKEW:
        raise BadQuery(f"ShippedDateUtc {text} is in the future.")


def _open(order: Order, center: int | None) -> list[Fulfillment]:
    return [
        fulfillment
        for fulfillment in order.Fulfillments
        if fulfillment.DeliveryStatus not in CLOSED
        and fulfillment.DistributionCenterID != FBA
        and center in (None, fulfillment.DistributionCenterID)
    ]


def open_quantities(order: Order, center: int | None = None) -> Counter[int]:
    """How many pieces of each line have not left yet (from one distribution centre, or from all of the seller's)."""
    pieces: Counter[int] = Counter()
    for fulfillment in _open(order, center):
        for row in fulfillment.Items:
            pieces[row.OrderItemID] += row.Quantity
    return +pieces


def shipped_quantities(order: Order) -> Counter[int]:
    """How many pieces of each line have left."""
    pieces: Counter[int] = Counter()
    for fulfillment in order.Fulfillments:
        if fulfillment.DeliveryStatus in SHIPPED:
            for row in fulfillment.Items:
                pieces[row.OrderItemID] += row.Quantity
    return pieces


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
    for fulfillment in _open(order, request.DistributionCenterID):
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
    _send(shipment, request)
    return shipment


def _moved(account: Account, row: FulfillmentItem, quantity: int) -> FulfillmentItem:
    row_id = next(account.new_ids) if row.Quantity else row.ID
    return msgspec.structs.replace(row, ID=row_id, Quantity=quantity, MarketplaceShippingStatus="Complete")


def _split_off(account: Account, order: Order, source: Fulfillment) -> Fulfillment:
    shipment = msgspec.structs.replace(source, ID=next(account.new_ids), CreatedDateUtc=stamp_now())
    order.Fulfillments.append(shipment)
    return shipment


def _send(shipment: Fulfillment, request: ShipOrderRequest) -> None:
    shipment.DeliveryStatus = request.DeliveryStatus or "Complete"
    shipment.ExternalFulfillmentStatus = "Complete"
    shipment.TrackingNumber, shipment.TrackingUrl = request.TrackingNumber, request.TrackingUrl
    shipment.ReturnTrackingNumber = request.ReturnTrackingNumber
    if request.ShippingCarrier:
        shipment.ShippingCarrier, shipment.ShippingClass = request.ShippingCarrier, request.ShippingClass
    if request.SellerFulfillmentID is not None:
        shipment.SellerFulfillmentID = str(request.SellerFulfillmentID)
    now = stamp(datetime.now(UTC))
    shipment.ShippedDateUtc = request.ShippedDateUtc or now
    shipment.UpdatedDateUtc = now
    for row in shipment.Items:
        row.FulfillmentID = shipment.ID


def _settle(account: Account, sale: Sale, request: ShipOrderRequest, shipped: list[Fulfillment]) -> None:
    order = sale.order
    order.ShippingStatus = "PartiallyShipped" if open_quantities(order) else "Shipped"
    order.ShippingDateUtc = stamp_now()
    sale.ships = (*sale.ships, _accepted(request, shipped))
    account.changed(sale)


def _accepted(request: ShipOrderRequest, shipped: list[Fulfillment]) -> dict[str, Any]:
    pieces: Counter[int] = Counter()
    for fulfillment in shipped:
        for row in fulfillment.Items:
            pieces[row.OrderItemID] += row.Quantity
    return {
        "tracking": request.TrackingNumber,
        "seller_fulfillment_id": None if request.SellerFulfillmentID is None else str(request.SellerFulfillmentID),
        "carrier": request.ShippingCarrier,
        "class": request.ShippingClass,
        "distribution_center": request.DistributionCenterID,
        "items": {str(line): quantity for line, quantity in pieces.items()},
    }
