"""Host messages become shipments: total, quantities kept, deterministic."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import Shipment
from crossdock_warehouseos.host_queue import UNNAMED, MessageReader
from crossdock_warehouseos.settings import WarehouseOSSettings

BARE = {"base_url": "https://wos.example", "api_key": "k"}
READER = MessageReader(WarehouseOSSettings(**BARE))
PICKS = MessageReader(WarehouseOSSettings(**BARE, confirm_at="pick"))


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


def message(body, trigger="BoxClosed", key="M1") -> Record:
    (record,) = READER.records(json.dumps([{"Id": key, "Trigger": trigger, "Body": body}]).encode())
    return record


def test_a_closed_box_is_a_shipment_of_one_package():
    shipment = READER.shipment(message(box()))
    assert (shipment.external_id, shipment.request_number) == ("1001-1", "1001")
    assert shipment.shipped_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    package = shipment.package
    assert (package.carrier, package.service_level) == ("UPS", "GROUND")
    assert package.tracking_number == "1Z999AA10123456784"
    assert [(line.line_id, line.sku, line.quantity) for line in package.lines] == [("L1", "SKU-0001", 2)]


def test_without_a_shipping_system_a_box_has_no_tracking():
    package = READER.shipment(message(box(Carrier=None, Service=None, TrackingNumber=None))).package
    assert (package.carrier, package.service_level, package.tracking_number) == ("", "", "")


def test_a_finished_pick_counts_only_where_the_operator_confirms_at_the_pick():
    pick = {"OrderNumber": "1001", "PickNumber": "1001-P1", "CompletedDate": "2026-03-01T12:00:00Z"}
    record = message({**pick, "Lines": box()["Lines"]}, "OrderPickComplete")
    assert READER.shipment(record) is None
    assert PICKS.shipment(record).external_id == "1001-P1"
    assert PICKS.shipment(message(box())) is None


@pytest.mark.parametrize("trigger", ["ItemChanged", "boxclosed", 7, None, {"a": 1}])
def test_messages_of_other_kinds_report_no_shipment(trigger):
    assert READER.shipment(message({"anything": 1}, trigger)) is None


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
    reader = MessageReader(WarehouseOSSettings(**BARE, time_zone="America/New_York"))
    local = message(box(CompletedDate="2026-03-01T12:00:00.1234567"))
    assert reader.shipment(local).shipped_at == datetime(2026, 3, 1, 17, 0, 0, 123456, UTC)
    with_offset = message(box(CompletedDate="2026-03-01T12:00:00+02:00"))
    assert reader.shipment(with_offset).shipped_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (box(OrderNumber=""), "OrderNumber"),
        (box(Lines=[{"ItemNumber": "A", "Quantity": 1}]), "Lines.0.HostId"),
        (box(Lines=[{"HostId": "L1", "ItemNumber": "A", "Quantity": -1}]), "quantity"),
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


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{", b'{"Trigger": "BoxClosed"}', b"\xff", b'{"Trigger": "\xff"}']
)
def test_a_record_that_is_no_message_is_unreadable(data):
    with pytest.raises(Unreadable):
        READER.shipment(Record("M1", data))


def test_a_queue_may_be_a_bare_list_or_a_list_in_an_object():
    bare = json.dumps([{"Id": "M1"}, {"Id": 2}]).encode()
    wrapped = b'{"Messages": ' + bare + b"}"
    assert [record.id for record in READER.records(bare)] == ["M1", "2"]
    assert READER.records(bare) == READER.records(wrapped)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"7", b'{"Messages": 7}', b'[{"Id": "M1"', b"\xff"])
def test_an_answer_that_is_no_queue_is_told_from_an_empty_one(body):
    assert READER.records(body) is None
    assert READER.records(b"[]") == ()


def test_a_message_without_id_is_known_by_its_content():
    first, same, other = READER.records(b'[{"a": 1}, {"a": 1}, 7]')
    assert first.id == same.id
    assert first.id.startswith(UNNAMED)
    assert other.id != first.id


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
quantities = st.lists(st.integers(0, 1000), min_size=1, max_size=20)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@calm
@given(quantities)
def test_packed_quantities_are_kept_line_by_line(amounts):
    lines = [{"HostId": f"L{n}", "ItemNumber": "A", "Quantity": amount} for n, amount in enumerate(amounts)]
    shipment = READER.shipment(message(box(Lines=lines)))
    told = {} if shipment is None else {line.line_id: line.quantity for line in shipment.package.lines}
    assert told == {f"L{n}": amount for n, amount in enumerate(amounts) if amount}


@calm
@given(st.dictionaries(st.sampled_from(sorted(box())), anything))
def test_whatever_a_message_holds_it_is_a_shipment_or_unreadable(changes):
    record = message(box(**changes))
    with contextlib.suppress(Unreadable):
        shipment = READER.shipment(record)
        assert shipment is None or isinstance(shipment, Shipment)
        assert READER.shipment(record) == shipment


@calm
@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_the_reader(data):
    READER.records(data)
    with contextlib.suppress(Unreadable):
        READER.shipment(Record("M1", data))


def test_endless_nesting_breaks_nothing():
    deep = b"[" * 200_000
    assert READER.records(deep) is None
    for data in (deep, b'{"Trigger": ' + deep):
        with pytest.raises(Unreadable):
            READER.shipment(Record("M1", data))
