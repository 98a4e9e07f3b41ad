"""Labels translated: what they say, and nothing but parcels or `Unreadable` from whatever comes."""

import contextlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock_shipping.shipstation.labels import ShipStationLabels
from crossdock_shipping.shipstation.records import RawLabel, records_of, told_by
from crossdock_shipping.shipstation.settings import ShipStationSettings
from crossdock_shipping.shipstation.wish import LONGEST_ID, external_id

SHIPMENT = {"shipment_id": "se-7", "external_shipment_id": "order-7", "shipment_number": "1001"}
LABEL = {
    "label_id": "se-1",
    "status": "completed",
    "shipment_id": "se-7",
    "external_shipment_id": "order-7",
    "tracking_number": "1Z999AA10123456784",
    "tracking_url": "https://track.example/1",
    "carrier_code": "ups",
    "service_code": "ups_ground",
    "voided": False,
    "ship_date": "2026-03-01T00:00:00Z",
    "created_at": "2026-03-01T12:00:00.5Z",
    "shipment_cost": {"currency": "usd", "amount": 9.3},
    "insurance_cost": {"currency": "usd", "amount": 1.25},
    "packages": [
        {
            "external_package_id": "1001-1",
            "tracking_number": "1Z999AA10123456784",
            "weight": {"value": 1.5, "unit": "pound"},
        }
    ],
    "shipment": SHIPMENT,
}


def provider(**changes) -> ShipStationLabels:
    return ShipStationLabels(SimpleNamespace(settings=ShipStationSettings(api_key="k", **changes)))


def records(label: object, shipment: object = None) -> list[Record]:
    raw = RawLabel.of(json.dumps(label).encode())
    return records_of(raw, None if shipment is None else json.dumps(shipment).encode())


def read(label: object, shipment: object = None, **changes) -> list[Parcel]:
    return [provider(**changes).read_parcel(record) for record in records(label, shipment)]


def test_a_label_keeps_all_it_says():
    assert read(LABEL) == [
        Parcel(
            tracking_number="1Z999AA10123456784",
            carrier="ups",
            service_level="ups_ground",
            box="1001-1",
            shipped_at=datetime(2026, 3, 1, tzinfo=UTC),
            external_id="se-1",
            reference="1001",
            cost=Money(amount=Decimal("10.55"), currency="USD"),
            weight=Weight(value=Decimal("1.5"), unit=WeightUnit.POUND),
            tracking_url="https://track.example/1",
        )
    ]


def test_a_label_may_say_little():
    assert read({"label_id": "se-1", "tracking_number": "T1", "packages": None, "ship_date": None}) == [
        Parcel(tracking_number="T1", external_id="se-1")
    ]


def test_each_box_of_a_label_is_a_parcel_of_its_own_and_the_cost_is_counted_once():
    boxes = [{"tracking_number": f"T{place}", "external_package_id": f"B{place}"} for place in (1, 2)]
    first, second = read({**LABEL, "packages": boxes})
    assert (first.external_id, first.tracking_number, first.box) == ("se-1", "T1", "B1")
    assert (second.external_id, second.tracking_number, second.box) == ("se-1/2", "T2", "B2")
    assert first.cost is not None
    assert second.cost is None


def test_the_shipment_that_was_fetched_beside_a_label_names_its_order():
    bare = {name: value for name, value in LABEL.items() if name != "shipment"}
    assert [parcel.reference for parcel in read(bare, SHIPMENT)] == ["1001"]
    assert [parcel.reference for parcel in read(bare)] == [""]


def test_the_order_number_is_read_from_the_field_that_is_set():
    assert [parcel.reference for parcel in read(LABEL, reference="external_shipment_id")] == ["order-7"]


def test_a_shipment_that_we_made_names_our_key_and_the_order():
    own = {"custom_field1": "1001/1001-1", "custom_field2": "1001", "custom_field3": "f"}
    shipment = {**SHIPMENT, "external_shipment_id": external_id("1001/1001-1"), "advanced_options": own}
    (parcel,) = read({**LABEL, "shipment": shipment})
    assert (parcel.key, parcel.reference, parcel.box) == ("1001/1001-1", "1001", "1001-1")


def test_free_fields_that_somebody_else_filled_name_nothing():
    own = {"custom_field1": "gift wrap", "custom_field2": "red"}
    (parcel,) = read({**LABEL, "shipment": {**SHIPMENT, "advanced_options": own}})
    assert (parcel.key, parcel.reference) == ("", "1001")


@pytest.mark.parametrize("told", [{"voided": True}, {"status": "voided"}])
def test_a_voided_label_is_told_as_voided(told):
    assert [parcel.voided for parcel in read({**LABEL, **told})] == [True]


@pytest.mark.parametrize(
    ("day", "moment"), [("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)), (None, datetime(2026, 3, 1, 12, tzinfo=UTC))]
)
def test_the_day_of_shipping_counts_and_else_the_moment_of_making(day, moment):
    (parcel,) = read({**LABEL, "ship_date": day, "created_at": "2026-03-01T12:00:00Z"})
    assert parcel.shipped_at == moment


def test_amounts_in_several_currencies_are_not_added():
    (parcel,) = read({**LABEL, "insurance_cost": {"currency": "cad", "amount": 5}})
    assert parcel.cost == Money(amount=Decimal("9.3"), currency="USD")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"tracking_number": " ", "packages": []}, "no tracking number"),
        ({"ship_date": "2026-03-01T12:00:00"}, "ship_date"),
        ({"ship_date": "0001-01-01T00:00:00+14:00"}, "ship_date"),
        ({"ship_date": "2026-02-30"}, "ship_date"),
        ({"voided": "perhaps"}, "voided"),
        ({"shipment_cost": {"currency": "usd", "amount": "NaN"}}, "amount"),
        ({"packages": [{"weight": {"value": 1, "unit": "stone"}}]}, "unit"),
    ],
)
def test_what_cannot_be_read_is_named(wrong, named):
    with pytest.raises(Unreadable, match=named):
        read({**LABEL, **wrong})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["9" * 400, "2026-03-01"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3) | st.sampled_from(sorted(LABEL)), inner),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(LABEL)), anything) | anything, anything)
def test_whatever_a_label_holds_it_is_a_parcel_or_unreadable(changes, shipment):
    told = {**LABEL, **changes} if isinstance(changes, dict) else changes
    with contextlib.suppress(Unreadable):
        assert read(told, shipment) == read(told, shipment)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_record_of_ours_are_unreadable(data):
    with pytest.raises(Unreadable):
        provider().read_parcel(Record("se-1", data))


texts = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)


@settings(deadline=None)
@given(texts, texts, texts, st.booleans(), st.decimals(0, 999, places=2))
def test_a_valid_label_round_trips(number, tracking, box, voided, cost):
    label = {
        **LABEL,
        "tracking_number": tracking,
        "voided": voided,
        "shipment": {**SHIPMENT, "shipment_number": number},
        "packages": [{"tracking_number": tracking, "external_package_id": box}],
        "shipment_cost": {"currency": "usd", "amount": float(cost)},
        "insurance_cost": None,
    }
    (parcel,) = read(label)
    assert (parcel.reference, parcel.tracking_number, parcel.box, parcel.voided) == (number, tracking, box, voided)
    assert parcel.cost == Money(amount=cost, currency="USD")


@pytest.mark.parametrize("label", [{}, {"label_id": 7}, [], "se-1"])
def test_what_is_no_label_is_known_by_its_content_and_unreadable(label):
    (record,) = records(label)
    assert record == records(label)[0]
    assert record.id.startswith("digest:")
    with pytest.raises(Unreadable):
        read(label)


@pytest.mark.parametrize(
    "silent", [{"status": "processing"}, {"status": "error"}, {"is_return_label": True}, {"tracking_number": None}]
)
def test_a_label_that_is_no_parcel_on_its_way_out_is_not_told(silent):
    raw = [RawLabel.of(json.dumps({**LABEL, **changes}).encode()) for changes in ({}, silent)]
    assert told_by(raw) == raw[:1]


@given(st.text(min_size=1, max_size=90), st.text(min_size=1, max_size=90))
def test_keys_become_ids_that_fit_into_a_path_and_stay_apart(key, other):
    assert len(external_id(key)) <= LONGEST_ID
    assert external_id(key).replace("-", "").replace("_", "").replace(".", "").isascii()
    assert "/" not in external_id(key)
    assert (external_id(key) == external_id(other)) == (key == other)
