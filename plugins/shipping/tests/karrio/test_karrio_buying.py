"""Labels bought step by step: at most one for a key, whatever gets lost on the way."""

import asyncio
import random
from decimal import Decimal

import pytest

from crossdock import (
    AlreadyThere,
    BuysLabels,
    LabelDraft,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.domain import Money, Weight, WeightUnit, cheapest
from crossdock_shipping.karrio.labels import KarrioLabels

PURCHASES, DRAFTS = "/purchase$", "/v1/shipments$"
IN_DOUBT = (OutcomeUnknown, Throttled, Unavailable)


def one_label(server, key="1001/B1"):
    """The only label that a carrier sold."""
    (label,) = server.truth()["labels"]
    assert label["key"] == key
    return label


async def drafted(labels, wanted):
    return await labels.find_label(wanted) or await labels.draft_label(wanted)


async def bought(labels, wanted):
    draft = await drafted(labels, wanted)
    if draft.bought is None:
        await labels.buy_label(wanted, draft, draft.rates[0])
        draft = await labels.find_label(wanted)
    return draft and draft.bought and labels.read_parcel(draft.bought)


def test_a_label_is_drafted_bought_and_found(server, a_wish):
    wanted = a_wish("1001")

    async def steps(labels):
        assert await labels.find_label(wanted) is None
        draft = await labels.draft_label(wanted)
        assert await labels.find_label(wanted) == draft
        assert [(rate.carrier, rate.service_level, rate.days) for rate in draft.rates] == [
            ("own_van", "van_standard", 3),
            ("own_van", "van_express", 1),
        ]
        receipt = await labels.buy_label(wanted, draft, cheapest(draft.rates))
        found = await labels.find_label(wanted)
        assert (found.ref, found.ref) == (receipt.ref, draft.ref)
        return labels.read_parcel(found.bought)

    parcel = server.use(steps)
    assert (parcel.reference, parcel.box, parcel.key, parcel.voided) == ("1001", "B1", "1001/B1", False)
    assert (parcel.carrier, parcel.service_level) == ("own_van", "van_standard")
    assert parcel.cost == Money(amount=Decimal("7.25"), currency="USD")
    assert parcel.weight == Weight(value=Decimal("1.5"), unit=WeightUnit.POUND)
    assert parcel.tracking_number == one_label(server)["tracking_number"]


def test_a_draft_costs_nothing(server, a_wish):
    server.use(lambda labels: labels.draft_label(a_wish()))
    assert server.truth()["spent"] == {}


def test_a_draft_is_bought_once(server, a_wish):
    async def twice(labels):
        draft = await labels.draft_label(a_wish())
        await labels.buy_label(a_wish(), draft, draft.rates[0])
        with pytest.raises(AlreadyThere) as there:
            await labels.buy_label(a_wish(), draft, draft.rates[1])
        assert there.value.ref == draft.ref

    server.use(twice)
    assert one_label(server)["service"] == "van_standard"


def test_two_boxes_of_an_order_have_a_label_each(server, a_wish):
    first, second = (server.bought(a_wish("1001", box)) for box in ("B1", "B2"))
    assert first.tracking_number != second.tracking_number
    found = server.use(lambda labels: labels.find_parcels("1001"))
    assert {record.id for record in found} == {first.external_id, second.external_id}


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "html"])
def test_of_an_answer_that_does_not_come_nothing_is_concluded(server, a_wish, fault):
    async def buy(labels):
        draft = await labels.draft_label(a_wish())
        server.faults(rates={fault: 1}, only_paths=PURCHASES, max_faults=1)
        with pytest.raises(OutcomeUnknown):
            await labels.buy_label(a_wish(), draft, draft.rates[0])
        return await labels.find_label(a_wish())

    found = server.use(buy)
    assert (found.bought is None) == (fault == "html")
    assert len(server.truth()["labels"]) == (fault != "html")


def test_a_carrier_that_thinks_longer_than_we_wait_has_sold_in_the_end(server_with, a_wish):
    server = server_with(carrier_seconds=0.3)

    async def buy(labels):
        draft = await labels.draft_label(a_wish())
        with pytest.raises(OutcomeUnknown):
            await labels.buy_label(a_wish(), draft, draft.rates[0])
        looks = 1
        while not (await labels.find_label(a_wish())).bought:
            looks += 1
        return looks

    assert server.use(buy, timeout=0.15) > 1
    one_label(server)


@pytest.mark.parametrize("fault", ["dropped", "error_500", "error_503"])
def test_a_purchase_that_never_arrived_is_in_doubt_and_can_be_made_again(server, a_wish, fault):
    async def buy(labels):
        draft = await labels.draft_label(a_wish())
        server.faults(rates={fault: 1}, only_paths=PURCHASES, max_faults=1)
        with pytest.raises(OutcomeUnknown):
            await labels.buy_label(a_wish(), draft, draft.rates[0])
        found = await labels.find_label(a_wish())
        assert found == draft
        await labels.buy_label(a_wish(), found, found.rates[0])

    server.use(buy)
    one_label(server)


def test_a_lost_answer_to_a_draft_makes_no_second_one(server, a_wish):
    async def draft(labels):
        server.faults(rates={"lost_reply": 1}, only_paths=DRAFTS, only_methods=["POST"], max_faults=1)
        with pytest.raises(OutcomeUnknown):
            await labels.draft_label(a_wish())
        return await drafted(labels, a_wish())

    assert [server.use(draft).ref] == server.truth()["drafts"]


@pytest.mark.parametrize("fault", ["html", "error_500", "error_502_after"])
def test_a_draft_that_is_answered_otherwise_is_in_doubt(server, a_wish, fault):
    server.faults(rates={fault: 1}, only_paths=DRAFTS, only_methods=["POST"])
    with pytest.raises(OutcomeUnknown, match="draft"):
        server.use(lambda labels: labels.draft_label(a_wish()))


def test_offers_that_come_as_something_else_are_asked_for_again(server_with, a_wish):
    server = server_with(carriers=[{"services": []}])
    server.faults(rates={"html": 1}, only_paths="/rates$")

    async def refreshed(labels):
        await labels.draft_label(a_wish())
        with pytest.raises(Unavailable, match="offers"):
            await labels.find_label(a_wish())

    server.use(refreshed)


def test_of_two_drafts_the_older_is_bought(server, a_wish):
    async def twice(labels):
        first, _ = await labels.draft_label(a_wish()), await labels.draft_label(a_wish())
        assert (await labels.find_label(a_wish())).ref == first.ref
        return await bought(labels, a_wish()), await bought(labels, a_wish())

    first, second = server.use(twice)
    assert first == second
    one_label(server)


def test_a_label_bought_late_in_one_of_two_drafts_is_found_before_the_other_draft(server, a_wish):
    async def twice(labels):
        await labels.draft_label(a_wish())
        newer = await labels.draft_label(a_wish())
        await labels.buy_label(a_wish(), newer, newer.rates[0])
        return (await labels.find_label(a_wish())).bought.id == newer.ref

    assert server.use(twice)


def test_a_draft_of_another_wish_is_not_bought(server, a_wish):
    async def changed(labels):
        await labels.draft_label(a_wish())
        moved = a_wish(ship_to=a_wish().ship_to.model_copy(update={"line1": "2 Main St"}))
        assert await labels.find_label(moved) is None
        assert await labels.find_label(a_wish()) is not None

    server.use(changed)


def test_a_cancelled_draft_is_no_draft(server, a_wish):
    async def cancelled(labels):
        draft = await labels.draft_label(a_wish())
        server.tell("/_void", id=draft.ref)
        assert await labels.find_label(a_wish()) is None
        with pytest.raises(Rejected, match="cancelled the draft"):
            await labels.buy_label(a_wish(), draft, draft.rates[0])

    server.use(cancelled)
    assert server.truth()["labels"] == []


def test_a_draft_that_cannot_be_bought_twice_and_does_not_show_why_is_in_doubt(server, a_wish):
    async def late(labels):
        server.tell("/_late", look_ups=9)
        draft = await labels.draft_label(a_wish())
        await labels.buy_label(a_wish(), draft, draft.rates[0])
        with pytest.raises(OutcomeUnknown, match="shows it as draft"):
            await labels.buy_label(a_wish(), draft, draft.rates[0])

    server.use(late)
    assert len(server.truth()["labels"]) == 1


def test_a_purchase_that_shows_late_is_a_draft_till_then(server, a_wish):
    async def late(labels):
        server.tell("/_late", look_ups=2)
        draft = await labels.draft_label(a_wish())
        await labels.buy_label(a_wish(), draft, draft.rates[0])
        return [(await labels.find_label(a_wish())).bought is not None for _ in range(3)]

    assert server.use(late) == [False, False, True]


def test_two_purchases_of_one_draft_at_once_are_both_sold_by_the_server(server_with, a_wish):
    """Why a purchase in doubt is waited for: the server looks at the draft before the carrier answers, not after."""
    server = server_with(carrier_seconds=0.1)

    async def at_once(labels):
        draft = await labels.draft_label(a_wish())
        await asyncio.gather(*(labels.buy_label(a_wish(), draft, draft.rates[0]) for _ in range(2)))

    server.use(at_once)
    assert len(server.truth()["labels"]) == 2


def test_an_idempotency_key_is_worth_nothing_there(server):
    somebody = {"person_name": "A", "address_line1": "1 Main St", "city": "Reno", "country_code": "US"}
    asked = {"shipper": somebody, "recipient": somebody, "parcels": [{"weight": 1, "weight_unit": "LB"}]}
    for _ in range(2):
        headers = {"Idempotency-Key": "one"}
        server.http.post("/v1/shipments", json={**asked, "service": "van_standard"}, headers=headers).raise_for_status()
    assert len(server.truth()["labels"]) == 2


def test_no_draft_is_bought_by_the_making_of_it(server, a_wish):
    wanted = a_wish(service_level="van_express", carrier="own_van")
    assert server.use(lambda labels: labels.draft_label(wanted)).bought is None
    assert server.truth()["labels"] == []


def test_what_a_carrier_refuses_comes_in_its_words(server, a_wish):
    async def refused(labels):
        draft = await labels.draft_label(a_wish())
        server.tell("/_carriers", carrier_id="own-van", mood="refuses")
        with pytest.raises(Rejected, match="generic: The carrier does not serve this address"):
            await labels.buy_label(a_wish(), draft, draft.rates[0])
        with pytest.raises(Rejected, match="does not serve this address"):
            await labels.draft_label(a_wish(box="B2"))

    server.use(refused)


def test_where_the_server_lost_touch_with_the_carrier_a_person_looks_before_money_is_spent_again(server, a_wish):
    async def broken(labels):
        draft = await labels.draft_label(a_wish())
        server.tell("/_carriers", carrier_id="own-van", mood="breaks")
        with pytest.raises(Rejected, match="look for it in the carrier's own account"):
            await labels.buy_label(a_wish(), draft, draft.rates[0])
        return await labels.find_label(a_wish())

    assert server.use(broken).bought is None
    one_label(server)


def test_offers_are_asked_for_again_where_there_were_none(server_with, a_wish):
    others = [{"carrier_id": "own-van"}, {"carrier_id": "bike", "carries": "bike", "services": []}]
    server = server_with(carriers=others)
    server.tell("/_carriers", carrier_id="own-van", mood="refuses")

    async def refreshed(labels):
        with pytest.raises(Rejected):
            await labels.draft_label(a_wish())
        server.tell("/_carriers", carrier_id="own-van", mood="sells")
        draft = await labels.draft_label(a_wish())
        server.http.post(f"/v1/shipments/{draft.ref}/rates", json={"carrier_ids": ["bike"]}).raise_for_status()
        return draft, await labels.find_label(a_wish())

    draft, again = server.use(refreshed)
    assert again.ref == draft.ref
    assert [rate.service_level for rate in again.rates] == ["van_standard", "van_express"]
    assert {rate.ref for rate in again.rates}.isdisjoint(rate.ref for rate in draft.rates)


def test_what_a_carrier_says_that_makes_no_offer_is_kept(server_with, a_wish):
    server = server_with(carriers=[{"carrier_id": "own-van"}, {"carrier_id": "bike", "carrier_name": "bike"}])
    server.tell("/_carriers", carrier_id="bike", mood="refuses")
    draft = server.use(lambda labels: labels.draft_label(a_wish()))
    assert draft.words == ("bike: The carrier does not serve this address",)
    assert len(draft.rates) == 2


def test_only_the_carriers_of_the_settings_make_offers(server_with, a_wish):
    bike = {"carrier_id": "bike", "carries": "bike", "services": [{"code": "ride", "price": "3.10"}]}
    server = server_with(carriers=[{"carrier_id": "own-van"}, bike])
    draft = server.use(lambda labels: labels.draft_label(a_wish()), carriers=["bike"])
    assert [(rate.carrier, rate.service_level, rate.days) for rate in draft.rates] == [("bike", "ride", None)]


def test_without_a_carrier_the_operator_must_connect_one(server, a_wish):
    with pytest.raises(NeedsConfig, match="connect one in karrio"):
        server.use(lambda labels: labels.draft_label(a_wish()), carriers=["nope"])


def test_an_address_that_the_server_refuses_is_named(server, a_wish):
    wrong = a_wish(ship_to=a_wish().ship_to.model_copy(update={"postal_code": "1"}))
    with pytest.raises(Rejected, match=r"recipient\.postal_code: The American postal code"):
        server.use(lambda labels: labels.draft_label(wrong))


def test_no_label_is_drafted_across_a_border(server, a_wish):
    abroad = a_wish(ship_to=a_wish().ship_to.model_copy(update={"country": "CA", "postal_code": "K1A 0B1"}))
    with pytest.raises(Rejected, match="crosses a border"):
        server.use(lambda labels: labels.draft_label(abroad))
    assert server.truth()["drafts"] == []


def test_an_offer_that_is_gone_is_refused(server, a_wish):
    async def stale(labels):
        draft = await labels.draft_label(a_wish())
        with pytest.raises(Rejected, match="not available for this shipment"):
            await labels.buy_label(a_wish(), draft, draft.rates[0].model_copy(update={"ref": "rat_nope"}))
        with pytest.raises(Rejected, match="not found"):
            await labels.buy_label(a_wish(), LabelDraft("shp_nope"), draft.rates[0])

    server.use(stale)


def test_a_purchase_that_is_only_begun_to_be_written_down_is_waited_for(server, a_wish):
    async def begun(labels):
        draft = await labels.draft_label(a_wish())
        server.tell("/_carriers", carrier_id="own-van", mood="sells to the dying")
        with pytest.raises(OutcomeUnknown):
            await labels.buy_label(a_wish(), draft, draft.rates[0])
        with pytest.raises(Unavailable, match="begun to write down a label for 1001/B1"):
            await labels.find_label(a_wish())
        server.tell("/_void", id=draft.ref)
        return labels.read_parcel((await labels.find_label(a_wish())).bought).voided

    assert server.use(begun), "a person who cancels it says that it is void"


def test_too_many_calls_are_throttled_as_long_as_the_server_says(server_with, a_wish):
    server = server_with(requests_per_minute=1)
    server.http.get("/v1/shipments").raise_for_status()

    async def throttled(labels):
        with pytest.raises(Throttled, match="Request was throttled"):
            await labels.draft_label(a_wish())

    server.use(throttled)
    assert server.truth()["drafts"] == []


def test_the_plugin_sells_labels():
    assert isinstance(KarrioLabels.__new__(KarrioLabels), BuysLabels)


EVERYTHING = {
    "lost_reply": 0.12,
    "dropped": 0.08,
    "error_500": 0.06,
    "error_503": 0.06,
    "error_502_after": 0.1,
    "throttled": 0.06,
    "html": 0.05,
}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_goes_wrong_no_key_is_bought_twice(server, a_wish, seed):
    """As the engine does it: looked up first, what was tried is looked up again, and killed between any two steps."""
    dice = random.Random(seed)
    wishes = {wish.key: wish for wish in (a_wish(f"{number}", box) for number in (1001, 1002) for box in ("B1", "B2"))}
    done = {}
    server.faults(seed=seed, rates=EVERYTHING)

    async def step(labels, wanted):
        found = await labels.find_label(wanted)
        if found and found.bought:
            return labels.read_parcel(found.bought)
        if dice.random() < 0.1:
            return None
        draft = found or await labels.draft_label(wanted)
        if dice.random() < 0.1:
            return None
        await labels.buy_label(wanted, draft, dice.choice(draft.rates))
        return None

    for _ in range(200):
        key = dice.choice(sorted(wishes))
        try:
            if parcel := server.use(lambda labels, key=key: step(labels, wishes[key])):
                done[key] = parcel.tracking_number
        except (*IN_DOUBT, AlreadyThere):
            continue
        if len(done) == len(wishes):
            break
    labels = server.truth()["labels"]
    assert sorted(label["key"] for label in labels) == sorted(wishes), f"seed {seed}"
    assert {label["key"]: label["tracking_number"] for label in labels} == done
    money = sum((Decimal(label["price"]) for label in labels), Decimal(0))
    assert server.truth()["spent"] == {"USD": str(money)}
