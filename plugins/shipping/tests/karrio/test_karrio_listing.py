"""Lists of shipments: nothing is left out while others buy, cancel and come late."""

import random
from itertools import count

import pytest

from crossdock import NeedsConfig, Unavailable

DAYS = 24.0


async def listed(provider, cursor=None, between=None):
    """Every parcel of one listing, and the checkpoint behind it; `between` is called after each page."""
    parcels = {}
    while True:
        page = await provider.fetch_parcels(cursor)
        for record in page.records:
            parcel = provider.read_parcel(record)
            parcels[parcel.external_id] = parcel
        if not page.more:
            return parcels, page.checkpoint
        assert page.checkpoint is None
        cursor = page.cursor
        if between:
            between()


def references(found):
    return sorted(parcel.reference for parcel in found[0].values())


def test_a_listing_shows_what_was_bought_and_no_draft(server, a_wish):
    server.tell("/_labels", reference="1")
    server.use(lambda labels: labels.draft_label(a_wish("2")))
    gone = server.tell("/_labels", reference="3")
    server.tell("/_void", id=gone["id"])
    found, _ = server.use(listed)
    assert {parcel.reference: parcel.voided for parcel in found.values()} == {"1": False, "3": True}


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_no_page_leaves_a_row_out_while_others_buy(server, size):
    for number in range(9):
        server.tell("/_labels", reference=f"old-{number}")
    coming = count()

    def another() -> None:
        server.tell("/_labels", reference=f"new-{next(coming)}")

    found = server.use(lambda labels: listed(labels, between=another), page_size=size)
    assert {f"old-{number}" for number in range(9)} <= set(references(found))
    again = server.use(lambda labels: listed(labels, found[1]), page_size=1000)
    bought = {label["reference"] for label in server.truth()["labels"]}
    assert set(references(found)) | set(references(again)) == bought


def test_a_listing_begins_where_the_last_one_did_and_looks_back(server):
    server.tell("/_labels", reference="early")
    _, checkpoint = server.use(listed)
    server.ahead(hours=1.5 * DAYS)
    server.tell("/_labels", reference="late")
    assert references(server.use(lambda labels: listed(labels, checkpoint))) == ["early", "late"]
    _, checkpoint = server.use(listed)
    server.ahead(hours=3 * DAYS)
    assert references(server.use(lambda labels: listed(labels, checkpoint))) == ["early", "late"]
    _, checkpoint = server.use(listed)
    assert references(server.use(lambda labels: listed(labels, checkpoint))) == []


def test_a_draft_that_is_bought_late_is_seen_within_the_overlap(server, a_wish):
    draft = server.use(lambda labels: labels.draft_label(a_wish("1001")))
    server.ahead(hours=1.0 * DAYS)
    found, checkpoint = server.use(listed)
    assert found == {}
    server.use(lambda labels: labels.buy_label(a_wish("1001"), draft, draft.rates[0]))
    server.ahead(hours=0.5 * DAYS)
    assert references(server.use(lambda labels: listed(labels, checkpoint))) == ["1001"]


def test_a_label_cancelled_long_after_is_seen(server):
    made = server.tell("/_labels", reference="1001")
    server.ahead(hours=20 * DAYS)
    _, checkpoint = server.use(listed)
    server.tell("/_void", id=made["id"])
    found, _ = server.use(lambda labels: listed(labels, checkpoint))
    assert [(parcel.reference, parcel.voided) for parcel in found.values()] == [("1001", True)]
    assert server.use(lambda labels: listed(labels, checkpoint), voids="P1D")[0] == {}


def test_the_very_first_listing_may_look_back_for_ever(server):
    server.tell("/_labels", reference="1001")
    assert references(server.use(listed, first_run="P2000000D")) == ["1001"]


def test_what_comes_late_is_found_by_a_later_listing(server):
    server.tell("/_late", look_ups=2)
    server.tell("/_labels", reference="1001")
    found, checkpoint = server.use(listed)
    assert found == {}
    server.use(lambda labels: listed(labels, checkpoint))
    assert references(server.use(lambda labels: listed(labels, checkpoint))) == ["1001"]


def test_a_strange_cursor_is_refused_in_words(server):
    for cursor in ("nonsense", "[1, 2]", "[]", "[" * 5000):
        with pytest.raises(NeedsConfig, match="reset it"):
            server.use(lambda labels, cursor=cursor: labels.fetch_parcels(cursor))


@pytest.mark.parametrize("fault", ["html", "truncated", "error_500", "error_503"])
def test_a_list_that_breaks_off_is_asked_for_again_later(server, fault):
    server.tell("/_labels", reference="1001")
    server.faults(rates={fault: 1})
    with pytest.raises(Unavailable):
        server.use(lambda labels: labels.fetch_parcels(None))


def test_a_look_up_gives_exactly_one_order(server):
    for reference in ("1001", "11001", "10012", "x1001y", "a/b", "A/B"):
        server.tell("/_labels", reference=reference, box="B1")
    found = server.use(lambda labels: labels.find_parcels("1001"), page_size=2)
    assert [record.id for record in found] == [
        label["shipment"] for label in server.truth()["labels"] if label["reference"] == "1001"
    ]
    assert len(server.use(lambda labels: labels.find_parcels("a/b"))) == 1
    assert server.use(lambda labels: labels.find_parcels("100")) == []


def test_nobody_is_found_without_a_number(server):
    server.tell("/_labels", reference="")
    assert server.use(lambda labels: labels.find_parcels(" ")) == []


@pytest.mark.parametrize("number", ["Ä 1/2&x=3", "#7", "a+b", "שלום", "50%", "_"])
def test_any_order_number_can_be_asked_for(server, number):
    server.tell("/_labels", reference=number)
    assert len(server.use(lambda labels: labels.find_parcels(number))) == 1


def test_the_order_number_may_stand_in_order_id(server):
    server.tell("/_labels", reference="1001", number_in="order_id")
    assert server.use(lambda labels: labels.find_parcels("1001")) == []
    assert len(server.use(lambda labels: labels.find_parcels("1001"), number_in="order_id")) == 1


@pytest.mark.parametrize("seed", range(4))
def test_listings_together_show_every_label_and_every_cancellation(server, seed):
    dice, made, seen = random.Random(seed), [], {}
    checkpoint = None
    for step in range(12):
        for _ in range(dice.randrange(3)):
            made.append(server.tell("/_labels", reference=f"{step}")["id"])
        if made and dice.random() < 0.4:
            server.tell("/_void", id=dice.choice(made))
        server.ahead(hours=dice.choice([0.1, 5, 30]))
        if dice.random() < 0.6:
            parcels, checkpoint = server.use(lambda labels, at=checkpoint: listed(labels, at), page_size=2)
            seen |= {id: parcel.voided for id, parcel in parcels.items()}
    parcels, _ = server.use(lambda labels: listed(labels, checkpoint))
    seen |= {id: parcel.voided for id, parcel in parcels.items()}
    shipments = server.truth()["shipments"]
    assert seen == {id: shipments[id] == "cancelled" for id in made}, f"seed {seed}"
