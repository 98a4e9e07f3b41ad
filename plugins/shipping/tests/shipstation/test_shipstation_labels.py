"""Labels bought: drafted, rated, bought once, read back, taken back."""

import asyncio
from decimal import Decimal

import pytest

from crossdock import (
    AlreadyThere,
    AnswerState,
    BuysLabels,
    ChecksAddresses,
    LabelDraft,
    NeedsAuth,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.domain import LabelFormat, LabelLine, Money, Parcel, cheapest
from crossdock_shipping.shipstation.labels import ShipStationLabels
from crossdock_shipping.shipstation.wish import external_id


async def obtain(provider: ShipStationLabels, wanted) -> Parcel:
    """The steps of the engine, once through: find, draft, choose, buy, find again."""
    draft = await provider.find_label(wanted) or await provider.draft_label(wanted)
    if draft.bought is None:
        await provider.buy_label(wanted, draft, cheapest(draft.rates))
        draft = await provider.find_label(wanted)
    return provider.read_parcel(draft.bought)


async def insist(provider: ShipStationLabels, wanted, rounds: int = 40) -> Parcel:
    """The steps of the engine again and again, until nothing stands in the way any more."""
    for _ in range(rounds):
        try:
            return await obtain(provider, wanted)
        except (OutcomeUnknown, Unavailable, AlreadyThere, Throttled):
            continue
    raise AssertionError("no label after all these rounds")


def bought_of(account, key: str = "1001/1001-1") -> int:
    return account.truth()["bought"].get(external_id(key), 0)


def test_a_label_is_bought_for_the_least_and_read_back(account, a_wish):
    parcel = account.ask(lambda provider: obtain(provider, a_wish()))
    assert (parcel.key, parcel.reference, parcel.box) == ("1001/1001-1", "1001", "1001-1")
    assert (parcel.carrier, parcel.service_level) == ("stamps_com", "usps_ground_advantage")
    assert parcel.cost == Money(amount=Decimal("5.40"), currency="USD")
    assert parcel.tracking_number
    assert account.truth()["spent"] == "5.40"


def test_what_was_bought_is_found_and_never_bought_again(account, a_wish):
    first = account.ask(lambda provider: obtain(provider, a_wish()))
    assert account.ask(lambda provider: obtain(provider, a_wish())) == first
    assert bought_of(account) == 1


def test_two_boxes_are_two_labels_and_each_is_listed_under_its_order_and_box(account, a_wish):
    for box in ("1001-1", "1001-2"):
        account.ask(lambda provider, box=box: obtain(provider, a_wish(box=box)))
    parcels, _ = account.walk()
    assert [(parcel.reference, parcel.box, parcel.key) for parcel in parcels] == [
        ("1001", "1001-1", "1001/1001-1"),
        ("1001", "1001-2", "1001/1001-2"),
    ]


def test_a_label_is_the_same_parcel_bought_and_listed(account_with, a_wish):
    account = account_with(embeds_shipment=False)
    bought = account.ask(lambda provider: obtain(provider, a_wish()))
    assert account.walk()[0] == [bought]


def test_nothing_is_found_under_a_key_that_is_new(account, a_wish):
    assert account.ask(lambda provider: provider.find_label(a_wish())) is None


def test_the_rates_are_for_the_box_and_can_be_tracked(account, a_wish):
    draft = account.ask(lambda provider: provider.draft_label(a_wish()))
    assert [(rate.carrier, rate.service_level, rate.cost.amount, rate.days) for rate in draft.rates] == [
        ("stamps_com", "usps_ground_advantage", Decimal("5.4"), 4),
        ("stamps_com", "usps_priority_mail", Decimal("8.12"), 2),
        ("ups", "ups_ground", Decimal("9.3"), 3),
    ]
    assert draft.words == ("stamps_com usps_first_class_mail: cannot be tracked",)


def test_only_the_carriers_and_services_that_are_set_are_asked(account, a_wish):
    wanted = a_wish()
    draft = account.ask(lambda provider: provider.draft_label(wanted), carrier_ids=["se-2"])
    assert {rate.carrier for rate in draft.rates} == {"ups"}
    draft = account.ask(lambda provider: provider.find_label(wanted), service_codes=["usps_priority_mail"])
    assert {rate.service_level for rate in draft.rates} == {"usps_priority_mail"}


def test_a_draft_costs_nothing_and_is_found_again(account, a_wish):
    draft = account.ask(lambda provider: provider.draft_label(a_wish()))
    again = account.ask(lambda provider: provider.find_label(a_wish()))
    assert again.ref == draft.ref
    assert (again.bought, account.truth()["spent"]) == (None, "0")


def test_a_draft_made_twice_is_one_draft(account, a_wish):
    first = account.ask(lambda provider: provider.draft_label(a_wish()))
    assert account.ask(lambda provider: provider.draft_label(a_wish())).ref == first.ref
    assert len(account.truth()["shipments"]) == 1


def test_a_draft_of_a_label_that_was_bought_is_that_label(account, a_wish):
    bought = account.ask(lambda provider: obtain(provider, a_wish()))

    async def draft(provider):
        return provider.read_parcel((await provider.draft_label(a_wish())).bought)

    assert account.ask(draft) == bought


def test_a_draft_for_an_earlier_wish_is_brought_up_to_date_before_it_is_bought(account, a_wish):
    account.ask(lambda provider: provider.draft_label(a_wish()))
    moved = a_wish(ship_to=a_wish().ship_to.model_copy(update={"line1": "7 New Rd"}))
    assert account.ask(lambda provider: provider.find_label(moved)) is None
    account.ask(lambda provider: obtain(provider, moved))
    (shipment,) = account.truth()["shipments"]
    assert shipment["ship_to"]["address_line1"] == "7 New Rd"
    assert bought_of(account) == 1


def test_a_parcel_abroad_tells_the_customs_what_is_inside(account, a_wish):
    abroad = a_wish().ship_to.model_copy(update={"country": "CA", "postal_code": "V6B 1A1"})
    inside = LabelLine(sku="SKU-1", title="Mug", quantity=2, value=Money(amount=Decimal("9.50"), currency="USD"))
    account.ask(lambda provider: provider.draft_label(a_wish(ship_to=abroad, lines=(inside,))))
    (shipment,) = account.truth()["shipments"]
    assert shipment["customs"] == {"contents": "merchandise", "non_delivery": "return_to_sender"}
    (product,) = shipment["packages"][0]["products"]
    assert (product["sku"], product["quantity"], product["value"]) == ("SKU-1", 2, {"currency": "usd", "amount": 9.5})


def test_a_wish_that_cannot_be_fulfilled_is_refused_in_the_words_of_shipstation(account, a_wish):
    nowhere = a_wish().ship_to.model_copy(update={"city": ""})
    with pytest.raises(Rejected, match="city_locality"):
        account.ask(lambda provider: provider.draft_label(a_wish(ship_to=nowhere)))


def test_an_address_found_wrong_is_told_once(account, a_wish):
    wanted = a_wish(ship_to=a_wish().ship_to.model_copy(update={"postal_code": "00012"}))
    with pytest.raises(Rejected, match="Address not found"):
        account.ask(lambda provider: provider.draft_label(wanted), validate_address="validate_only")
    assert account.truth()["spent"] == "0"
    account.ask(lambda provider: obtain(provider, wanted), validate_address="validate_only")
    assert bought_of(account) == 1


def test_a_key_that_does_not_fit_is_refused_before_anything_is_sent(account, a_wish):
    with pytest.raises(Rejected, match="100"):
        account.ask(lambda provider: provider.draft_label(a_wish(key="k" * 101)))
    assert account.truth()["calls"] == {}


def test_a_shipment_that_somebody_cancelled_is_left_alone(account, a_wish):
    draft = account.ask(lambda provider: provider.draft_label(a_wish()))
    account.http.put(f"/v2/shipments/{draft.ref}/cancel").raise_for_status()
    with pytest.raises(Rejected, match="cancelled"):
        account.ask(lambda provider: provider.find_label(a_wish()))


def test_no_money_is_a_refusal_with_the_reason(account_with, a_wish):
    account = account_with(balance="5.00")
    with pytest.raises(Rejected, match="not enough money"):
        account.ask(lambda provider: obtain(provider, a_wish()))


def test_a_wrong_key_needs_a_person(account, a_wish):
    with pytest.raises(NeedsAuth) as refused:
        account.ask(lambda provider: provider.find_label(a_wish()), api_key="wrong-key")
    assert "wrong-key" not in str(refused.value)


@pytest.mark.parametrize("sells_twice", [False, True])
def test_a_draft_that_was_bought_is_not_bought_again(account_with, a_wish, sells_twice):
    account = account_with(sells_twice=sells_twice)

    async def twice(provider):
        draft = await provider.draft_label(a_wish())
        await provider.buy_label(a_wish(), draft, draft.rates[0])
        with pytest.raises(AlreadyThere):
            await provider.buy_label(a_wish(), draft, draft.rates[1])

    account.ask(twice)
    assert bought_of(account) == 1


def test_two_that_draft_at_once_have_one_draft_and_buy_one_label(account, a_wish):
    async def race(provider):
        drafts = await asyncio.gather(*(provider.draft_label(a_wish()) for _ in range(2)))
        assert len({draft.ref for draft in drafts}) == 1
        tries = (provider.buy_label(a_wish(), draft, draft.rates[0]) for draft in drafts)
        return await asyncio.gather(*tries, return_exceptions=True)

    done = account.ask(race)
    assert sum(isinstance(result, AlreadyThere) for result in done) == 1
    assert bought_of(account) == 1


@pytest.mark.parametrize(
    "fault", ["lost_reply", "error_502_after", "error_500", "dropped", "slow", "html", "throttled"]
)
@pytest.mark.parametrize("sells_twice", [False, True])
def test_whatever_becomes_of_the_answer_to_a_purchase_one_label_is_bought(account_with, a_wish, fault, sells_twice):
    plan = {"rates": {fault: 1}, "only_paths": "^/v2/labels/rates/", "max_faults": 1, "slow_seconds": 0.01}
    account = account_with(sells_twice=sells_twice, faults=plan)
    parcel = account.ask(lambda provider: insist(provider, a_wish()))
    assert parcel.key == "1001/1001-1"
    assert bought_of(account) == 1


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after"])
def test_a_lost_answer_to_a_purchase_says_that_the_outcome_is_not_known(account_with, a_wish, fault):
    account = account_with(faults={"rates": {fault: 1}, "only_paths": "^/v2/labels/rates/", "max_faults": 1})
    with pytest.raises(OutcomeUnknown):
        account.ask(lambda provider: obtain(provider, a_wish()))
    assert bought_of(account) == 1


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "error_500", "html"])
def test_whatever_becomes_of_the_answer_to_a_draft_there_is_one_shipment(account_with, a_wish, fault):
    plan = {"rates": {fault: 1}, "only_paths": "^/v2/shipments$", "only_methods": ["POST"], "max_faults": 1}
    account = account_with(faults=plan)
    account.ask(lambda provider: insist(provider, a_wish()))
    assert len(account.truth()["shipments"]) == 1


def buys_at_most_once(account_with, a_wish, seed: int, boxes: int) -> None:
    kinds = ["lost_reply", "dropped", "error_500", "error_502_after", "throttled", "html", "truncated"]
    account = account_with(sells_twice=True, faults={"seed": seed, "rates": dict.fromkeys(kinds, 0.06)})

    async def all_boxes(provider):
        return [await insist(provider, a_wish(box=f"B{place}", key=f"1001/B{place}")) for place in range(boxes)]

    print(f"seed {seed}")
    assert [parcel.box for parcel in account.ask(all_boxes)] == [f"B{place}" for place in range(boxes)]
    assert set(account.truth()["bought"].values()) == {1}


@pytest.mark.parametrize("seed", range(4))
def test_at_most_one_label_is_bought_a_key_in_a_bad_hour(account_with, a_wish, seed):
    buys_at_most_once(account_with, a_wish, seed, boxes=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_at_most_one_label_is_bought_a_key_on_a_bad_day(account_with, a_wish, seed):
    buys_at_most_once(account_with, a_wish, seed, boxes=25)


@pytest.mark.parametrize("steps", range(1, 6))
def test_a_process_killed_between_two_steps_buys_one_label(account, a_wish, steps):
    async def killed(provider):
        draft = await provider.find_label(a_wish())
        if steps > 1:
            draft = await provider.draft_label(a_wish())
        for _ in range(steps - 3):
            try:
                await provider.buy_label(a_wish(), draft, draft.rates[0])
            except AlreadyThere:
                return

    account.ask(killed)
    account.ask(lambda provider: insist(provider, a_wish()))
    assert bought_of(account) == 1


def test_a_purchase_that_is_shown_late_is_found_when_it_is_shown(account_with, a_wish):
    account = account_with(late=2)

    async def buy(provider) -> tuple[LabelDraft | None, Parcel]:
        draft = await provider.draft_label(a_wish())
        await provider.buy_label(a_wish(), draft, draft.rates[0])
        unseen = await provider.find_label(a_wish())
        await provider.find_label(a_wish())
        return unseen, provider.read_parcel((await provider.find_label(a_wish())).bought)

    unseen, parcel = account.ask(buy)
    assert unseen.bought is None
    assert parcel.key == "1001/1001-1"


def test_a_label_that_is_still_being_made_is_no_draft(account, a_wish):
    account.ask(lambda provider: provider.draft_label(a_wish()))
    account.make({"shipment_number": external_id("1001/1001-1"), "status": "processing"})
    with pytest.raises(Unavailable, match="not shown yet"):
        account.ask(lambda provider: provider.find_label(a_wish()))


def test_a_voided_label_is_told_as_voided_and_the_next_key_buys_anew(account, a_wish):
    first = account.ask(lambda provider: obtain(provider, a_wish()))
    answer = account.ask(lambda provider: provider.void_label(first))
    assert answer.state is AnswerState.ACCEPTED
    assert account.ask(lambda provider: obtain(provider, a_wish())).voided
    second = account.ask(lambda provider: obtain(provider, a_wish(key="1001/1001-1~2")))
    assert (second.voided, second.reference, second.box) == (False, "1001", "1001-1")
    assert second.tracking_number != first.tracking_number
    assert account.truth()["spent"] == "5.40"


def test_voiding_twice_does_no_harm(account, a_wish):
    parcel = account.ask(lambda provider: obtain(provider, a_wish()))
    answers = [account.ask(lambda provider: provider.void_label(parcel)) for _ in range(2)]
    assert [answer.state for answer in answers] == [AnswerState.ACCEPTED, AnswerState.ACCEPTED]
    assert account.truth()["spent"] == "0.00"


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "error_500"])
def test_a_void_whose_answer_is_lost_is_settled(account_with, a_wish, fault):
    account = account_with(faults={"rates": {fault: 1}, "only_paths": "/void$", "max_faults": 1})
    parcel = account.ask(lambda provider: obtain(provider, a_wish()))
    assert account.ask(lambda provider: provider.void_label(parcel)).state is AnswerState.ACCEPTED


def test_a_carrier_that_does_not_take_a_label_back_is_quoted(account_with, a_wish):
    account = account_with(voids=False)
    parcel = account.ask(lambda provider: obtain(provider, a_wish()))
    answer = account.ask(lambda provider: provider.void_label(parcel))
    assert (answer.state, answer.words) == (AnswerState.REFUSED, "The carrier has seen this label already")


def test_a_label_that_is_not_there_cannot_be_voided_or_printed(account):
    nobody = Parcel(tracking_number="T1", external_id="se-999")
    for use in (lambda p: p.void_label(nobody), lambda p: p.fetch_label(nobody, LabelFormat.PDF)):
        with pytest.raises(Rejected, match="se-999"):
            account.ask(use)


@pytest.mark.parametrize(
    ("format", "begins"), [(LabelFormat.PDF, b"%PDF"), (LabelFormat.ZPL, b"^XA"), (LabelFormat.PNG, b"\x89PNG")]
)
def test_the_file_of_a_label_comes_in_the_format_that_is_asked_for(account, a_wish, format, begins):
    async def printed(provider):
        return await provider.fetch_label(await obtain(provider, a_wish(format=format)), format)

    file = account.ask(printed, label_layout="letter")
    assert file.format is format
    assert file.content.startswith(begins)


def test_a_page_in_place_of_the_file_is_not_printed(account_with, a_wish):
    account = account_with(faults={"rates": {"html": 1}, "only_paths": "/downloads/"})
    parcel = account.ask(lambda provider: obtain(provider, a_wish()))
    with pytest.raises(Unavailable, match="something unexpected"):
        account.ask(lambda provider: provider.fetch_label(parcel, LabelFormat.PDF))


def test_an_address_is_checked_and_a_better_spelling_is_told(account, a_wish):
    home = a_wish().ship_to
    finding = account.ask(lambda provider: provider.check_address(home))
    assert finding.deliverable
    assert finding.better == home.model_copy(update={"line1": "1 MAIN ST"})


def test_an_address_that_does_not_exist_is_told_with_the_reason(account, a_wish):
    nowhere = a_wish().ship_to.model_copy(update={"postal_code": "00012"})
    finding = account.ask(lambda provider: provider.check_address(nowhere))
    assert (finding.deliverable, finding.words, finding.better) == (False, "Address not found", None)


def test_checking_an_address_keeps_nothing(account, a_wish):
    account.ask(lambda provider: provider.check_address(a_wish().ship_to))
    assert account.truth()["shipments"] == []


def test_an_answer_that_is_no_address_check_is_asked_for_again_later(account_with, a_wish):
    account = account_with(faults={"rates": {"html": 1}})
    with pytest.raises(Unavailable):
        account.ask(lambda provider: provider.check_address(a_wish().ship_to))


def test_a_label_costs_as_many_requests_as_is_told(account, a_wish):
    account.ask(lambda provider: obtain(provider, a_wish()), carrier_ids=["se-1"])
    assert sum(account.truth()["calls"].values()) == 7


def test_the_provider_has_its_features():
    assert isinstance(ShipStationLabels(None), BuysLabels)
    assert isinstance(ShipStationLabels(None), ChecksAddresses)
