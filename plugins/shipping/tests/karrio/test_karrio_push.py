"""Calls that karrio makes by itself: only who bears the secret is believed, and says no more than a list would."""

import json

import pytest

from crossdock import NeedsAuth, ReceivesRecords, Unreadable
from crossdock_shipping.karrio.labels import KarrioLabels

SECRET = "whsec_sandbox"


@pytest.fixture
def pushed(server):
    """What the plugin takes from a call."""

    def read(headers, body, **settings):
        async def push(labels):
            return [labels.read_parcel(one) for one in labels.read_push(headers, body, server.clock.now())]

        return server.use(push, **{"webhook_secret": SECRET, **settings})

    return read


def call_of(server, id, event="shipment_purchased"):
    told = server.http.get("/_event", params={"id": id, "event": event}).raise_for_status().json()
    return told["headers"], json.dumps(told["body"]).encode()


def test_a_call_tells_of_a_label_that_was_bought_and_of_one_taken_back(server, pushed):
    made = server.tell("/_labels", reference="1001", box="B1")
    (parcel,) = pushed(*call_of(server, made["id"]))
    assert (parcel.reference, parcel.box, parcel.voided) == ("1001", "B1", False)
    server.tell("/_void", id=made["id"])
    (parcel,) = pushed(*call_of(server, made["id"], "shipment_cancelled"))
    assert parcel.voided


def test_a_call_says_what_a_list_says(server, pushed):
    made = server.tell("/_labels", reference="1001")
    (listed,) = server.use(lambda labels: labels.find_parcels("1001"))
    assert pushed(*call_of(server, made["id"])) == server.use(lambda labels: read_all(labels, [listed]))


async def read_all(labels, records):
    return [labels.read_parcel(record) for record in records]


@pytest.mark.parametrize("forged", [{}, {"x-event-id": ""}, {"x-event-id": "whsec_guess"}, {"x-event-id": "whsec_ü"}])
def test_who_does_not_bear_the_secret_is_not_believed(server, pushed, forged):
    made = server.tell("/_labels", reference="1001")
    _, body = call_of(server, made["id"])
    with pytest.raises(NeedsAuth, match="webhook_secret") as refused:
        pushed(forged, body)
    assert SECRET not in str(refused.value)


def test_without_a_secret_in_the_settings_nobody_is_believed(server, pushed):
    made = server.tell("/_labels", reference="1001")
    with pytest.raises(NeedsAuth, match="set webhook_secret"):
        pushed(*call_of(server, made["id"]), webhook_secret=None)


def test_a_call_about_something_else_holds_no_parcel(server, a_wish, pushed):
    draft = server.use(lambda labels: labels.draft_label(a_wish()))
    assert pushed(*call_of(server, draft.ref, "shipment_cancelled")) == []
    made = server.tell("/_labels", reference="1001")
    assert pushed(*call_of(server, made["id"], "tracker_updated")) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"event": "shipment_purchased"}', b"\xff", b'{"data": {}}'])
def test_a_body_that_is_no_event_is_unreadable(pushed, body):
    with pytest.raises(Unreadable, match="no event of karrio"):
        pushed({"x-event-id": SECRET}, body)


def test_a_shipment_that_cannot_be_looked_into_is_kept_and_named(server):
    body = b'{"event": "shipment_purchased", "data": [1]}'

    async def push(labels):
        return labels.read_push({"x-event-id": SECRET}, body, server.clock.now())

    (record,) = server.use(push, webhook_secret=SECRET)
    assert (record.id[:7], record.data) == ("digest:", b"[1]")


def test_the_plugin_receives_records():
    assert isinstance(KarrioLabels.__new__(KarrioLabels), ReceivesRecords)
