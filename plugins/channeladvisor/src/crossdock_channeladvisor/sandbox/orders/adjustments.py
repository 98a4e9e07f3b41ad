"""`POST /v1/Orders(ID)/Adjust` and `/v1/OrderItems(ID)/Adjust`: cancel what has not left, refund what has.

The body stands by itself, without a `Value` around it; an empty one means everything. Pieces that have not left go
first unless `RefundOnly`. Amounts are ignored before shipment; after it, those left out are prorated by quantity if
none is given or `ForceCalculateOmittedAmounts` says so.

Assumed, because no source says: otherwise an amount left out is 0; amounts on a shipped line without a quantity give
back money alone; `Quantity` of the line stays what was ordered; cancelled pieces leave their fulfillment, and one whose
last pieces are cancelled keeps them and is Canceled; a call that does both leaves two rows; an order's adjustment has
its rows at the order, a line's at the line; a failed request does not put pieces back; `PreventSiteProcessing` is done
at once and does not ask what the site supports.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec import Struct

from crossdock_channeladvisor.sandbox.documents import Order, OrderAdjustment, OrderItem, OrderItemAdjustment, Text
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.odata.bodies import read_body
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.money import AMOUNTS, Amounts, exact, left, share
from crossdock_channeladvisor.sandbox.orders.pieces import (
    is_cancelled,
    open_fulfillments,
    open_quantities,
    shipped_quantities,
    shipping_status,
)
from crossdock_channeladvisor.sandbox.orders.sale import Adjusted, Kind, Sale
from crossdock_channeladvisor.sandbox.orders.sites import REASONS, abilities_of

NOTHING: Amounts = dict.fromkeys(AMOUNTS, Decimal())


class Wish(Struct, forbid_unknown_fields=True, kw_only=True):
    """What both calls take."""

    Reason: str = "GeneralAdjustment"
    SellerAdjustmentID: Text = None
    PreventSiteProcessing: bool = False
    Restock: bool = False
    RefundOnly: bool = False


class OrderWish(Wish, forbid_unknown_fields=True, kw_only=True):
    """The body of an order's adjustment."""

    AdjustmentAmount: float | None = None


class LineWish(Wish, forbid_unknown_fields=True, kw_only=True):
    """The body of a line's adjustment."""

    Quantity: int | None = None
    ItemAdjustment: float | None = None
    TaxAdjustment: float | None = None
    ShippingAdjustment: float | None = None
    ShippingTaxAdjustment: float | None = None
    GiftWrapAdjustment: float | None = None
    GiftWrapTaxAdjustment: float | None = None
    RecyclingFeeAdjustment: float | None = None
    ForceCalculateOmittedAmounts: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One row to be: the pieces by line (none: only money) and what they come to."""

    kind: Kind
    pieces: Counter[int]
    amounts: Amounts


def adjust_order(account: Account, order_id: int, body: bytes) -> None:
    """Cancel what is open of an order and refund what has left; raises 400 with the reason, having done nothing."""
    sale = account.sale(order_id)
    wish = read_body(body or b"{}", OrderWish)
    _check_reason(wish)
    parts = _order_parts(sale, wish)
    if not wish.PreventSiteProcessing:
        _check_site(account, sale.order, parts, "order")
    _carry_out(account, sale, parts, wish, None)


def adjust_line(account: Account, line_id: int, body: bytes) -> None:
    """Cancel or refund (some pieces of) a line; raises 400 with the reason, having done nothing."""
    sale, item = account.row("OrderItems", line_id)
    wish = read_body(body or b"{}", LineWish)
    _check_reason(wish)
    parts = _line_parts(sale, item, wish)
    if not wish.PreventSiteProcessing:
        _check_site(account, sale.order, parts, "item")
        _check_partial(account, sale, item, parts)
    _carry_out(account, sale, parts, wish, item)


def buyer_cancels(account: Account, order_id: int, line_id: int | None, quantity: int | None) -> None:
    """The buyer has cancelled at the marketplace: an order, or (some pieces of) a line, as far as it has not left."""
    sale = account.sale(order_id)
    item = None if line_id is None else account.row("OrderItems", line_id)[1]
    pieces = cancellable(sale)
    if item is not None:
        pieces = Counter({item.ID: pieces[item.ID] if quantity is None else min(quantity, pieces[item.ID])})
    if not +pieces:
        raise BadQuery(f"Order {order_id} has nothing left that its buyer can cancel.")
    part = Part("Cancellation", +pieces, _sum_of_shares(sale.order, +pieces))
    _carry_out(account, sale, [part], Wish(Reason="BuyerCancelled"), item, source="Channel")


def cancellable(sale: Sale) -> Counter[int]:
    """How many pieces of each line can be cancelled."""
    return Counter() if is_cancelled(sale.order) else open_quantities(sale.order)


def refundable(sale: Sale) -> Counter[int]:
    """How many pieces of each line have left and were not refunded."""
    return shipped_quantities(sale.order) - sale.units("Refund")


def _check_reason(wish: Wish) -> None:
    if wish.Reason not in REASONS:
        raise BadQuery(f"The request is invalid. There is no adjustment reason '{wish.Reason}'.")


def _order_parts(sale: Sale, wish: OrderWish) -> list[Part]:
    order, parts = sale.order, []
    if (to_cancel := cancellable(sale)) and not wish.RefundOnly:
        parts.append(Part("Cancellation", to_cancel, _sum_of_shares(order, to_cancel)))
    if to_refund := refundable(sale):
        if wish.AdjustmentAmount is None:
            parts.append(Part("Refund", to_refund, _sum_of_shares(order, to_refund)))
        else:
            parts.append(Part("Refund", Counter(), {**NOTHING, "ItemAdjustment": _checked_amount(order, wish)}))
    if not parts:
        raise BadQuery(f"Order {order.ID} has nothing left to {'refund' if wish.RefundOnly else 'adjust'}.")
    return parts


def _checked_amount(order: Order, wish: OrderWish) -> Decimal:
    amount = exact(wish.AdjustmentAmount)
    rows = [*order.Adjustments, *(row for item in order.Items for row in item.Adjustments)]
    back = sum((exact(getattr(row, name)) for row in rows for name in AMOUNTS), Decimal())
    if not 0 < amount <= exact(order.TotalPrice) - back:
        raise BadQuery(f"AdjustmentAmount {amount} is not between 0 and the {exact(order.TotalPrice) - back} left.")
    return amount


def _line_parts(sale: Sale, item: OrderItem, wish: LineWish) -> list[Part]:
    open_pieces = 0 if wish.RefundOnly else cancellable(sale)[item.ID]
    shipped = refundable(sale)[item.ID]
    amounts = {name: exact(given) for name in AMOUNTS if (given := getattr(wish, name)) is not None}
    if wish.Quantity is None and amounts and not open_pieces and shipped_quantities(sale.order)[item.ID]:
        return [Part("Refund", Counter(), _checked(item, {**NOTHING, **amounts}))]
    to_cancel, to_refund = _divided(item, wish.Quantity, open_pieces, shipped)
    parts = []
    if to_cancel:
        parts.append(Part("Cancellation", Counter({item.ID: to_cancel}), share(item, to_cancel)))
    if to_refund:
        start = NOTHING if amounts and not wish.ForceCalculateOmittedAmounts else share(item, to_refund)
        parts.append(Part("Refund", Counter({item.ID: to_refund}), _checked(item, {**start, **amounts})))
    return parts


def _divided(item: OrderItem, quantity: int | None, open_pieces: int, shipped: int) -> tuple[int, int]:
    """How many pieces are cancelled and how many refunded: those that have not left first."""
    if not open_pieces + shipped:
        raise BadQuery(f"Item {item.ID} has nothing left to adjust.")
    if quantity is None:
        return open_pieces, shipped
    if not 0 < quantity <= open_pieces + shipped:
        raise BadQuery(f"Quantity {quantity} of item {item.ID} is not between 1 and the {open_pieces + shipped} left.")
    to_cancel = min(quantity, open_pieces)
    return to_cancel, quantity - to_cancel


def _checked(item: OrderItem, amounts: Amounts) -> Amounts:
    for name, remaining in left(item).items():
        if not 0 <= amounts[name] <= remaining:
            raise BadQuery(f"{name} {amounts[name]} of item {item.ID} is not between 0 and the {remaining} left.")
    return amounts


def _sum_of_shares(order: Order, pieces: Counter[int]) -> Amounts:
    shares = [share(item, pieces[item.ID]) for item in order.Items if pieces[item.ID]]
    return {name: sum((each[name] for each in shares), Decimal()) for name in AMOUNTS}


def _check_site(account: Account, order: Order, parts: Sequence[Part], level: str) -> None:
    able = abilities_of(order.SiteID, account.options)
    for part in parts:
        what = f"{level}_{part.kind.lower()}s"
        if not getattr(able, what):
            raise BadQuery(f"{order.SiteName} does not support {what.replace('_', ' ')}.")


def _check_partial(account: Account, sale: Sale, item: OrderItem, parts: Sequence[Part]) -> None:
    """Refuse less than all that is left of a line where the site takes only whole lines."""
    if abilities_of(sale.order.SiteID, account.options).partial_quantities:
        return
    for part in parts:
        whole = (cancellable if part.kind == "Cancellation" else refundable)(sale)[item.ID]
        if part.pieces[item.ID] < whole:
            raise BadQuery(f"{sale.order.SiteName} does not support adjusting a part of a line's quantity.")


def _carry_out(
    account: Account, sale: Sale, parts: Sequence[Part], wish: Wish, item: OrderItem | None, source: str = "Api"
) -> None:
    for part in parts:
        if part.kind == "Cancellation":
            _cancel_pieces(account, sale.order, part.pieces)
        sale.adjusted += tuple(
            Adjusted(line, units, part.kind, source, wish.SellerAdjustmentID, wish.Restock, wish.PreventSiteProcessing)
            for line, units in (part.pieces or {None: 0}).items()
        )
        _add_row(account, sale.order, part, wish, item, source)
    account.changed(sale)


def _cancel_pieces(account: Account, order: Order, pieces: Counter[int]) -> None:
    wanted = Counter(pieces)
    for fulfillment in open_fulfillments(order):
        taken = [min(row.Quantity, wanted[row.OrderItemID]) for row in fulfillment.Items]
        wanted -= Counter({row.OrderItemID: units for row, units in zip(fulfillment.Items, taken, strict=True)})
        if fulfillment.Items and taken == [row.Quantity for row in fulfillment.Items]:
            fulfillment.DeliveryStatus = "Canceled"
        for row, units in zip(fulfillment.Items, taken, strict=True):
            row.Quantity -= 0 if fulfillment.DeliveryStatus == "Canceled" else units
        fulfillment.Items = [row for row in fulfillment.Items if row.Quantity]
        fulfillment.UpdatedDateUtc = account.stamp()
    if (status := shipping_status(order)) != "Unshipped":
        order.ShippingStatus, order.ShippingDateUtc = status, account.stamp()
    if status == "Canceled":
        order.CheckoutStatus = "Disabled"


def _add_row(account: Account, order: Order, part: Part, wish: Wish, item: OrderItem | None, source: str) -> None:
    waits = account.options.marketplace_answers == "by_hand" and source == "Api" and not wish.PreventSiteProcessing
    row: dict[str, Any] = {
        "CreatedSource": source,
        "LastUpdatedSource": source,
        "ID": next(account.new_ids),
        "ProfileID": order.ProfileID,
        "OrderID": order.ID,
        "IsRestock": wish.Restock,
        "Reason": wish.Reason,
        "Type": part.kind,
        "SellerAdjustmentID": wish.SellerAdjustmentID,
        "CreatedDateUtc": account.stamp(),
        "RequestStatus": "SubmittedNotProcessed" if waits else "PostProcessingComplete",
        "RestockStatus": "PostProcessingComplete" if wish.Restock else "NoChange",
        **{name: float(amount) for name, amount in part.amounts.items()},
    }
    if item is None:
        order.Adjustments.append(OrderAdjustment(**row))
    else:
        item.Adjustments.append(OrderItemAdjustment(**row, OrderItemID=item.ID, Quantity=part.pieces[item.ID]))
