"""Picks and boxes become shipments, resets take them back: total, quantities kept, each piece told by one message."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import Shipment, ShipmentReversal
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.messages import MessageReader

BARE = {"base_url": "https://wos.example", "api_key": "k"}
TRIGGERS = ("BoxClosed", "OrderPickComplete", "PickTransaction", "PackTransaction", "PickReset", "BoxReset")


def reader(**chosen) -> MessageReader:
    return MessageReader(WarehouseOSSettings(**BARE, **chosen))


READER = reader()
PICKS = reader(confirm_at="pick")
PACKED_LINES = reader(report_by="line")
NEW_YORK = reader(time_zone="America/New_York")
PICKED_LINES = reader(confirm_at="pick", report_by="line")


def box(**changes):
    body = {
        "OrderNumber": "1001",
        "BoxNumber": "1001-1",
        "CompletedDate": "2026-03-01T12:00:00Z",
        "Carrier": "UPS",
        "Service": "GROUND",
        "TrackingNumber": "1Z999AA10123456784",
        "Lines": [{"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 2}],
    }
    return {**body, **changes}


def pick(**changes):
    body = {name: box()[name] for name in ("OrderNumber", "CompletedDate", "Lines")}
    return {"PickNumber": "1001-P1", **body, **changes}


def line(**changes):
    body = {
        "OrderNumber": "1001",
        "TransactionId": 77,
        "CompletedDate": "2026-03-01T12:00:00Z",
        "HostId": "L1",
        "ItemNumber": "SKU-0001",
        "Quantity": 2,
    }
    return {**body, **changes}


def reset(**changes):
    return {"OrderNumber": "1001", "TransactionId": "R1", "CompletedDate": "2026-03-01T13:00:00Z", **changes}


def message(body, trigger="BoxClosed", key="M1") -> Record:
    return Record(key, json.dumps({"Id": key, "Trigger": trigger, "Body": body}).encode())


def test_a_closed_box_is_a_shipment_of_one_package():
    shipment = READER.shipment(message(box(TransactionId="T1")))
    assert (shipment.external_id, shipment.request_number) == ("T1/1001-1", "1001")
    assert shipment.shipped_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    package = shipment.package
    assert (package.carrier, package.service_level) == ("UPS", "GROUND")
    assert package.tracking_number == "1Z999AA10123456784"
    assert [(line.line_id, line.sku, line.quantity) for line in package.lines] == [("L1", "SKU-0001", 2)]


def test_without_a_shipping_system_a_box_has_no_tracking():
    package = READER.shipment(message(box(Carrier=None, Service=None, TrackingNumber=None))).package
    assert (package.carrier, package.service_level, package.tracking_number) == ("", "", "")


EVERYTHING = {
    "BoxClosed": box(),
    "OrderPickComplete": pick(),
    "PackTransaction": line(BoxNumber="1001-1"),
    "PickTransaction": line(PickNumber="1001-P1"),
}


@pytest.mark.parametrize(
    ("chosen", "reports"),
    [
        ({}, "BoxClosed"),
        ({"confirm_at": "pick"}, "OrderPickComplete"),
        ({"report_by": "line"}, "PackTransaction"),
        ({"confirm_at": "pick", "report_by": "line"}, "PickTransaction"),
    ],
)
def test_of_all_messages_that_tell_the_same_pieces_one_kind_reports(chosen, reports):
    told = {trigger: reader(**chosen).shipment(message(body, trigger)) for trigger, body in EVERYTHING.items()}
    assert [trigger for trigger, fact in told.items() if fact] == [reports]
    assert [(line.line_id, line.quantity) for line in told[reports].package.lines] == [("L1", 2)]


def test_a_verified_order_reports_nothing_by_itself():
    assert READER.shipment(message(reset(), "OrderVerified")) is None


@pytest.mark.parametrize("trigger", ["ItemChanged", "boxclosed"])
def test_messages_of_other_kinds_report_no_shipment(trigger):
    assert READER.shipment(message({"anything": 1}, trigger)) is None


@pytest.mark.parametrize(
    ("number", "is_ours"), [("WH-17", False), ("T1", False), ("T12", True), ("wh-17", True), ("1001", True)]
)
def test_what_is_packed_for_orders_of_others_is_no_shipment_of_ours(number, is_ours):
    ours = reader(orders_of_others=["WH-*", "T1"])
    told = message(box(OrderNumber=number)), message(reset(OrderNumber=number), "PickReset")
    assert [ours.shipment(one) is not None for one in told] == [is_ours, is_ours]


def test_lines_of_which_nothing_was_picked_are_left_out():
    lines = [
        {"HostId": "L1", "ItemNumber": "A", "Quantity": 0},
        {"HostId": "L2", "ItemNumber": "B", "Quantity": 1},
    ]
    assert [line.line_id for line in READER.shipment(message(box(Lines=lines))).package.lines] == ["L2"]
    assert READER.shipment(message(box(Lines=lines[:1]))) is None


def test_numbers_may_stand_where_text_is_expected():
    lines = [{"HostId": 17, "ItemNumber": 12, "Quantity": 2}]
    shipment = READER.shipment(message(box(OrderNumber=1001, BoxNumber=5, Lines=lines)))
    assert (shipment.request_number, shipment.package.lines[0].line_id) == ("1001", "17")


def test_box_numbers_that_start_anew_in_each_order_are_not_taken_for_one_fact():
    first = READER.shipment(message(box(OrderNumber="1001", BoxNumber="1")))
    second = READER.shipment(message(box(OrderNumber="1002", BoxNumber="1")))
    assert first.external_id != second.external_id


def test_a_box_without_number_is_the_same_fact_however_often_it_is_told():
    facts = {READER.shipment(message(box(BoxNumber=None), key=key)).external_id for key in ("M1", "M2")}
    assert len(facts) == 1
    other = READER.shipment(message(box(BoxNumber=None, CompletedDate="2026-03-02T12:00:00Z")))
    assert other.external_id not in facts


def test_a_time_without_offset_is_read_in_the_zone_of_the_tenant():
    local = message(box(CompletedDate="2026-03-01T12:00:00.1234567"))
    assert NEW_YORK.shipment(local).shipped_at == datetime(2026, 3, 1, 17, 0, 0, 123456, UTC)
    with_offset = message(box(CompletedDate="2026-03-01T12:00:00+02:00"))
    assert NEW_YORK.shipment(with_offset).shipped_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-03-08T01:59:59", datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)),
        ("2026-03-08T02:30:00", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("2026-03-08T03:30:00", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("2026-11-01T01:30:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("2026-11-01T02:30:00", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_times_that_the_clocks_skip_or_repeat_have_one_meaning(told, meant):
    assert NEW_YORK.shipment(message(box(CompletedDate=told))).shipped_at == meant


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (box(OrderNumber=""), "OrderNumber"),
        (box(Lines=[{"ItemNumber": "A", "Quantity": 1}]), "Lines.0.HostId"),
        (
            box(Lines=[{"HostId": "L1", "ItemNumber": "A", "Quantity": -1}]),
            r"Lines.0.Quantity is below 0$",
        ),
        (
            box(Lines=[{"HostId": "L1", "ItemNumber": "A", "Quantity": 10**10}]),
            r"Lines.0.Quantity is above 2147483647$",
        ),
        (box(Lines=[{"HostId": "L1", "ItemNumber": "A", "Quantity": 1.5}]), "Lines.0.Quantity"),
        (box(Lines=None), "Lines"),
        (box(CompletedDate="yesterday"), "CompletedDate"),
        (box(CompletedDate="0001-01-01T00:00:00+14:00"), "M1"),
        ("text", "M1"),
    ],
)
def test_what_cannot_be_read_is_named(body, named):
    with pytest.raises(Unreadable, match=named) as unreadable:
        READER.shipment(message(body))
    assert "M1" in str(unreadable.value)


def test_a_transaction_of_one_line_may_hold_its_line_itself_or_as_a_list_of_one():
    flat = PICKED_LINES.shipment(message(line(PickNumber="1001-P1"), "PickTransaction"))
    told = {name: line()[name] for name in ("HostId", "ItemNumber", "Quantity")}
    head = {name: value for name, value in line(PickNumber="1001-P1").items() if name not in told}
    assert PICKED_LINES.shipment(message({**head, "Lines": [told]}, "PickTransaction")) == flat
    assert flat.external_id == "77/1001-P1"


def test_a_line_that_was_not_found_on_the_shelf_reports_nothing():
    assert PICKED_LINES.shipment(message(line(Quantity=0), "PickTransaction")) is None


def test_each_transaction_of_one_line_is_a_fact_of_its_own():
    bodies = [
        line(TransactionId=1, BoxNumber="1"),
        line(TransactionId=2, BoxNumber="1"),
        line(TransactionId=1, BoxNumber="2"),
        line(TransactionId=1, BoxNumber="1", OrderNumber="1002"),
        line(TransactionId=1),
        line(TransactionId=None, BoxNumber="1"),
        line(TransactionId=None, BoxNumber="1", HostId="L2"),
        line(TransactionId=None, BoxNumber="1", CompletedDate="2026-03-01T12:00:01Z"),
    ]
    facts = [PACKED_LINES.shipment(message(body, "PackTransaction")).external_id for body in bodies]
    assert len(set(facts)) == len(bodies)


def means(reversal: ShipmentReversal, fact: Shipment) -> bool:
    """What the docstring of the reader promises of the names in a reversal."""
    named = not reversal.shipments or any(f"/{fact.external_id}".endswith(f"/{name}") for name in reversal.shipments)
    return named and fact.shipped_at < reversal.reversed_at


@pytest.mark.parametrize("number", ["1001-1", "1"])
@pytest.mark.parametrize("transaction", [{}, {"TransactionId": "T1"}])
def test_a_box_that_is_opened_again_takes_back_itself_and_no_other(number, transaction):
    closed = READER.shipment(message(box(BoxNumber=number, **transaction)))
    other = READER.shipment(message(box(BoxNumber=f"{number}1", **transaction)))
    opened = READER.shipment(message(reset(BoxNumber=number), "BoxReset"))
    assert isinstance(opened, ShipmentReversal)
    assert (opened.request_number, opened.reversed_at) == ("1001", datetime(2026, 3, 1, 13, tzinfo=UTC))
    assert means(opened, closed)
    assert not means(opened, other)


def test_a_box_that_is_closed_again_under_its_number_is_another_fact_that_stands():
    first = READER.shipment(message(box(TransactionId="T1")))
    opened = READER.shipment(message(reset(BoxNumber="1001-1"), "BoxReset"))
    again = READER.shipment(message(box(TransactionId="T3", CompletedDate="2026-03-01T14:00:00Z")))
    assert first.external_id != again.external_id
    assert (means(opened, first), means(opened, again)) == (True, False)


def test_a_box_without_transaction_that_is_closed_again_is_another_fact_and_told_twice_it_is_one():
    bodies = [box(TransactionId=None), box(TransactionId=None, CompletedDate="2026-03-01T14:00:00Z")]
    first, again = (READER.shipment(message(body)) for body in bodies)
    opened = READER.shipment(message(reset(BoxNumber="1001-1"), "BoxReset"))
    assert first.external_id != again.external_id
    assert READER.shipment(message(bodies[0], key="told again")).external_id == first.external_id
    assert (means(opened, first), means(opened, again)) == (True, False)


def test_a_box_that_is_opened_again_takes_back_the_lines_that_were_packed_in_it():
    here, there = (
        PACKED_LINES.shipment(message(line(TransactionId=n, BoxNumber=f"1001-{n}"), "PackTransaction")) for n in (1, 2)
    )
    opened = PACKED_LINES.shipment(message(reset(BoxNumber="1001-1"), "BoxReset"))
    assert (means(opened, here), means(opened, there)) == (True, False)


def test_a_reset_takes_back_the_picks_that_it_names_or_all_of_the_order():
    picks = [PICKS.shipment(message(pick(PickNumber=f"1001-P{n}"), "OrderPickComplete")) for n in (1, 2, 3)]
    named = PICKS.shipment(message(reset(PickNumber=["1001-P1", "1001-P2"]), "PickReset"))
    single = PICKS.shipment(message(reset(PickNumber="1001-P3"), "PickReset"))
    assert [means(named, one) for one in picks] == [True, True, False]
    assert [means(single, one) for one in picks] == [False, False, True]
    for nothing in ({}, {"PickNumber": None}, {"PickNumber": ""}, {"PickNumber": []}):
        reversal = PICKS.shipment(message(reset(**nothing), "PickReset"))
        assert (reversal.request_number, reversal.shipments) == ("1001", ())


def test_a_reset_of_picks_takes_back_every_box_that_was_closed_before_it():
    reversal = READER.shipment(message(reset(PickNumber=["1001-P1"]), "PickReset"))
    assert (reversal.request_number, reversal.shipments) == ("1001", ())
    assert means(reversal, READER.shipment(message(box())))


def test_a_reset_of_picks_takes_back_no_box_where_every_opened_box_tells_so_itself():
    tells = reader(resets_open_boxes=False)
    reversal = tells.shipment(message(reset(PickNumber=["1001-P1"]), "PickReset"))
    assert reversal.shipments == ("1001/short picks",)
    assert not means(reversal, READER.shipment(message(box())))
    assert tells.shipment(message(reset(BoxNumber="1001-1"), "BoxReset")).shipments == ("1001-1",)


def test_boxes_do_not_matter_where_picks_report():
    assert PICKS.shipment(message(reset(BoxNumber="1001-1"), "BoxReset")) is None


def test_an_opened_box_without_number_is_unreadable_rather_than_every_box():
    with pytest.raises(Unreadable, match=r"M1 of order 1001: BoxNumber"):
        READER.shipment(message(reset(), "BoxReset"))


def test_a_reset_is_one_fact_however_often_it_is_told():
    def ids(**changes):
        return {PICKS.shipment(message(reset(**changes), "PickReset", key)).external_id for key in ("M1", "M2")}

    assert ids() == {"1001/R1"}
    assert len(ids(TransactionId=None)) == 1
    assert ids(TransactionId=None) != ids(TransactionId=None, PickNumber="1001-P1")


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
quantities = st.lists(st.integers(0, 1000), min_size=1, max_size=20)
hostile = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(("\x00", "\ud800", "1e999", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59", "1001")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
readers = st.sampled_from((READER, PICKS, PACKED_LINES, PICKED_LINES, NEW_YORK))


@calm
@given(quantities)
def test_packed_quantities_are_kept_line_by_line(amounts):
    lines = [{"HostId": f"L{n}", "ItemNumber": "A", "Quantity": amount} for n, amount in enumerate(amounts)]
    shipment = READER.shipment(message(box(Lines=lines)))
    told = {} if shipment is None else {line.line_id: line.quantity for line in shipment.package.lines}
    assert told == {f"L{n}": amount for n, amount in enumerate(amounts) if amount}


@calm
@given(
    readers, st.sampled_from(TRIGGERS), st.dictionaries(st.sampled_from(sorted({**box(), **pick(), **line()})), hostile)
)
def test_whatever_a_message_holds_it_is_a_fact_or_unreadable(reader, trigger, changes):
    record = message({**box(), **pick(), **line(), **changes}, trigger)
    with contextlib.suppress(Unreadable):
        fact = reader.shipment(record)
        assert fact is None or isinstance(fact, Shipment | ShipmentReversal)
        assert reader.shipment(record) == fact


order_numbers = st.integers(1, 2000).map(str)


@calm
@given(st.lists(st.tuples(order_numbers, st.integers(1, 30).map(str)), min_size=2, max_size=30, unique=True))
def test_numbers_that_start_anew_in_each_order_never_name_one_fact(pairs):
    facts = [READER.shipment(message(box(OrderNumber=order, BoxNumber=number))) for order, number in pairs]
    assert len({fact.external_id for fact in facts}) == len(pairs)
