"""Host messages that WarehouseOS sends by itself: only with proof, and the same records as from the queue."""

import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import NeedsAuth, Record, Unreadable
from crossdock_warehouseos.profile import PushNames
from crossdock_warehouseos.settings import PushSettings, WarehouseOSSettings
from crossdock_warehouseos.work.facts import UNNAMED
from crossdock_warehouseos.work.messages import MessageReader
from crossdock_warehouseos.work.push import require_proof

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = PushNames(signature_header="X-Signature", time_header="X-Timestamp")
SECRET = "s3cret"
SIGNED = PushSettings(secret=SECRET)
READER = MessageReader(WarehouseOSSettings(base_url="https://wos.example", api_key="k"))
MESSAGE = {"Id": "M1", "Trigger": "BoxClosed", "Body": {}}
BODY = json.dumps(MESSAGE).encode()


def headers(body=BODY, secret=SECRET, at=NOW, **changes):
    signed_at = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), signed_at.encode() + b"." + body, "sha256").hexdigest()
    return {"x-signature": signature, "x-timestamp": signed_at, **changes}


def prove(given, body=BODY, now=NOW, settings=SIGNED):
    require_proof(given, body, now, settings, NAMES)


def test_a_signed_call_is_taken():
    prove(headers())
    prove({name: value.upper() for name, value in headers().items()})


def test_without_a_secret_in_the_settings_nothing_is_asked():
    prove({}, settings=PushSettings())


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"x-signature": headers()["x-signature"]},
        {"x-timestamp": headers()["x-timestamp"]},
        headers(secret="another"),
        headers(body=BODY + b" "),
        headers() | {"x-timestamp": str(int(NOW.timestamp()) + 1)},
        headers() | {"x-signature": ""},
        headers() | {"x-signature": "ß\udcff"},
        headers() | {"x-timestamp": "\udcff"},
    ],
)
def test_a_call_without_the_right_signature_is_refused(wrong):
    with pytest.raises(NeedsAuth, match="X-Signature"):
        prove(wrong)


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**9])
def test_a_call_that_is_too_old_or_from_the_future_is_refused(seconds):
    with pytest.raises(NeedsAuth, match="300 seconds"):
        prove(headers(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_call_within_the_tolerance_is_taken(seconds):
    prove(headers(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("signed_at", ["", "now", "-5", "1e9", "٣", "9" * 5000, "1772366400.5", " 1772366400"])
def test_a_time_that_is_no_whole_number_is_refused_however_well_it_is_signed(signed_at):
    signature = hmac.new(SECRET.encode(), f"{signed_at}.".encode() + BODY, "sha256").hexdigest()
    with pytest.raises(NeedsAuth):
        prove({"x-signature": signature, "x-timestamp": signed_at})


def test_the_secret_is_shown_in_no_refusal():
    with pytest.raises(NeedsAuth) as refused:
        prove(headers(secret="another"))
    assert SECRET not in str(refused.value) + repr(SIGNED)
    assert headers()["x-signature"] not in str(refused.value)


@given(st.dictionaries(st.sampled_from(("x-signature", "x-timestamp")), st.text()), st.binary())
def test_no_headers_at_all_break_the_proof(sent, body):
    with pytest.raises(NeedsAuth):
        prove(sent, body)


@pytest.mark.parametrize("wrapped", [[MESSAGE], {"Messages": [MESSAGE]}])
def test_a_call_holds_one_message_or_a_list_under_the_ids_of_the_queue(wrapped):
    (alone,) = READER.pushed(BODY)
    assert READER.pushed(json.dumps(wrapped).encode()) == (alone,) == READER.records(b"[" + BODY + b"]")
    assert (alone.id, alone.data) == ("M1", BODY)


@pytest.mark.parametrize("given", [{}, {"Id": None}, {"Id": ""}, {"Id": True}, {"Id": 1.5}, {"Id": {}}, {"Id": ["M"]}])
def test_a_pushed_message_without_id_is_known_by_its_content(given):
    bare = json.dumps({**given, "Trigger": "BoxClosed", "Body": {}}).encode()
    (first,), (again,) = READER.pushed(bare), READER.pushed(bare)
    assert first == again
    assert first.id.startswith(UNNAMED)


@pytest.mark.parametrize(
    ("told", "unknown"),
    [
        ({"Trigger": "BoxClosed"}, ""),
        ({"Trigger": "OrderVerified"}, ""),
        ({"Trigger": "boxclosed"}, "boxclosed"),
        ({"Trigger": ""}, ""),
        ({"Trigger": 7}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_only_a_kind_that_is_told_and_not_in_the_profile_is_unknown(told, unknown):
    assert READER.unknown_kind(Record("M1", json.dumps(told).encode())) == unknown


def test_an_order_number_without_end_is_cut_in_a_refusal():
    box = {"Trigger": "BoxClosed", "Body": {"OrderNumber": "7" * 500}}
    with pytest.raises(Unreadable, match=rf"^host message M1 of order {'7' * 60}: CompletedDate is missing$"):
        READER.shipment(Record("M1", json.dumps(box).encode()))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"7", b"null", b"[]", b"{}", b'{"Messages": []}', b'{"Id": "M1"}', b"\xff", b"[" * 100_000]
)
def test_a_call_without_a_message_is_unreadable(body):
    with pytest.raises(Unreadable, match=r"^a call of WarehouseOS holds no host message$"):
        READER.pushed(body)
