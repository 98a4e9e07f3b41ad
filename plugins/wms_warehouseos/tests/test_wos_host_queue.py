"""The host queue: its messages become records, and whatever they hold breaks nothing."""

import contextlib
import json
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from crossdock import Record, Unreadable
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import UNNAMED
from crossdock_warehouseos.work.messages import MessageReader
from crossdock_warehouseos.work.queue import MOST_UNKNOWN, HostQueue

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BARE = {"base_url": "https://wos.example", "api_key": "k"}
READER = MessageReader(WarehouseOSSettings(**BARE))
READS = (READER.shipment, READER.movement, READER.putaway)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{", b'{"Trigger": "BoxClosed"}', b"\xff", b'{"Trigger": "\xff"}']
)
def test_a_record_that_is_no_message_is_unreadable(data):
    with pytest.raises(Unreadable, match="M1"):
        READER.shipment(Record("M1", data))


@pytest.mark.parametrize("trigger", ["ItemChanged", "boxclosed", ""])
def test_a_kind_of_message_that_nobody_knows_tells_nothing(trigger):
    record = Record("M1", json.dumps({"Id": "M1", "Trigger": trigger}).encode())
    assert [read(record) for read in READS] == [None, None, None]


@pytest.mark.parametrize("trigger", [7, None, {"a": 1}, [[]], True])
def test_a_message_that_does_not_tell_its_kind_is_unreadable_for_everybody(trigger):
    record = Record("M1", json.dumps({"Id": "M1", "Trigger": trigger, "Body": {"OrderNumber": 1001}}).encode())
    for read in READS:
        with pytest.raises(Unreadable, match=r"^host message M1 of order 1001: Trigger is no text"):
            read(record)


def pushed(*triggers):
    return json.dumps([{"Id": f"M{n}", "Trigger": each} for n, each in enumerate(triggers)]).encode()


@pytest.fixture
def queue(tenant, connected_as):
    return connected_as(HostQueue, tenant)


async def test_a_kind_of_message_that_nobody_knows_is_told_of_once_by_its_name(queue):
    async with queue as told:
        with capture_logs() as logs:
            told.received({}, pushed("BoxClosed", "OrderVerified", "ItemChanged", 7), NOON)
            told.received({}, pushed("ItemChanged", "CartonClosed"), NOON)
    warned = [(line["log_level"], line["trigger"]) for line in logs]
    assert warned == [("warning", "ItemChanged"), ("warning", "CartonClosed")]


async def test_whoever_makes_up_kinds_without_end_is_not_listened_to(queue):
    async with queue as told:
        with capture_logs() as logs:
            for hundred in range(3):
                told.received({}, pushed(*(f"{hundred}-{n}{'x' * 500}" for n in range(100))), NOON)
    assert len(logs) == MOST_UNKNOWN
    assert all(len(line["trigger"]) == 100 for line in logs)


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


@calm
@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_the_reader(data):
    READER.records(data)
    for read in (*(partial(read, Record("M1", data)) for read in READS), partial(READER.pushed, data)):
        with contextlib.suppress(Unreadable):
            read()


def test_endless_nesting_breaks_nothing():
    deep = b"[" * 200_000
    assert READER.records(deep) is None
    for data in (deep, b'{"Trigger": ' + deep):
        with pytest.raises(Unreadable):
            READER.shipment(Record("M1", data))
