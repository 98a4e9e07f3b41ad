"""Cancellations and refunds that an order shows."""

import pytest

from crossdock.domain import AdjustmentKind, OrderStatus, RecordedAdjustment
from crossdock_channeladvisor.orders.reading import read_order


def adjustment(id_=1, type_="Cancellation", **fields):
    row = {"ID": id_, "Type": type_, "Reason": "BuyerCancelled", "RequestStatus": "SubmittedNotProcessed"}
    return row | {"CreatedSource": "Channel", "SellerAdjustmentID": None} | fields


@pytest.fixture
def read(ca, ca_settings):
    """Reads an order of two lines, with adjustments of the order, of the first line and of the second."""

    def translate(of_order=(), of_first=(), of_second=(), **fields):
        lines = [ca.line(1, "A", 2, Adjustments=list(of_first)), ca.line(2, "B", 1, Adjustments=list(of_second))]
        record = ca.record(**({"Items": lines, "Fulfillments": [], "Adjustments": list(of_order)} | fields))
        return read_order(record, ca_settings())

    return translate


def test_adjustments_of_the_order_and_of_its_lines_are_kept(read):
    order = read(
        of_order=[adjustment(1, "Refund", CreatedSource="Api", SellerAdjustmentID="ours-7")],
        of_second=[adjustment(2, Quantity=1, RequestStatus="PostProcessingComplete")],
    )
    words = {"type": "Refund", "reason": "BuyerCancelled", "request": "SubmittedNotProcessed", "source": "Api"}
    done = {"type": "Cancellation", "reason": "BuyerCancelled", "request": "PostProcessingComplete"}
    assert order.adjustments == (
        RecordedAdjustment(external_id="1", key="ours-7", kind=AdjustmentKind.REFUND, source_status=words),
        RecordedAdjustment(
            external_id="2",
            kind=AdjustmentKind.CANCELLATION,
            line_id="2",
            quantity=1,
            by_buyer=True,
            source_status=done | {"source": "Channel"},
        ),
    )


def test_words_nobody_knows_are_kept(read):
    (one,) = read(of_order=[adjustment(1, "Dispute", CreatedSource="Robot", RequestStatus="Dreaming")]).adjustments
    assert (one.kind, one.by_buyer, one.source_status["request"]) == (AdjustmentKind.UNKNOWN, False, "Dreaming")


def test_where_adjustments_are_not_shown_there_are_none(read, ca):
    assert read(Adjustments=None, Items=[ca.line(1, "A", 1, Adjustments=None)]).adjustments == ()


def test_a_buyer_cancels_the_whole_order(read):
    order = read(of_order=[adjustment()])
    assert order.status is OrderStatus.CANCELLED
    assert order.source_status["cancelled"] == "the buyer asked for it"
    assert (order.source_status["checkout"], order.source_status["shipping"]) == ("Completed", "Unshipped")


def test_a_buyer_cancels_every_unit_line_by_line(read):
    of_first = [adjustment(1, Quantity=1), adjustment(2, Quantity=1)]
    assert read(of_first=of_first).status is OrderStatus.OPEN
    assert read(of_first=of_first, of_second=[adjustment(3, Quantity=None)]).status is OrderStatus.CANCELLED
    assert read(of_first=of_first[:1], of_second=[adjustment(3)]).status is OrderStatus.OPEN


@pytest.mark.parametrize(
    "fields",
    [
        {"Type": "Refund"},
        {"CreatedSource": "Api"},
        {"CreatedSource": "UserInterface"},
        {"RequestStatus": "RejectionCompleted"},
        {"RequestStatus": "Error"},
    ],
)
def test_refunds_our_own_requests_and_refused_ones_cancel_nothing(read, fields):
    assert read(of_order=[adjustment() | fields]).status is OrderStatus.OPEN


def test_what_has_been_shipped_is_shipped(read):
    assert read(of_order=[adjustment()], ShippingStatus="Shipped").status is OrderStatus.SHIPPED


def test_an_order_of_which_every_fulfillment_is_cancelled_is_cancelled(read, ca):
    void = ca.fulfillment(1, 1, [(1, 2), (2, 1)], DeliveryStatus="Canceled")
    order = read(Fulfillments=[void])
    assert (order.status, order.source_status["cancelled"]) == (OrderStatus.CANCELLED, "every fulfillment is")
    assert read(Fulfillments=[void, ca.fulfillment(2, 1, [(1, 2)])]).status is OrderStatus.OPEN
