"""Reading what EasyPost tells: every part, whatever it holds."""

import contextlib
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock_shipping.easypost.parcels import EasyPostParcels
from crossdock_shipping.easypost.reading import read_parcel, record_of
from crossdock_shipping.easypost.references import key_in, reference_of
from crossdock_shipping.easypost.refusals import explain_error
from crossdock_shipping.easypost.settings import EasyPostSettings

SETTINGS = EasyPostSettings(api_key="k")
SHIPMENT = {
    "id": "shp_16578f588f9546ec914afd2474e24ff5",
    "object": "Shipment",
    "created_at": "2026-03-01T11:00:00Z",
    "mode": "production",
    "is_return": False,
    "reference": "crossdock-1001_2F1001-1",
    "tracking_code": "9400100208303109505657",
    "refund_status": None,
    "options": {"label_format": "PNG", "print_custom_1": "1001", "print_custom_2": "1001-1", "date_advance": 0},
    "parcel": {"weight": 15.4, "length": 10.0},
    "selected_rate": {
        "id": "rate_4d1f36fa716c4b1292cacbdf19227c2d",
        "carrier": "USPS",
        "service": "GroundAdvantage",
        "rate": "6.07",
        "currency": "USD",
        "delivery_days": 3,
    },
    "tracker": {"carrier": "USPS", "public_url": "https://track.example/t"},
    "postage_label": {"label_date": "2026-03-01T12:00:00Z", "label_url": "https://files.example/l.png"},
}
REFUND = {
    "id": "rfnd_1",
    "object": "Refund",
    "shipment_id": SHIPMENT["id"],
    "tracking_code": "9400100208303109505657",
    "carrier": "USPS",
    "status": "refunded",
}
READ = Parcel(
    external_id=SHIPMENT["id"],
    tracking_number="9400100208303109505657",
    key="1001/1001-1",
    reference="1001",
    box="1001-1",
    carrier="USPS",
    service_level="GroundAdvantage",
    cost=Money(amount=Decimal("6.07"), currency="USD"),
    weight=Weight(value=Decimal("15.4"), unit=WeightUnit.OUNCE),
    tracking_url="https://track.example/t",
    shipped_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
)


def read(told: object, chosen: EasyPostSettings = SETTINGS) -> Parcel:
    return read_parcel(Record("shp_1", json.dumps(told).encode()), chosen)


def test_a_label_of_ours_keeps_all_it_says():
    assert read(SHIPMENT) == READ


def test_a_label_may_say_little():
    told = {"id": "shp_1", "tracking_code": "T1", "reference": None, "options": None, "parcel": {"weight": 0}}
    assert read(told) == Parcel(external_id="shp_1", tracking_number="T1")


@pytest.mark.parametrize(
    ("fields", "reference", "box"),
    [
        ({}, "WH-7", "box 2"),
        ({"order_field": "invoice_number"}, "INV-7", "box 2"),
        ({"order_field": "print_custom_3", "box_field": "reference"}, "", "WH-7"),
        ({"box_field": "none"}, "WH-7", ""),
    ],
)
def test_labels_of_others_name_order_and_box_where_the_settings_say(fields, reference, box):
    told = SHIPMENT | {"reference": "WH-7", "options": {"invoice_number": "INV-7", "print_custom_2": "box 2"}}
    parcel = read(told, EasyPostSettings(api_key="k", **fields))
    assert (parcel.key, parcel.reference, parcel.box) == ("", reference, box)


@pytest.mark.parametrize(
    ("status", "changes", "voided"),
    [
        (None, {}, False),
        ("submitted", {}, True),
        ("submitted", {"voided_when": "refunded"}, False),
        ("refunded", {"voided_when": "refunded"}, True),
        ("rejected", {}, False),
        ("not_applicable", {}, False),
        ("not_applicable", {"bill_on_scan_voids": True}, True),
    ],
)
def test_a_label_is_taken_back_by_its_refund(status, changes, voided):
    chosen = EasyPostSettings(api_key="k", **changes)
    assert read(SHIPMENT | {"refund_status": status}, chosen).voided is voided
    assert read(REFUND | {"status": status}, chosen).voided is voided


def test_a_refund_names_the_label():
    taken_back = Parcel(
        external_id=SHIPMENT["id"], tracking_number="9400100208303109505657", carrier="USPS", voided=True
    )
    assert read(REFUND) == taken_back


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"tracking_code": " "}, "tracking_code"),
        ({"tracking_code": None}, "tracking_code"),
        ({"id": ""}, "id"),
        ({"selected_rate": {"id": "r", "carrier": "USPS", "service": "P", "rate": "NaN", "currency": "USD"}}, "rate"),
        ({"postage_label": {"label_date": "2026-03-01T12:00:00"}}, "label_date"),
        ({"postage_label": {"label_date": "0001-01-01T00:00:00+14:00"}}, "label_date|shipped_at"),
    ],
)
def test_what_cannot_be_read_is_named(wrong, named):
    with pytest.raises(Unreadable, match=f"shp_1.*({named})"):
        read(SHIPMENT | wrong)


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)
parts = st.sampled_from(sorted({*SHIPMENT, *REFUND}))
nested = st.dictionaries(
    st.sampled_from(["rate", "currency", "carrier", "weight", "label_date", "print_custom_1"]), anything
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([SHIPMENT, REFUND]), st.dictionaries(parts, anything | nested) | anything)
def test_whatever_a_record_holds_it_is_a_parcel_or_unreadable(base, changes):
    told = base | changes if isinstance(changes, dict) else changes
    with contextlib.suppress(Unreadable):
        assert read(told) == read(told)


@given(st.binary(max_size=60))
def test_whatever_bytes_come_they_are_a_parcel_or_unreadable(data):
    with contextlib.suppress(Unreadable):
        read_parcel(record_of(data), SETTINGS)


def test_a_deep_record_is_unreadable():
    with pytest.raises(Unreadable):
        read_parcel(Record("shp_1", b"[" * 100_000), SETTINGS)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_key_comes_back_from_its_reference(key):
    reference = reference_of("crossdock-", key)
    assert key_in("crossdock-", reference) == key
    assert reference.replace("_", "").replace("-", "").isalnum()
    assert reference.isascii()


@given(st.text(max_size=20))
def test_only_a_reference_of_ours_has_a_key(text):
    key = key_in("crossdock-", "crossdock-" + text)
    assert not key or reference_of("crossdock-", key) == "crossdock-" + text
    assert key_in("crossdock-", text) == "" or text.startswith("crossdock-")


def test_a_shipment_is_kept_raw_under_its_id():
    assert record_of(b'{"id": "shp_1", "odd": 1}') == Record("shp_1", b'{"id": "shp_1", "odd": 1}')


@pytest.mark.parametrize("row", [b"{}", b'{"id": 7}', b'{"id": ""}', b"[]", b"\xff"])
def test_a_shipment_without_id_is_known_by_its_content(row):
    assert record_of(row) == record_of(row)
    assert record_of(row).id != record_of(row + b" ").id


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"code": "X", "message": "No.", "errors": [{"field": "f", "message": "odd"}]}}, "No.; f: odd"),
        ({"error": {"code": "X", "message": ["a", "b"], "errors": ["plain"]}}, "a, b; plain"),
        ({"error": {"code": "X", "message": {"errors": ["a"]}, "errors": None}}, "a"),
        ({"error": {"code": "X.Y"}}, "X.Y"),
        ({"error": "text"}, '{"error": "text"}'),
        ([1], "[1]"),
    ],
)
def test_refusals_come_in_the_words_of_easypost(body, words):
    assert explain_error(422, json.dumps(body).encode()) == words


def test_the_provider_reads_by_its_settings():
    class Context:
        settings = SETTINGS

    assert EasyPostParcels(Context()).read_parcel(Record("shp_1", json.dumps(SHIPMENT).encode())) == READ
