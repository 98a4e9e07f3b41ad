"""Shipments as karrio gives them, read as parcels: all that they say, and nothing that they do not."""

import contextlib
import json
from decimal import Decimal

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import ConnectionContext, Record, Rejected, SystemClock, Unavailable, Unreadable
from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock_shipping.karrio.errors import explain_error, remarks
from crossdock_shipping.karrio.labels import bears, read_known
from crossdock_shipping.karrio.parcels import KarrioParcels
from crossdock_shipping.karrio.settings import KarrioSettings

RATE = {
    "id": "rat_1",
    "carrier_name": "own_van",
    "carrier_id": "own-van",
    "currency": "USD",
    "service": "van_standard",
    "total_charge": 7.25,
    "transit_days": 3,
    "meta": {"rate_provider": "own_van", "ext": "generic"},
}
FULL = {
    "id": "shp_1",
    "status": "created",
    "tracking_number": "a6ceea49f7e2",
    "reference": "1001",
    "order_id": "W-7",
    "carrier_name": "generic",
    "carrier_id": "own-van",
    "service": "van_standard",
    "selected_rate": RATE,
    "rates": [RATE],
    "messages": [],
    "parcels": [{"weight": 1.5, "weight_unit": "LB"}],
    "metadata": {"crossdock_key": "1001/B1", "crossdock_box": "B1"},
    "meta": {"tracking_url": "https://van.example/a6ceea49f7e2"},
    "tracking_url": "/v1/trackers/own_van/a6ceea49f7e2",
    "created_at": "2026-11-22 13:50:02.907224+00:00",
}


def read(told: object, **chosen: object) -> Parcel:
    opened = KarrioSettings(base_url="https://karrio.example", api_key="k", **chosen)
    ctx = ConnectionContext("karrio", opened, None, structlog.get_logger(), SystemClock())
    return KarrioParcels(ctx).read_parcel(Record("shp_1", json.dumps(told).encode()))


def test_a_parcel_keeps_all_it_says():
    assert read(FULL) == Parcel(
        external_id="shp_1",
        reference="1001",
        key="1001/B1",
        box="B1",
        tracking_number="a6ceea49f7e2",
        carrier="own_van",
        service_level="van_standard",
        cost=Money(amount=Decimal("7.25"), currency="USD"),
        weight=Weight(value=Decimal("1.5"), unit=WeightUnit.POUND),
        tracking_url="https://van.example/a6ceea49f7e2",
    )


def test_the_order_number_may_stand_in_the_other_field():
    assert read(FULL, number_in="order_id").reference == "W-7"


def test_a_label_of_somebody_else_has_no_key_and_perhaps_no_box():
    parcel = read({**FULL, "metadata": {"shop": "b"}})
    assert (parcel.key, parcel.box, parcel.tracking_number) == ("", "", "a6ceea49f7e2")


@pytest.mark.parametrize("status", ["created", "shipped", "in_transit", "delivered", "needs_attention", "unheard_of"])
def test_only_a_cancelled_shipment_is_voided(status):
    assert not read({**FULL, "status": status}).voided
    assert read({**FULL, "status": "cancelled"}).voided


def test_the_real_carrier_counts_where_another_sold_the_label():
    rate = {**RATE, "carrier_name": "reseller", "meta": {"rate_provider": "usps"}}
    assert read({**FULL, "selected_rate": rate}).carrier == "usps"
    assert read({**FULL, "selected_rate": {**rate, "meta": None}}).carrier == "reseller"
    assert read({**FULL, "selected_rate": {"id": "rat_1"}}).carrier == "generic"


def test_a_price_without_currency_is_no_price():
    assert read({**FULL, "selected_rate": {**RATE, "currency": None}}).cost is None
    assert read({**FULL, "selected_rate": {**RATE, "total_charge": None}}).cost is None


@pytest.mark.parametrize(
    ("pieces", "weight"),
    [
        ([{"weight": 2, "weight_unit": "KG"}, {"weight": 500, "weight_unit": "G"}], ("2.5", "kg")),
        ([{"weight": 2, "weight_unit": "KG"}, {"weight": None, "weight_unit": "G"}], None),
        ([{"weight": 0.0, "weight_unit": "KG"}], None),
        ([{"weight": 1, "weight_unit": "STONE"}], None),
        ([], None),
    ],
)
def test_a_weight_is_that_of_all_pieces_or_none(pieces, weight):
    expected = weight and Weight(value=Decimal(weight[0]), unit=WeightUnit(weight[1]))
    assert read({**FULL, "parcels": pieces}).weight == expected


def test_a_link_into_the_api_is_shown_to_no_buyer():
    assert read({**FULL, "meta": {}}).tracking_url == ""
    assert read({**FULL, "meta": {"tracking_url": "javascript:alert(1)"}}).tracking_url == ""


@pytest.mark.parametrize(
    "unbought",
    [{"selected_rate": None}, {"status": "draft"}, {"status": "cancelled", "selected_rate": None}],
)
def test_a_draft_is_no_parcel(unbought):
    with pytest.raises(Unreadable, match=r"shp_1.*no label was bought"):
        read({**FULL, **unbought})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"id": ""}, "id"),
        ({"status": None}, "status"),
        ({"tracking_number": 7}, "tracking_number"),
        ({"selected_rate": {**RATE, "total_charge": -1}}, "selected_rate.total_charge"),
        ({"selected_rate": {**RATE, "total_charge": float("nan")}}, "selected_rate.total_charge"),
        ({"parcels": "B1"}, "parcels"),
    ],
)
def test_what_cannot_be_read_is_named(wrong, named):
    with pytest.raises(Unreadable, match=f"shp_1.*{named}"):
        read({**FULL, **wrong})


fields = st.sampled_from(sorted(RATE | FULL))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=4),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["errors", "messages"]), anything) | anything)
def test_whatever_a_refusal_holds_it_has_words(told):
    body = json.dumps(told).encode()
    assert all(remark.words is not None for remark in remarks(body))
    assert isinstance(explain_error(400, body), str)


def test_a_refusal_is_told_in_the_words_of_server_or_carrier():
    server = {"errors": [{"code": "validation", "message": "weight: too much"}, {"message": "city: unheard of"}]}
    carrier = {"messages": [{"carrier_name": "ups", "code": "120", "message": "No service"}, "?"], "errors": 7}
    assert explain_error(400, json.dumps(server).encode()) == "weight: too much; city: unheard of"
    assert explain_error(424, json.dumps(carrier).encode()) == "ups: No service"
    assert explain_error(404, b"<!doctype html><h1>Not Found</h1>") == "a web page"


def test_what_bears_our_key_and_cannot_be_read_is_a_case_for_a_person():
    row = json.dumps({**FULL, "parcels": "B1"}).encode()
    assert bears(row, "1001/B1")
    with pytest.raises(Rejected, match="look at it there"):
        read_known(row)


@pytest.mark.parametrize("row", [b"[]", b'{"id": 1}', b"7", b'{"id": "shp_1", "reference": 7}'])
def test_what_could_be_any_orders_label_stops_a_look_up(row):
    with pytest.raises(Unavailable, match="a look-up of shipments"):
        bears(row, "1001/B1")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(FULL)), anything) | anything)
def test_whatever_a_shipment_holds_it_is_a_parcel_or_unreadable(changes):
    told = {**FULL, **changes} if isinstance(changes, dict) else changes
    with contextlib.suppress(Unreadable):
        assert read(told) == read(told)


words = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=("Z", "Cc")), max_size=20)


@settings(deadline=None)
@given(
    number=words,
    reference=words,
    service=words,
    price=st.decimals(0, 10**6, places=2),
    grams=st.integers(1, 10**6),
    voided=st.booleans(),
)
def test_what_a_shipment_says_is_what_the_parcel_says(number, reference, service, price, grams, voided):
    parcel = read(
        {
            **FULL,
            "tracking_number": number,
            "reference": reference,
            "selected_rate": {**RATE, "service": service, "total_charge": float(price)},
            "service": service,
            "parcels": [{"weight": grams, "weight_unit": "G"}],
            "status": "cancelled" if voided else "created",
        }
    )
    assert (parcel.tracking_number, parcel.reference, parcel.service_level) == (number, reference, service)
    assert parcel.cost.amount == price
    assert parcel.weight.into(WeightUnit.GRAM) == grams
    assert parcel.voided is voided
