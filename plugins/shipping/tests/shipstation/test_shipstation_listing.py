"""Labels gathered: by order number, and page by page without a gap."""

from datetime import timedelta

import pytest

from crossdock import ListsParcels, NeedsConfig, Record, Unavailable
from crossdock_shipping.shipstation.labels import ShipStationLabels


def found(account, number, **changes):
    async def look(provider):
        return [provider.read_parcel(record) for record in await provider.find_parcels(number)]

    return account.ask(look, **changes)


def numbers(parcels):
    return [parcel.tracking_number for parcel in parcels]


def at(account, minutes: float) -> str:
    return (account.clock.now() + timedelta(minutes=minutes)).isoformat()


def a_label(tracking: str, number: str = "1001", **more) -> dict:
    return {"shipment_number": number, "tracking_number": tracking, **more}


def test_parcels_are_found_by_the_number_of_their_order(account):
    account.make(a_label("T1", box="B1"), a_label("T2", box="B2"), a_label("T3", "1002"))
    assert [(parcel.tracking_number, parcel.box, parcel.reference) for parcel in found(account, "1001")] == [
        ("T1", "B1", "1001"),
        ("T2", "B2", "1001"),
    ]
    assert found(account, "nobody's") == []


@pytest.mark.parametrize("number", ["Ä 1/2&x=3", "#7", "a+b", "שלום"])
def test_any_order_number_can_be_asked_for(account, number):
    account.make(a_label("T1", number))
    assert numbers(found(account, number)) == ["T1"]


def test_two_boxes_in_one_label_are_two_parcels(account):
    boxes = [{"box": "B1", "tracking_number": "T1"}, {"box": "B2", "tracking_number": "T2"}]
    account.make({"shipment_number": "1001", "boxes": boxes})
    assert [(parcel.box, parcel.tracking_number) for parcel in found(account, "1001")] == [("B1", "T1"), ("B2", "T2")]


def test_labels_that_come_back_or_failed_are_not_told(account):
    account.make(a_label("T1", is_return_label=True), a_label("T2", status="error"), a_label("T3", status="processing"))
    assert found(account, "1001") == []
    assert account.walk()[0] == []


def test_a_voided_label_is_found_as_voided(account):
    (label,) = account.make(a_label("T1"))
    account.tell("void", label_id=label)
    assert [parcel.voided for parcel in found(account, "1001")] == [True]


@pytest.mark.parametrize("embeds", [True, False])
def test_a_listed_label_names_its_order_whether_its_shipment_stands_inside_or_not(account_with, embeds):
    account = account_with(embeds_shipment=embeds)
    account.make(a_label("T1"), a_label("T2"), a_label("T3", "1002"))
    parcels, _ = account.walk()
    assert [parcel.reference for parcel in parcels] == ["1001", "1001", "1002"]
    assert account.truth()["calls"].get("GET /v2/shipments/{id}", 0) == (0 if embeds else 2)


def test_every_label_is_listed_page_by_page_and_the_next_run_begins_before_the_newest(account):
    account.make(*(a_label(f"T{place}", created_at=at(account, place - 30)) for place in range(7)))
    parcels, checkpoint = account.walk(page_size=3)
    assert numbers(parcels) == [f"T{place}" for place in range(7)]
    assert checkpoint == at(account, 6 - 30 - 5)
    assert numbers(account.walk(checkpoint, page_size=3)[0]) == [f"T{place}" for place in range(1, 7)]


def test_a_first_run_reaches_back_as_far_as_is_set(account):
    account.make(a_label("OLD", created_at=at(account, -3 * 24 * 60)), a_label("NEW", created_at=at(account, -60)))
    assert numbers(account.walk(first_days=1)[0]) == ["NEW"]
    assert numbers(account.walk(first_days=4)[0]) == ["OLD", "NEW"]


def test_a_label_that_is_shown_late_is_not_missed(account):
    account.make(a_label("LATE", created_at=at(account, -4), late=2), a_label("SOON", created_at=at(account, -2)))
    parcels, checkpoint = account.walk()
    assert numbers(parcels) == ["SOON"]
    assert "LATE" in numbers(account.walk(checkpoint)[0])


def test_labels_made_while_the_pages_are_walked_leave_no_gap(account):
    account.make(*(a_label(f"T{place}", created_at=at(account, place - 20)) for place in range(4)))

    async def pages(provider):
        seen, cursor = [], None
        for extra in range(20):
            page = await provider.fetch_parcels(cursor)
            seen += [provider.read_parcel(record).tracking_number for record in page.records]
            if not page.more:
                return seen
            if extra < 3:  # one behind what was walked, one before it
                account.make(a_label(f"A{extra}", created_at=at(account, -10 + extra)))
                account.make(a_label(f"B{extra}", created_at=at(account, -19.5)))
            cursor = page.cursor
        raise AssertionError("the list does not end")

    seen = account.ask(pages, page_size=2)
    assert {f"T{place}" for place in range(4)} | {f"A{place}" for place in range(3)} <= set(seen)


def test_a_run_that_ends_in_the_middle_is_begun_again(account):
    account.make(*(a_label(f"T{place}", created_at=at(account, place - 20)) for place in range(4)))

    async def first(provider):
        return await provider.fetch_parcels(None)

    page = account.ask(first, page_size=2)
    assert page.more
    assert numbers(account.walk(page.checkpoint, page_size=2)[0]) == ["T0", "T1", "T2", "T3"]


def test_an_old_label_that_is_voided_is_told_once_more(account):
    (old,) = account.make(a_label("OLD", created_at=at(account, -600)))
    account.make(a_label("NEW", created_at=at(account, -10)))
    _, checkpoint = account.walk()
    assert numbers(account.walk(checkpoint)[0]) == ["NEW"]
    account.tell("void", label_id=old)
    parcels, checkpoint = account.walk(checkpoint)
    assert [(parcel.tracking_number, parcel.voided) for parcel in parcels] == [("NEW", False), ("OLD", True)]
    assert numbers(account.walk(checkpoint, voided_days=0)[0]) == ["NEW"]


def test_labels_voided_while_the_pages_are_walked_leave_no_gap(account):
    old = account.make(*(a_label(f"T{place}", created_at=at(account, place - 600)) for place in range(4)))
    _, checkpoint = account.walk()
    for label in old[:3]:
        account.tell("void", label_id=label)

    async def pages(provider):
        page = await provider.fetch_parcels(checkpoint)
        seen = [*page.records]
        while page.more:
            account.clock.forward(timedelta(days=20))  # however long it takes, all pages are of one list
            page = await provider.fetch_parcels(page.cursor)
            seen += page.records
        return [provider.read_parcel(record) for record in seen]

    parcels = account.ask(pages, page_size=1)
    assert {parcel.tracking_number for parcel in parcels if parcel.voided} == {"T0", "T1", "T2"}


def test_a_label_that_is_still_being_made_holds_the_next_run_back(account):
    (slow,) = account.make(a_label("SLOW", status="processing", created_at=at(account, -20)))
    account.make(a_label("QUICK", created_at=at(account, -10)))
    parcels, checkpoint = account.walk(page_size=1)
    assert numbers(parcels) == ["QUICK"]
    account.tell("finish", label_id=slow)
    assert numbers(account.walk(checkpoint)[0]) == ["SLOW", "QUICK"]


def test_a_label_that_is_never_finished_holds_nothing_back_for_long(account):
    account.make(a_label("STUCK", status="processing", created_at=at(account, -120)))
    account.make(a_label("QUICK", created_at=at(account, -10)))
    assert account.walk()[1] == at(account, -15)


def test_nothing_new_keeps_the_place(account):
    account.make(a_label("T1", created_at=at(account, -60)))
    _, checkpoint = account.walk()
    account.clock.forward(timedelta(hours=2))
    assert account.walk(checkpoint)[1] == checkpoint


def test_a_label_from_the_future_does_not_carry_the_place_away(account):
    account.make(a_label("T1", created_at=at(account, 60 * 24 * 365)))
    assert account.walk()[1] <= account.clock.now().isoformat()


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "2026-13-01T00:00:00+00:00",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00+00:00 x made 1 free",
        "2026-03-01T00:00:00+00:00 2026-03-01T00:00:00+00:00 lost 1 free",
        "2026-03-01T00:00:00+00:00 2026-03-01T00:00:00+00:00 made one free",
    ],
)
def test_a_cursor_of_somebody_else_is_named(account, cursor):
    with pytest.raises(NeedsConfig, match="cursor"):
        account.ask(lambda provider: provider.fetch_parcels(cursor))


@pytest.mark.parametrize("fault", ["html", "truncated"])
def test_an_answer_that_is_no_list_is_asked_for_again_later(account_with, fault):
    account = account_with(faults={"rates": {fault: 1}})
    with pytest.raises(Unavailable):
        account.walk()
    with pytest.raises(Unavailable):
        found(account, "1001")


def test_a_list_is_read_through_a_bad_hour(account_with):
    account = account_with(faults={"seed": 3, "rates": {"error_503": 0.2, "dropped": 0.2, "throttled": 0.1}})
    account.make(*(a_label(f"T{place}", created_at=at(account, place - 30)) for place in range(6)))
    assert numbers(account.walk(page_size=2)[0]) == [f"T{place}" for place in range(6)]


def test_a_label_of_an_odd_shape_is_kept_and_the_others_go_on(account):
    assert isinstance(ShipStationLabels(None), ListsParcels)
    account.make(a_label("T1"))

    async def look(provider):
        return await provider.find_parcels("1001")

    (record,) = account.ask(look)
    assert isinstance(record, Record)
    assert record.id.startswith("se-")
