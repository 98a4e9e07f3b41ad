"""The marketplaces answer: to shipments and adjustments that wait for them (`marketplace_answers` "by_hand").

Assumed: what is refused stays as the seller made it; only the status tells, and the words in `Comment`.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from crossdock_channeladvisor.sandbox.documents import FulfillmentItem, OrderAdjustment
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.pieces import SHIPPED
from crossdock_channeladvisor.sandbox.orders.sale import Sale


class Answer(Struct, forbid_unknown_fields=True, kw_only=True):
    """The answer to all that waits, or to what waits of one order or one kind."""

    answer: Literal["accept", "refuse"]
    order: int | None = None
    what: Literal["shipments", "adjustments"] | None = None
    comment: str = "The marketplace has refused the request."


def answer_waiting(account: Account, answer: Answer) -> dict[str, int]:
    """How many shipped rows and adjustments got their answer."""
    sales = account.sales if answer.order is None else [account.sale(answer.order)]
    answered = {"shipments": 0, "adjustments": 0}
    for sale in sales:
        shipments = _answer_shipments(sale, answer) if answer.what != "adjustments" else 0
        adjustments = _answer_adjustments(sale, answer) if answer.what != "shipments" else 0
        answered["shipments"] += shipments
        answered["adjustments"] += adjustments
        if shipments or adjustments:
            account.changed(sale)
    return answered


def _answer_shipments(sale: Sale, answer: Answer) -> int:
    waiting = list(_waiting_rows(sale))
    for row in waiting:
        row.MarketplaceShippingStatus = "Complete" if answer.answer == "accept" else "Failed"
    return len(waiting)


def _waiting_rows(sale: Sale) -> Iterator[FulfillmentItem]:
    shipped = (each for each in sale.order.Fulfillments if each.DeliveryStatus in SHIPPED)
    return (row for each in shipped for row in each.Items if row.MarketplaceShippingStatus == "Pending")


def _answer_adjustments(sale: Sale, answer: Answer) -> int:
    by_line = (row for item in sale.order.Items for row in item.Adjustments)
    rows: list[OrderAdjustment] = [*sale.order.Adjustments, *by_line]
    waiting = [row for row in rows if row.RequestStatus == "SubmittedNotProcessed"]
    for row in waiting:
        accepted = answer.answer == "accept"
        row.RequestStatus = "PostProcessingComplete" if accepted else "Error"
        row.Comment = None if accepted else answer.comment
        row.LastUpdatedSource = "Channel"
    return len(waiting)
