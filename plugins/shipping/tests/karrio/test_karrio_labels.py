"""What becomes of a label that was bought: its file is fetched, and it is taken back."""

import pytest

from crossdock import AnswerState, Rejected, Unavailable
from crossdock.domain import LabelFormat


@pytest.mark.parametrize("format", list(LabelFormat))
def test_a_label_is_fetched_in_the_format_that_it_was_bought_in(server, a_wish, format):
    parcel = server.bought(a_wish(format=format))
    file = server.use(lambda labels: labels.fetch_label(parcel, LabelFormat.PDF))
    assert file.format is format
    assert parcel.tracking_number.encode() in file.content


def test_a_label_that_is_not_there_cannot_be_fetched(server, a_wish):
    parcel = server.bought(a_wish()).model_copy(update={"external_id": "shp_nope"})
    with pytest.raises(Rejected, match="has no label"):
        server.use(lambda labels: labels.fetch_label(parcel, LabelFormat.PDF))


def test_a_file_that_comes_as_something_else_is_asked_for_again(server, a_wish):
    parcel = server.bought(a_wish())
    server.faults(rates={"html": 1}, only_paths="/documents/label$")
    with pytest.raises(Unavailable, match="something unexpected"):
        server.use(lambda labels: labels.fetch_label(parcel, LabelFormat.PDF))


def test_a_label_is_voided_and_a_second_time_does_no_harm(server, a_wish):
    parcel = server.bought(a_wish())
    for _ in range(2):
        assert server.use(lambda labels: labels.void_label(parcel)).state is AnswerState.ACCEPTED
    (shipment,) = server.truth()["shipments"].values()
    assert shipment == "cancelled"


def test_a_voided_label_is_found_as_voided(server, a_wish):
    parcel = server.bought(a_wish())

    async def voided(labels):
        await labels.void_label(parcel)
        return labels.read_parcel((await labels.find_label(a_wish())).bought).voided

    assert server.use(voided)


@pytest.mark.parametrize("fault", ["lost_reply", "dropped", "error_502_after", "error_503"])
def test_a_void_is_repeated_by_itself(server, a_wish, fault):
    parcel = server.bought(a_wish())
    server.faults(rates={fault: 1}, only_paths="/cancel$", max_faults=1)
    assert server.use(lambda labels: labels.void_label(parcel)).state is AnswerState.ACCEPTED
    assert list(server.truth()["shipments"].values()) == ["cancelled"]


def test_a_page_in_place_of_an_answer_is_no_void(server, a_wish):
    parcel = server.bought(a_wish())
    server.faults(rates={"html": 1}, only_paths="/cancel$")
    with pytest.raises(Unavailable, match="something unexpected"):
        server.use(lambda labels: labels.void_label(parcel))
    assert list(server.truth()["shipments"].values()) == ["created"]


def test_what_is_on_its_way_is_not_voided(server, a_wish):
    parcel = server.bought(a_wish())
    server.tell("/_ship", id=parcel.external_id)
    answer = server.use(lambda labels: labels.void_label(parcel))
    assert answer.state is AnswerState.REFUSED
    assert "can not be cancelled anymore" in answer.words


def test_after_a_void_another_key_buys_another_label(server, a_wish):
    first = server.bought(a_wish())
    server.use(lambda labels: labels.void_label(first))
    second = server.bought(a_wish(key="1001/B1~2"))
    found = server.use(lambda labels: labels.find_parcels("1001"))
    assert [record.id for record in found] == [second.external_id, first.external_id]
    assert server.truth()["spent"] == {"USD": "14.50"}
