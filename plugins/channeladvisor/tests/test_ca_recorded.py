"""Cancellations and refunds that an order shows."""

import pytest

from crossdock import Unreadable
from crossdock.domain import AdjustmentKind, OrderStatus, RecordedAdjustment
from crossdock_channeladvisor.orders.reading import read_order


def adjustment(id_=1, type_="Cancellation", **fields):
    row = {"ID": id_, "Type": type_, "Reason": "BuyerCancelled", "RequestStatus": "SubmittedNotProcessed"}
    return row | {"CreatedSource": "Channel", "SellerAdjustmentID": None} | fields


@pytest.fixture
def read(ca, ca_settings):
    """Reads an order of two lines, with adjustments of the order, of the first line and of the second."""

    def translate(of_order=(), of_first=(), of_second=(), settings=None, **fields):
        lines = [ca.line(1, "A", 2, Adjustments=list(of_first)), ca.line(2, "B", 1, Adjustments=list(of_second))]
        record = ca.record(**({"Items": lines, "Fulfillments": [], "Adjustments": list(of_order)} | fields))
        return read_order(record, ca_settings(**(settings or {})))

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
    assert order.source_status["cancelled"] == "every unit is, by Channel"
    assert (order.source_status["checkout"], order.source_status["shipping"]) == ("Completed", "Unshipped")


def test_a_buyer_cancels_every_unit_line_by_line(read):
    of_first = [adjustment(1, Quantity=1), adjustment(2, Quantity=1)]
    assert read(of_first=of_first).status is OrderStatus.OPEN
    assert read(of_first=of_first, of_second=[adjustment(3, Quantity=None)]).status is OrderStatus.CANCELLED
    assert read(of_first=of_first[:1], of_second=[adjustment(3)]).status is OrderStatus.OPEN


@pytest.mark.parametrize("status", ["RejectionCompleted", "PendingRejection", "Error"])
def test_refunds_and_refused_requests_cancel_nothing(read, status):
    assert read(of_order=[adjustment(RequestStatus=status)]).status is OrderStatus.OPEN
    assert read(of_order=[adjustment(Type="Refund")]).status is OrderStatus.OPEN


@pytest.mark.parametrize(
    ("source", "who"),
    [
        ("UserInterface", "UserInterface"),
        ("System", "System"),
        ("Api", "Api"),
        ("Robot", "Robot"),
        (None, "somebody who is not named"),
    ],
)
def test_whoever_cancels_every_unit_the_order_is_cancelled(read, source, who):
    for name in (None, "PO-7", "555000999-1-abcdef", "77"):
        by = {"CreatedSource": source, "SellerAdjustmentID": name}
        orders = [
            read(of_order=[adjustment(**by)]),
            read(of_first=[adjustment(1, Quantity=2, **by)], of_second=[adjustment(2, Quantity=1, **by)]),
        ]
        for order in orders:
            assert (order.status, order.source_status["cancelled"]) == (
                OrderStatus.CANCELLED,
                f"every unit is, by {who}",
            )


@pytest.mark.parametrize(
    ("called", "name"), [("key", "555000111-1-ab12cd"), ("number", "6917529027641081856"), ("number", "77")]
)
def test_what_we_asked_for_ourselves_cancels_the_order_once_it_is_accepted(read, ca, called, name):
    settings = {"seller_adjustment_id": called}
    ours = adjustment(CreatedSource="Api", SellerAdjustmentID=name)
    assert read(of_order=[ours], settings=settings).status is OrderStatus.OPEN, "the engine holds it"
    done = ours | {"RequestStatus": "PostProcessingComplete"}
    assert read(of_order=[done], settings=settings).status is OrderStatus.CANCELLED
    held = [ca.fulfillment(1, 1, [(1, 2), (2, 1)])]
    assert read(of_order=[ours], settings=settings, Fulfillments=held).status is OrderStatus.PENDING


def test_a_cancellation_of_no_units_cancels_nothing_and_fewer_than_none_are_refused(read):
    order = read(of_first=[adjustment(1, Quantity=0)], of_second=[adjustment(2, Quantity=0)])
    assert (order.status, [one.quantity for one in order.adjustments]) == (OrderStatus.OPEN, [0, 0])
    with pytest.raises(Unreadable, match=r"Items\.0\.Adjustments\.0\.Quantity"):
        read(of_first=[adjustment(1, Quantity=-1)])


@pytest.mark.parametrize(
    ("quantity", "held", "waits"),
    [(1, 2, True), (1, 1, False), (2, 2, True), (2, 1, True), (None, 1, True), (0, 2, False), (5, 2, True)],
)
def test_an_order_waits_while_fulfillments_hold_what_is_cancelled(read, ca, quantity, held, waits):
    parts = [ca.fulfillment(1, 1, [(1, held), (2, 1)])]
    order = read(of_first=[adjustment(1, Quantity=quantity)], Fulfillments=parts)
    assert order.status is (OrderStatus.PENDING if waits else OrderStatus.OPEN)
    cancelled = 2 if quantity is None else min(quantity, 2)
    reason = f"{cancelled} of the 2 units of line 1 are cancelled, and its fulfillments still hold {held}"
    assert order.source_status.get("waits because") == (reason if waits else None)
    assert sum(part.quantity for part in order.allocations) == held + 1, "nobody shortens it but ChannelAdvisor"


def test_an_order_waits_for_nothing_that_has_left_or_leaves_from_elsewhere(read, ca):
    gone = ca.fulfillment(1, 1, [(1, 2)], DeliveryStatus="Complete")
    rest = ca.fulfillment(2, 1, [(2, 1)])
    theirs = ca.fulfillment(3, -2, [(1, 2)])
    for first in (gone, theirs):
        order = read(of_first=[adjustment(1, Quantity=1)], Fulfillments=[first, rest])
        assert order.status is OrderStatus.OPEN


@pytest.mark.parametrize("request_status", ["Error", "RejectionCompleted"])
def test_a_refused_cancellation_makes_no_order_wait(read, ca, request_status):
    parts = [ca.fulfillment(1, 1, [(1, 2), (2, 1)])]
    refused = adjustment(1, Quantity=1, RequestStatus=request_status)
    assert read(of_first=[refused], Fulfillments=parts).status is OrderStatus.OPEN


def test_what_has_been_shipped_is_shipped(read):
    assert read(of_order=[adjustment()], ShippingStatus="Shipped").status is OrderStatus.SHIPPED


def test_an_order_of_which_every_fulfillment_is_cancelled_is_cancelled(read, ca):
    void = ca.fulfillment(1, 1, [(1, 2), (2, 1)], DeliveryStatus="Canceled")
    order = read(Fulfillments=[void])
    assert (order.status, order.source_status["cancelled"]) == (OrderStatus.CANCELLED, "every fulfillment is")
    assert read(Fulfillments=[void, ca.fulfillment(2, 1, [(1, 2)])]).status is OrderStatus.OPEN
