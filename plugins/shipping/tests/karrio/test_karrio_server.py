"""The same steps against the simulator and, in the slow run, against a real karrio server: both answer alike."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest

from crossdock import AlreadyThere, AnswerState, NeedsAuth, Rejected
from crossdock.domain import LabelFormat
from crossdock_shipping.karrio.models import ShipmentTold

LIVE_KEY = "key_live"
DRAFT = {
    "shipper": {"company_name": "Depot", "address_line1": "9 Dock Rd", "city": "Reno", "country_code": "US"},
    "recipient": {"person_name": "Ann Lee", "address_line1": "1 Main St", "city": "Reno", "country_code": "US"},
    "parcels": [{"weight": 1.5, "weight_unit": "LB"}],
}


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.slow)])
def karrio(request: pytest.FixtureRequest, connected_to: Callable[[str, str], Any]) -> Iterator[Any]:
    """A karrio server, simulated or real."""
    if request.param == "simulated":
        yield request.getfixturevalue("server")
        return
    server = connected_to(request.getfixturevalue("real_url"), LIVE_KEY)
    yield server
    server.http.close()


NUMBERS = (f"{uuid4().hex[:8]}-{place}" for place in count())


def drafted(karrio, **changes) -> dict[str, Any]:
    return karrio.http.post("/v1/shipments", json=DRAFT | changes).raise_for_status().json()


def bought(karrio, **changes) -> dict[str, Any]:
    draft = drafted(karrio, **changes)
    rate = {"selected_rate_id": draft["rates"][0]["id"]}
    return karrio.http.post(f"/v1/shipments/{draft['id']}/purchase", json=rate).raise_for_status().json()


def listed(karrio, **query) -> dict[str, Any]:
    return karrio.http.get("/v1/shipments", params=query).raise_for_status().json()


def test_a_label_is_bought_found_listed_fetched_and_voided(karrio, a_wish):
    wanted = a_wish(next(NUMBERS))

    async def steps(labels):
        assert await labels.find_label(wanted) is None
        draft = await labels.draft_label(wanted)
        assert await labels.find_label(wanted) == draft
        assert [(rate.service_level, str(rate.cost.amount)) for rate in draft.rates] == [
            ("van_standard", "7.25"),
            ("van_express", "19.9"),
        ]
        await labels.buy_label(wanted, draft, draft.rates[1])
        parcel = labels.read_parcel((await labels.find_label(wanted)).bought)
        assert (parcel.key, parcel.box, parcel.reference) == (wanted.key, "B1", wanted.reference)
        assert (parcel.carrier, parcel.service_level, parcel.cost) == ("own_van", "van_express", draft.rates[1].cost)
        assert parcel.tracking_number
        page = await labels.fetch_parcels(None)
        assert parcel in [labels.read_parcel(record) for record in page.records]
        assert (await labels.fetch_label(parcel, LabelFormat.PDF)).content.startswith(b"%PDF")
        for _ in range(2):
            assert (await labels.void_label(parcel)).state is AnswerState.ACCEPTED
        (record,) = await labels.find_parcels(wanted.reference)
        return labels.read_parcel(record).voided

    assert karrio.use(steps, page_size=1000)


@pytest.mark.parametrize("format", [LabelFormat.PDF, LabelFormat.ZPL])
def test_the_file_has_the_format_that_was_asked_for(karrio, a_wish, format):
    parcel = karrio.bought(a_wish(next(NUMBERS), format=format))
    assert karrio.use(lambda labels: labels.fetch_label(parcel, LabelFormat.PDF)).format is format


@pytest.mark.slow
def test_a_drawing_that_the_server_calls_a_png_is_not_taken_for_one(real, a_wish):
    parcel = real.bought(a_wish(next(NUMBERS), format=LabelFormat.PNG))
    with pytest.raises(Rejected, match="holds no PDF, ZPL or PNG"):
        real.use(lambda labels: labels.fetch_label(parcel, LabelFormat.PNG))


def test_one_idempotency_key_buys_two_labels_there_and_one_through_us(karrio, a_wish):
    twice = next(NUMBERS)
    for _ in range(2):
        asked = DRAFT | {"reference": twice, "service": "van_standard"}
        headers = {"Idempotency-Key": twice}
        assert karrio.http.post("/v1/shipments", json=asked, headers=headers).json()["status"] == "created"
    assert listed(karrio, reference=twice)["count"] == 2

    wanted = a_wish(next(NUMBERS))

    async def again_and_again(labels):
        for _ in range(3):
            found = await labels.find_label(wanted) or await labels.draft_label(wanted)
            if not found.bought:
                await labels.buy_label(wanted, found, found.rates[0])

    karrio.use(again_and_again)
    assert listed(karrio, reference=wanted.reference)["count"] == 1


def test_a_draft_that_was_bought_is_not_sold_again(karrio, a_wish):
    async def twice(labels):
        wanted = a_wish(next(NUMBERS))
        draft = await labels.draft_label(wanted)
        await labels.buy_label(wanted, draft, draft.rates[0])
        with pytest.raises(AlreadyThere):
            await labels.buy_label(wanted, draft, draft.rates[0])
        parcel = labels.read_parcel((await labels.find_label(wanted)).bought)
        await labels.void_label(parcel)
        with pytest.raises(AlreadyThere):
            await labels.buy_label(wanted, draft, draft.rates[0])

    karrio.use(twice)


@pytest.mark.slow
def test_several_purchases_of_one_draft_at_once_are_answered_as_sold(real):
    def sold_together() -> int:
        draft = drafted(real)
        rate = {"selected_rate_id": draft["rates"][0]["id"]}
        url, headers = f"{real.url}/v1/shipments/{draft['id']}/purchase", {"Authorization": f"Token {real.key}"}

        def buy(_: int) -> bool:
            return httpx.post(url, json=rate, headers=headers, trust_env=False, timeout=60).status_code == 200

        with ThreadPoolExecutor(4) as at_once:
            return sum(at_once.map(buy, range(4)))

    assert any(sold_together() > 1 for _ in range(10))


def test_drafts_and_labels_look_alike(karrio):
    draft, label = drafted(karrio), bought(karrio)
    for shown in (draft, label):
        told = ShipmentTold.model_validate(shown)
        assert told.id.startswith("shp_")
        assert datetime.fromisoformat(shown["created_at"]).tzinfo
        assert {"id", "currency", "service", "total_charge", "transit_days", "meta"} <= shown["rates"][0].keys()
    assert (draft["status"], draft["selected_rate"], draft["tracking_number"]) == ("draft", None, None)
    assert (label["status"], label["carrier_name"]) == ("created", "generic")
    assert label["selected_rate"]["meta"]["rate_provider"] == "own_van"
    (file,) = label["shipping_documents"]
    assert (file["category"], file["format"], bool(file["base64"])) == ("label", "PDF", True)
    seen = karrio.http.get(f"/v1/shipments/{label['id']}").json()
    assert seen["shipping_documents"][0]["base64"] is None


@pytest.mark.slow
def test_the_simulator_shows_no_field_that_a_real_server_does_not(real, server):
    for make in (drafted, bought):
        shown, simulated = make(real), make(server)
        assert simulated.keys() <= shown.keys()
        assert simulated["rates"][0].keys() <= shown["rates"][0].keys()
        for name in simulated.keys() - {"metadata", "meta", "payment", "options"}:
            kinds = {type(shown[name]), type(simulated[name])}
            assert len(kinds) == 1 or type(None) in kinds, name


WRONG_DRAFTS = [
    (
        {},
        ["recipient: This field is required.", "shipper: This field is required.", "parcels: This field is required."],
    ),
    (DRAFT | {"parcels": []}, ["parcels.non_field_errors: This list may not be empty."]),
    (
        DRAFT | {"recipient": {"country_code": "XX"}, "parcels": [{"weight": 1, "weight_unit": "ST"}]},
        [
            'recipient.country_code: "XX" is not a valid choice.',
            'parcels.0.weight_unit: "ST" is not a valid choice.',
        ],
    ),
    (
        DRAFT | {"recipient": DRAFT["recipient"] | {"postal_code": "1"}},
        ["recipient.postal_code: The American postal code must match 12345 or 12345-6789"],
    ),
    (DRAFT | {"reference": "x" * 101}, ["reference: Ensure this field has no more than 100 characters."]),
    (DRAFT | {"order_id": "x" * 51}, ["order_id: Ensure this field has no more than 50 characters."]),
    (DRAFT | {"label_type": "DOC"}, ['label_type: "DOC" is not a valid choice.']),
    (
        DRAFT | {"parcels": [{"weight": 1, "weight_unit": "LB", "length": 3}]},
        ["parcels.0.dimensions: When one dimension is specified, all must be specified with a dimension_unit"],
    ),
]


@pytest.mark.parametrize(("asked", "words"), WRONG_DRAFTS)
def test_a_wrong_draft_is_refused_field_by_field(karrio, asked, words):
    answer = karrio.http.post("/v1/shipments", json=asked)
    errors = [{"code": "validation", "level": "error", "message": message} for message in words]
    assert (answer.status_code, answer.json()) == (400, {"errors": errors})


WRONG_CALLS = [
    ("GET", "/v1/shipments/shp_nope", None, 404, "not_found"),
    ("POST", "/v1/shipments/shp_nope/purchase", {}, 404, "not_found"),
    ("POST", "/v1/shipments/shp_nope/cancel", {}, 404, "not_found"),
    ("POST", "/v1/shipments/DRAFT/purchase", {}, 400, "validation_error"),
    ("POST", "/v1/shipments/DRAFT/purchase", {"selected_rate_id": "rat_nope"}, 400, "service_unavailable"),
    ("POST", "/v1/shipments/LABEL/purchase", {"service": "van_standard"}, 409, "state_error"),
    ("POST", "/v1/shipments/LABEL/rates", {}, 409, "state_error"),
    ("POST", "/v1/shipments", DRAFT | {"carrier_ids": ["nope"]}, 404, "not_found"),
    ("GET", "/v1/shipments?created_after=nonsense", None, 400, "validation"),
    ("GET", "/v1/shipments?status=nope", None, 400, "validation"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), WRONG_CALLS)
def test_a_wrong_call_is_refused_alike(karrio, method, path, body, status, code):
    path = path.replace("DRAFT", drafted(karrio)["id"]) if "DRAFT" in path else path
    path = path.replace("LABEL", bought(karrio)["id"]) if "LABEL" in path else path
    answer = karrio.http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("header", "code"), [(None, "not_authenticated"), ("Token key_nope", "invalid_token"), ("x", "not_authenticated")]
)
def test_nobody_is_let_in_without_a_key(karrio, header, code):
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(f"{karrio.url}/v1/shipments", headers=headers, trust_env=False, timeout=60)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, code)
    with pytest.raises(NeedsAuth):
        karrio.use(lambda labels: labels.check(), api_key="key_nope")


def test_a_list_finds_what_contains_the_number_the_newest_first(karrio):
    number = next(NUMBERS)
    made = [drafted(karrio, reference=reference)["id"] for reference in (number, f"x{number.upper()}y", f"{number}1")]
    found = listed(karrio, reference=number)
    assert ([row["id"] for row in found["results"]], found["count"], found["next"]) == (made[::-1], 3, None)
    page = listed(karrio, reference=number, limit=2)
    assert [row["id"] for row in page["results"]] == [made[2], made[1]]
    assert "offset=2" in page["next"]
    page = listed(karrio, reference=number, limit=2, offset=2)
    assert ([row["id"] for row in page["results"]], page["next"]) == ([made[0]], None)
    for strange in ({"limit": 0}, {"limit": "x"}, {"offset": "x"}, {"unheard": "of"}, {"limit": 100_000}):
        assert len(listed(karrio, reference=number, **strange)["results"]) == 3
    assert listed(karrio, reference=number, offset=100)["results"] == []


def test_a_list_is_entered_by_the_moment_of_the_draft(karrio):
    number = next(NUMBERS)
    first, second = drafted(karrio, reference=number), drafted(karrio, reference=number)
    moment = second["created_at"]
    for written in (moment, moment.replace(" ", "T")):
        assert [row["id"] for row in listed(karrio, reference=number, created_after=written)["results"]] == [
            second["id"]
        ]
    before = listed(karrio, reference=number, created_before=first["created_at"])
    assert [row["id"] for row in before["results"]] == [first["id"]]
    rate = {"selected_rate_id": second["rates"][0]["id"]}
    label = karrio.http.post(f"/v1/shipments/{second['id']}/purchase", json=rate).json()
    assert label["created_at"] == moment, "the moment of purchase is nowhere told"
    karrio.http.post(f"/v1/shipments/{second['id']}/cancel").raise_for_status()
    cancelled = listed(karrio, reference=number, status="cancelled")
    assert [row["id"] for row in cancelled["results"]] == [second["id"]]


def test_a_number_with_spaces_around_it_is_the_same_number(karrio, a_wish):
    number = next(NUMBERS)
    assert drafted(karrio, reference=f"  {number} ")["reference"] == number


def test_cancelling_is_answered_alike_the_second_time(karrio):
    label = bought(karrio)
    path = f"/v1/shipments/{label['id']}/cancel"
    answers = [karrio.http.post(path) for _ in range(2)]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [
        (200, "cancelled"),
        (202, "cancelled"),
    ]


def test_other_rates_have_other_ids_and_keep_the_rest(karrio):
    draft = drafted(karrio, metadata={"crossdock_key": "k"}, reference="r")
    again = karrio.http.post(f"/v1/shipments/{draft['id']}/rates", json={"carrier_ids": []}).raise_for_status().json()
    assert again["rates"][0]["id"] != draft["rates"][0]["id"]
    assert (again["metadata"]["crossdock_key"], again["reference"], again["id"]) == ("k", "r", draft["id"])


def test_a_label_without_file_is_no_label_to_fetch(karrio, a_wish):
    parcel = karrio.bought(a_wish(next(NUMBERS))).model_copy(update={"external_id": drafted(karrio)["id"]})
    with pytest.raises(Rejected, match="has no label"):
        karrio.use(lambda labels: labels.fetch_label(parcel, LabelFormat.PDF))
