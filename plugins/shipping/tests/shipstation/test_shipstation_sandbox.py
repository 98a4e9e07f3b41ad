"""The simulated account is as strict as the reference of the API."""

import pytest

from crossdock import NeedsConfig, Throttled

PLACE = {"name": "Ann", "address_line1": "1 Main St", "city_locality": "Reno", "country_code": "US"}
SHIPMENT = {
    "external_shipment_id": "mine-1",
    "ship_to": PLACE,
    "ship_from": PLACE,
    "packages": [{"weight": {"value": 1, "unit": "pound"}}],
}


def create(account, **changes):
    return account.http.post("/v2/shipments", json={"shipments": [{**SHIPMENT, **changes}]})


def error_of(response) -> tuple[int, str]:
    told = response.json()
    assert set(told) == {"request_id", "errors"}
    assert set(told["errors"][0]) == {"error_source", "error_type", "error_code", "message"}
    return response.status_code, told["errors"][0]["error_code"]


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_call_without_the_key_is_refused(account, key):
    assert error_of(account.http.get("/v2/labels", headers={"API-Key": key})) == (401, "unauthorized")


def test_fields_that_the_reference_does_not_have_are_refused(account):
    assert error_of(create(account, colour="red")) == (400, "invalid_field_value")


@pytest.mark.parametrize("missing", ["ship_to", "ship_from", "packages"])
def test_what_a_shipment_needs_must_be_there(account, missing):
    left = {name: value for name, value in SHIPMENT.items() if name != missing}
    refused = account.http.post("/v2/shipments", json={"shipments": [left]})
    assert error_of(refused) == (400, "field_value_required")


def test_an_id_exists_once_in_the_account(account):
    assert create(account).json()["has_errors"] is False
    again = create(account).json()
    assert again["has_errors"] is True
    assert "already exists" in again["shipments"][0]["errors"][0]
    assert len(account.truth()["shipments"]) == 1


def test_an_id_that_is_too_long_is_cut_off_without_a_word(account):
    (made,) = create(account, external_shipment_id="x" * 60).json()["shipments"]
    assert made["external_shipment_id"] == "x" * 50


@pytest.mark.parametrize("path", ["/v2/shipments/se-9", "/v2/shipments/external_shipment_id/x", "/v2/labels/se-9"])
def test_what_is_not_there_is_404(account, path):
    assert error_of(account.http.get(path)) == (404, "invalid_identifier")


def test_a_page_behind_the_last_is_empty_and_pages_are_counted(account):
    account.make(*({"shipment_number": str(place)} for place in range(3)))
    first = account.http.get("/v2/labels", params={"page_size": 2}).json()
    assert (len(first["labels"]), first["total"], first["page"], first["pages"]) == (2, 3, 1, 2)
    assert account.http.get("/v2/labels", params={"page": 9}).json()["labels"] == []


def test_the_newest_label_comes_first_unless_it_is_asked_otherwise(account):
    account.make(*({"shipment_number": str(place), "created_at": f"2026-03-0{place}T00:00:00Z"} for place in (1, 2)))
    labels = account.http.get("/v2/labels").json()["labels"]
    assert [label["created_at"][:10] for label in labels] == ["2026-03-02", "2026-03-01"]


@pytest.mark.parametrize("query", [{"page": 0}, {"page_size": 501}, {"created_at_start": "yesterday"}])
def test_a_query_that_makes_no_sense_is_refused(account, query):
    assert error_of(account.http.get("/v2/labels", params=query)) == (400, "invalid_field_value")


def rate_of(account) -> str:
    (shipment,) = create(account).json()["shipments"]
    asked = {"shipment_id": shipment["shipment_id"], "rate_options": {"carrier_ids": ["se-2"]}}
    return account.http.post("/v2/rates", json=asked).json()["rate_response"]["rates"][0]["rate_id"]


def test_rates_must_be_asked_of_a_carrier_of_the_account(account):
    (shipment,) = create(account).json()["shipments"]
    for carriers in ([], ["se-9"]):
        asked = {"shipment_id": shipment["shipment_id"], "rate_options": {"carrier_ids": carriers}}
        assert account.http.post("/v2/rates", json=asked).status_code == 400


def test_a_shipment_is_sold_once_unless_the_scenario_says_otherwise(account_with):
    for sells_twice, status in ((False, 400), (True, 200)):
        account = account_with(sells_twice=sells_twice)
        rate = rate_of(account)
        assert account.http.post(f"/v2/labels/rates/{rate}", json={}).status_code == 200
        assert account.http.post(f"/v2/labels/rates/{rate}", json={}).status_code == status


@pytest.mark.parametrize("order", [{"label_format": "gif"}, {"label_layout": "letter", "label_format": "zpl"}])
def test_a_label_that_cannot_be_printed_is_not_sold(account, order):
    assert account.http.post(f"/v2/labels/rates/{rate_of(account)}", json=order).status_code == 400
    assert account.truth()["spent"] == "0"


def test_a_label_made_by_hand_costs_what_comes_back_when_it_is_taken_back(account):
    (label,) = account.http.post("/_labels", json=[{"shipment_number": "1001"}]).json()["label_ids"]
    account.http.post("/_labels", json=[{"shipment_number": "1001", "status": "voided"}])
    assert account.truth()["spent"] == "9.30"
    account.http.post("/_void", json={"label_id": label})
    assert account.truth()["spent"] == "0.00"


def test_too_many_calls_in_a_minute_are_refused_with_the_time_to_wait(account_with):
    account = account_with(requests_per_minute=2)
    statuses = [account.http.get("/v2/carriers").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert 0 < int(account.http.get("/v2/carriers").headers["Retry-After"]) <= 60
    with pytest.raises(Throttled):
        account.ask(lambda provider: provider.check())


def test_an_address_check_that_is_not_there_says_what_to_set(account, a_wish):
    with pytest.raises(NeedsConfig, match="address_path"):
        account.ask(lambda provider: provider.check_address(a_wish().ship_to), address_path="/v2/nowhere")


@pytest.mark.parametrize("labels", [[{}], [{"shipment_number": "1", "colour": "red"}], {}])
def test_labels_made_by_hand_must_be_labels(account, labels):
    assert account.http.post("/_labels", json=labels).status_code == 400
