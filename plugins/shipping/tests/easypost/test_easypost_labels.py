"""Buying labels from a simulated account: in steps, under faults, never twice."""

import contextlib
import random

import pytest

from crossdock import (
    AlreadyThere,
    AnswerState,
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.domain import Dimensions, LabelFormat, LabelRequest, LengthUnit, Parcel, cheapest
from crossdock_shipping.easypost.drafting import draft_document
from crossdock_shipping.easypost.sandbox.tariff import tracking_code
from crossdock_shipping.easypost.settings import EasyPostSettings

SPENDING = {"only_paths": "/buy$", "only_methods": ["POST"], "max_faults": 1}


async def bought(provider, wanted: LabelRequest) -> Parcel:
    """One run of the steps, as the engine takes them: found, or drafted, bought and read back."""
    draft = await provider.find_label(wanted) or await provider.draft_label(wanted)
    if draft.bought is None:
        await provider.buy_label(wanted, draft, cheapest(draft.rates))
        return await read_back(provider, wanted)
    return provider.read_parcel(draft.bought)


async def read_back(provider, wanted: LabelRequest) -> Parcel:
    """What was bought, which may show late and through faults; it is only looked for."""
    for _ in range(30):
        with contextlib.suppress(Unavailable):
            draft = await provider.find_label(wanted)
            if draft and draft.bought:
                return provider.read_parcel(draft.bought)
    raise AssertionError("never shown")


async def bought_at_last(provider, wanted: LabelRequest, looks: int = 1) -> Parcel:
    """The steps again and again; after a call in doubt there are some looks first, as time passes."""
    for _ in range(50):
        try:
            return await bought(provider, wanted)
        except AlreadyThere:
            return await read_back(provider, wanted)
        except OutcomeUnknown:
            for _ in range(looks):
                await looked(provider, wanted)
        except Unavailable:
            pass
    raise AssertionError("never bought")


async def looked(provider, wanted: LabelRequest) -> None:
    with contextlib.suppress(CrossdockError):
        await provider.find_label(wanted)


def test_a_label_is_bought_in_steps_and_read_back(account, wanted):
    parcel = account.ask(lambda provider: bought(provider, wanted()))
    (label,) = account.truth()["labels"]
    assert (parcel.key, parcel.reference, parcel.box) == ("1001/1001-1", "1001", "1001-1")
    assert (parcel.external_id, parcel.tracking_number) == (label["id"], label["tracking_code"])
    assert (parcel.carrier, parcel.service_level) == ("USPS", "GroundAdvantage")
    assert (str(parcel.cost.amount), parcel.cost.currency) == (label["cost"], "USD")
    assert (str(parcel.weight.value), parcel.weight.unit.value) == ("40", "oz")
    assert not parcel.voided


def test_a_draft_costs_nothing_and_is_found_again(account, wanted):
    async def twice(provider):
        assert await provider.find_label(wanted()) is None
        return await provider.draft_label(wanted()), await provider.find_label(wanted())

    made, found = account.ask(twice)
    assert found == made
    assert len(made.rates) == 6
    assert account.truth() | {"calls": None} == {"labels": [], "spent": "0", "drafts": 1, "calls": None}


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "dropped", "error_500", "error_503", "html"])
def test_a_purchase_without_an_answer_is_looked_up(account, wanted, fault):
    async def doubtful(provider):
        draft = await provider.draft_label(wanted())
        account.faults(rates={fault: 1}, **SPENDING)
        with pytest.raises(OutcomeUnknown):
            await provider.buy_label(wanted(), draft, cheapest(draft.rates))
        return await bought(provider, wanted())

    parcel = account.ask(doubtful)
    (label,) = account.truth()["labels"]
    assert parcel.external_id == label["id"]


def test_a_throttled_purchase_was_not_made(account, wanted):
    async def throttled(provider):
        with pytest.raises(Throttled):
            await bought(provider, wanted())
        return await bought(provider, wanted())

    account.faults(rates={"throttled": 1}, **SPENDING)
    account.ask(throttled)
    assert len(account.truth()["labels"]) == 1


def test_a_draft_is_bought_once_only(account, wanted):
    async def twice(provider):
        draft = await provider.draft_label(wanted())
        await provider.buy_label(wanted(), draft, draft.rates[0])
        with pytest.raises(AlreadyThere) as known:
            await provider.buy_label(wanted(), draft, draft.rates[1])
        return draft, known.value

    draft, known = account.ask(twice)
    assert known.ref == draft.ref
    assert len(account.truth()["labels"]) == 1


@pytest.mark.parametrize("same_reference", ["first", "last"])
@pytest.mark.parametrize("buys", [0, 1])
def test_of_two_drafts_under_one_key_the_bought_one_is_found(account_with, wanted, same_reference, buys):
    account = account_with(same_reference=same_reference)

    async def two_drafts(provider):
        drafts = [await provider.draft_label(wanted()), await provider.draft_label(wanted())]
        await provider.buy_label(wanted(), drafts[buys], drafts[buys].rates[0])
        return drafts[buys].ref, await provider.find_label(wanted())

    ref, found = account.ask(two_drafts)
    assert found.ref == ref
    assert found.bought is not None
    assert account.ask(lambda provider: bought(provider, wanted())).external_id == ref
    assert len(account.truth()["labels"]) == 1


def test_the_bought_one_of_two_drafts_is_found_behind_a_full_page(account_with, wanted):
    account = account_with(same_reference="last")

    async def two_drafts(provider):
        first = await provider.draft_label(wanted())
        await provider.draft_label(wanted())
        await provider.buy_label(wanted(), first, first.rates[0])
        account.sell(*[{"reference": str(number)} for number in range(5)])
        return first.ref, await provider.find_label(wanted())

    ref, found = account.ask(two_drafts, page_size=2)
    assert found.ref == ref


def test_a_look_up_that_gives_the_label_of_another_key_stops_the_purchase(account_with, wanted):
    account = account_with(references="any_case")
    account.ask(lambda provider: bought(provider, wanted(key="a/1")))
    with pytest.raises(Rejected, match="nothing is bought"):
        account.ask(lambda provider: bought(provider, wanted(key="A/1")))
    assert len(account.truth()["labels"]) == 1


def buy_under_faults(account_with, wanted, seed: int) -> None:
    """Four boxes, one label each, whatever goes wrong and however late things show."""
    print(f"seed {seed}")
    dice = random.Random(seed)
    names = ["lost_reply", "error_502_after", "dropped", "error_500", "error_503", "html", "truncated"]
    account = account_with(
        late_drafts=dice.randrange(3),
        late_purchases=dice.randrange(3),
        same_reference=dice.choice(["first", "last"]),
        faults={"seed": seed, "rates": dict.fromkeys(names, 0.08), "max_faults": 40},
    )
    for number in range(4):
        wish = wanted(key=f"10{number}/A.1~2", reference=f"10{number}", box="A.1")
        parcel = account.ask(lambda provider, wish=wish: bought_at_last(provider, wish, looks=12))
        assert (parcel.key, parcel.box) == (wish.key, "A.1")
    references = [label["reference"] for label in account.truth()["labels"]]
    assert len(references) == len(set(references)) == 4


@pytest.mark.parametrize("seed", range(6))
def test_whatever_goes_wrong_no_key_is_bought_twice(account_with, wanted, seed):
    buy_under_faults(account_with, wanted, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 250))
def test_in_hundreds_of_bad_days_no_key_is_bought_twice(account_with, wanted, seed):
    buy_under_faults(account_with, wanted, seed)


@pytest.mark.parametrize("steps", range(4))
def test_a_run_that_was_killed_between_two_steps_goes_on(account, wanted, steps):
    async def killed(provider):
        left = iter(range(steps))
        draft = None
        if next(left, None) is not None:
            draft = await provider.find_label(wanted())
        if next(left, None) is not None:
            draft = await provider.draft_label(wanted())
        if next(left, None) is not None:
            await provider.buy_label(wanted(), draft, draft.rates[0])

    account.ask(killed)
    account.ask(lambda provider: bought(provider, wanted()))
    assert len(account.truth()["labels"]) == 1
    assert account.truth()["drafts"] == 0


def test_a_label_that_was_voided_is_bought_again_under_another_key(account, wanted):
    async def again(provider):
        first = await bought(provider, wanted())
        await provider.void_label(first)
        found = provider.read_parcel((await provider.find_label(wanted())).bought)
        return first, found, await bought(provider, wanted(key="1001/1001-1~2"))

    first, found, second = account.ask(again)
    assert found.voided
    assert second.external_id != first.external_id
    assert (second.key, second.reference, second.box) == ("1001/1001-1~2", "1001", "1001-1")


def test_voiding_twice_asks_for_one_refund(account, wanted):
    async def twice(provider):
        parcel = await bought(provider, wanted())
        return [await provider.void_label(parcel), await provider.void_label(parcel)]

    answers = account.ask(twice)
    assert [answer.state for answer in answers] == [AnswerState.ACCEPTED] * 2
    assert account.truth()["calls"]["refund"] == 1


@pytest.mark.parametrize(
    ("refund", "state"),
    [
        ("refunded", AnswerState.ACCEPTED),
        ("rejected", AnswerState.REFUSED),
        ("not_applicable", AnswerState.REFUSED),
    ],
)
def test_what_becomes_of_a_void(account_with, wanted, refund, state):
    async def void(provider):
        return await provider.void_label(await bought(provider, wanted()))

    assert account_with(refund=refund).ask(void).state is state


def test_a_refund_that_was_only_asked_for_can_count_as_pending(account, wanted):
    async def void(provider):
        parcel = await bought(provider, wanted())
        first = await provider.void_label(parcel)
        account.decide(parcel.external_id, "refunded")
        return first.state, (await provider.void_label(parcel)).state

    states = account.ask(void, voided_when="refunded")
    assert states == (AnswerState.PENDING, AnswerState.ACCEPTED)


def test_a_carrier_that_bills_on_scan_can_count_as_taken_back(account_with, wanted):
    async def void(provider):
        return await provider.void_label(await bought(provider, wanted()))

    account = account_with(refund="not_applicable")
    assert account.ask(void, bill_on_scan_voids=True).state is AnswerState.ACCEPTED


def test_a_refund_whose_answer_was_lost_is_not_asked_for_twice(account, wanted):
    async def lost(provider):
        parcel = await bought(provider, wanted())
        account.faults(rates={"lost_reply": 1}, only_paths="/refund$", max_faults=1)
        with pytest.raises(OutcomeUnknown):
            await provider.void_label(parcel)
        return await provider.void_label(parcel)

    assert account.ask(lost).state is AnswerState.ACCEPTED
    assert account.truth()["calls"]["refund"] == 1


@pytest.mark.parametrize(
    ("asked", "wanted_file", "given"),
    [("PDF", "PDF", "PDF"), ("PNG", "ZPL", "ZPL"), ("PNG", "PDF", "PDF"), ("ZPL", "PDF", "ZPL"), ("PNG", "PNG", "PNG")],
)
def test_the_file_of_a_label_comes_in_the_wanted_format_where_it_can(account, wanted, asked, wanted_file, given):
    async def fetched(provider):
        parcel = await bought(provider, wanted(format=asked))
        return parcel, await provider.fetch_label(parcel, LabelFormat(wanted_file))

    parcel, file = account.ask(fetched)
    assert file.format is LabelFormat(given)
    assert parcel.tracking_number.encode() in file.content


def test_a_page_in_place_of_the_file_is_not_printed(account, wanted):
    parcel = account.ask(lambda provider: bought(provider, wanted()))
    account.faults(rates={"html": 1}, only_paths="^/files/")
    with pytest.raises(Unavailable, match="something else"):
        account.ask(lambda provider: provider.fetch_label(parcel, LabelFormat.PDF))


def test_an_empty_wallet_pauses_the_connection(account_with, wanted):
    with pytest.raises(NeedsConfig, match="wallet"):
        account_with(balance="1").ask(lambda provider: bought(provider, wanted()))


def test_labels_of_a_test_key_are_not_bought_by_mistake(account_with, wanted):
    account = account_with(mode="test")
    with pytest.raises(NeedsConfig, match="test labels"):
        account.ask(lambda provider: bought(provider, wanted()))
    account.ask(lambda provider: bought(provider, wanted()), mode="test")
    assert len(account.truth()["labels"]) == 1


def test_a_wrong_key_needs_a_person(account, wanted):
    with pytest.raises(NeedsAuth) as refused:
        account.ask(lambda provider: bought(provider, wanted()), api_key="wrong-key")
    assert "wrong-key" not in str(refused.value)


def test_a_wish_that_is_refused_says_why(account, wanted):
    nowhere = wanted().ship_to.model_copy(update={"line1": ""})
    with pytest.raises(Rejected, match=r"to_address\.street1: cannot be blank"):
        account.ask(lambda provider: provider.draft_label(wanted(ship_to=nowhere)))


def test_carriers_that_make_no_offer_say_why(account, wanted):
    heavy = {"value": "100", "unit": "lb"}
    draft = account.ask(lambda provider: provider.draft_label(wanted(weight=heavy)))
    assert {rate.carrier for rate in draft.rates} == {"UPS"}
    assert draft.words == ("USPS: The weight exceeds the limit of 70 pounds.",)


def test_rates_of_one_carrier_account_are_asked_for_alone(account, wanted):
    draft = account.ask(lambda provider: provider.draft_label(wanted()), carrier_accounts=["ca_ups"])
    assert {rate.carrier for rate in draft.rates} == {"UPS"}


def test_a_draft_that_lay_long_is_rated_again(account, wanted):
    old = account.ask(lambda provider: provider.draft_label(wanted()))
    account.clock.forward(days=2)
    found = account.ask(lambda provider: provider.find_label(wanted()))
    assert {rate.ref for rate in found.rates}.isdisjoint(rate.ref for rate in old.rates)
    account.ask(lambda provider: bought(provider, wanted()))
    assert len(account.truth()["labels"]) == 1


def test_a_label_across_a_border_has_a_customs_form(account, wanted):
    paris = wanted().ship_to.model_copy(update={"city": "Paris", "region": "", "country": "fr"})
    wish = wanted(ship_to=paris)
    with pytest.raises(Rejected, match=r"customs\.signer"):
        account.ask(lambda provider: bought(provider, wish))
    parcel = account.ask(lambda provider: bought(provider, wish), customs={"signer": "Ada"})
    assert parcel.service_level == "FirstClassPackageInternationalService"


def test_a_customs_form_adds_up():
    settings = EasyPostSettings(api_key="k", customs={"signer": "Ada"})
    document = draft_document(_abroad(), settings)["shipment"]["customs_info"]
    assert [(item["value"], item["weight"], item["origin_country"]) for item in document["customs_items"]] == [
        (9.0, 26.7, "US"),
        (1.0, 13.4, "US"),
    ]


@pytest.mark.parametrize(("lines", "why"), [((), "lines"), (({"sku": "CUP", "quantity": 1},), "value of CUP")])
def test_a_customs_form_that_cannot_be_filled_in_says_what_is_missing(lines, why):
    wish = LabelRequest.model_validate(_abroad().model_dump() | {"lines": lines})
    with pytest.raises(Rejected, match=why):
        draft_document(wish, EasyPostSettings(api_key="k", customs={"signer": "Ada"}))


def _abroad() -> LabelRequest:
    money = {"currency": "USD"}
    return LabelRequest(
        key="1/1",
        reference="1",
        box="1",
        ship_from={"line1": "1 Dock Rd", "country": "US"},
        ship_to={"line1": "2 Rue", "country": "FR"},
        weight={"value": "2.5", "unit": "lb"},
        lines=(
            {"sku": "CUP", "quantity": 2, "value": {"amount": "4.50", **money}},
            {"sku": "LID", "quantity": 1, "value": {"amount": "1.00", **money}},
        ),
    )


def test_a_box_is_measured_in_ounces_and_inches_rather_more_than_less(wanted):
    sides = Dimensions(length="25.4", width="10", height="0.1", unit=LengthUnit.CENTIMETRE)
    wish = wanted(weight={"value": "100", "unit": "g"}, dimensions=sides)
    document = draft_document(wish, EasyPostSettings(api_key="k", options={"delivery_confirmation": "SIGNATURE"}))
    assert document["shipment"]["parcel"] == {"weight": 3.6, "length": 10.0, "width": 4.0, "height": 0.1}
    assert document["shipment"]["options"]["delivery_confirmation"] == "SIGNATURE"


def test_an_address_is_checked_and_spelt_better(account, wanted):
    found = account.ask(lambda provider: provider.check_address(wanted().ship_to))
    assert found.deliverable
    assert (found.better.line1, found.better.name) == ("2 MAIN ST", "Ada")


def test_an_address_that_is_not_found_says_so(account, wanted):
    nowhere = wanted().ship_to.model_copy(update={"line1": "000 unknown street"})
    found = account.ask(lambda provider: provider.check_address(nowhere))
    assert (found.deliverable, found.words, found.better) == (False, "Address not found", None)


def test_the_numbers_of_the_simulator_have_the_check_digits_of_their_carriers():
    assert tracking_code("UPS", 12345678) == "1Z999AA10123456784"
    assert tracking_code("USPS", 208303109505) == "9400110002083031095057"
