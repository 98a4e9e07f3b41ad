"""Parcels that the look-up service tells of: listed as they change, or sent in signed calls."""

from datetime import timedelta

import pytest

from crossdock import NeedsAuth, Unreadable
from crossdock.domain import Parcel
from crossdock_shipping.lookup.push import signature_of

FULL = {"id": "P1", "reference": "1001", "tracking_number": "T1", "carrier": "UPS", "box": "1001-1"}
BARE = {"id": "P2", "reference": "1001", "tracking_number": "T2"}


def test_the_list_tells_every_change_page_by_page(service_with):
    service = service_with(page_size=2)
    service.add(*({**BARE, "id": f"P{place}", "reference": f"{place}"} for place in range(5)))
    told, checkpoint = service.listed()
    assert [parcel.external_id for parcel in told] == ["P0", "P1", "P2", "P3", "P4"]
    service.clock.ahead += timedelta(hours=2)
    assert service.listed(service.listed(checkpoint)[1])[0] == []


def test_a_label_that_is_taken_back_is_listed_again(service):
    service.add(FULL, BARE)
    _, checkpoint = service.listed(overlap=0)
    service.add({**FULL, "voided": True})
    told, _ = service.listed(checkpoint, overlap=0)
    assert [(parcel.external_id, parcel.voided) for parcel in told] == [("P1", True)]


@pytest.mark.parametrize(("overlap", "told_of"), [("PT1H", ["P1"]), (0, [])])
def test_a_parcel_that_shows_late_is_found_as_far_as_the_list_reaches_back(service_with, overlap, told_of):
    service = service_with(late=1)
    service.add(FULL)
    first, checkpoint = service.listed(overlap=overlap)
    assert first == []
    again, _ = service.listed(checkpoint, overlap=overlap)
    assert [parcel.external_id for parcel in again] == told_of


def test_the_first_reading_reaches_back_as_far_as_the_settings_say(service):
    service.add(FULL)
    service.clock.ahead = timedelta(days=8)
    assert service.listed()[0] == []
    assert len(service.listed(first_run="P9D")[0]) == 1


def test_the_list_goes_on_from_the_same_place_until_it_has_come_to_its_end(service_with):
    service = service_with(page_size=1)
    service.add(FULL, BARE)

    async def first_page(provider):
        return await provider.fetch_parcels(None)

    page = service.ask(first_page, lists=True)
    assert page.more
    assert [parcel.external_id for parcel in service.listed(page.checkpoint)[0]] == ["P1", "P2"]
    assert [parcel.external_id for parcel in service.listed(page.cursor)[0]] == ["P2"]


@pytest.mark.parametrize("cursor", ["", "{}", "nonsense", '{"since": 7}'])
def test_a_cursor_that_leads_nowhere_begins_anew(service, cursor):
    service.add(FULL)
    assert len(service.listed(cursor)[0]) == 1


def pushed(service, *, at: timedelta = timedelta(), secret="sandbox-webhook", **wrong) -> list[Parcel]:
    told = service.http.get("/_push", params={"id": "P1"}).json()
    headers, body = {**told["headers"], **wrong.get("headers", {})}, wrong.get("body", told["body"]).encode()

    async def read(provider):
        records = provider.read_push(headers, body, service.clock.now() + at)
        return [provider.read_parcel(record) for record in records]

    return service.ask(read, webhook_secret=secret)


def test_a_signed_call_tells_of_its_parcels(service):
    service.add(FULL, BARE)
    assert pushed(service) == service.found("1001")[:1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"secret": None},
        {"headers": {"x-signature": ""}},
        {"headers": {"x-signature": "ÿ"}},
        {"headers": {"x-timestamp": "1"}},
        {"body": "{}"},
        {"at": timedelta(seconds=302)},
        {"at": timedelta(seconds=-302)},
    ],
)
def test_a_call_that_proves_nothing_or_is_old_is_refused(service, wrong):
    service.add(FULL)
    with pytest.raises(NeedsAuth, match="webhook"):
        pushed(service, **wrong)


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "１", "9" * 400])
def test_a_signed_call_without_a_time_is_refused(service, stamp):
    service.add(FULL)
    body = '{"parcels": []}'
    headers = {"x-timestamp": stamp, "x-signature": signature_of("sandbox-webhook", stamp, body.encode())}
    with pytest.raises(NeedsAuth, match="clocks"):
        pushed(service, headers=headers, body=body)


@pytest.mark.parametrize("body", ["", "[]", '{"parcels": []}', '{"parcels": 7}'])
def test_a_proven_call_without_parcels_cannot_be_read(service, body):
    stamp = str(int(service.clock.now().timestamp()))
    headers = {"x-timestamp": stamp, "x-signature": signature_of("sandbox-webhook", stamp, body.encode())}
    with pytest.raises(Unreadable):
        pushed(service, headers=headers, body=body)
