"""Claim by fulfillment: a mark on each part of ours, put and taken off without ever shipping anything."""

import asyncio
import json

import httpx
import pytest

from crossdock import OutcomeUnknown, Rejected, Unavailable
from crossdock.domain import OrderStatus
from crossdock.sandbox import FaultPlan
from crossdock_channeladvisor.orders.claims import COMPLETE, free_patch, is_claimed, status_patch, to_claim, to_free
from crossdock_channeladvisor.orders.reading import parse_order, read_order

NUMBER = "111-0000000-0000001"
OURS = {"ExternalFulfillmentStatus": "Pending", "ExternalFulfillmentNumber": NUMBER}
FREE = {"ExternalFulfillmentStatus": "New"}


def test_every_change_says_that_it_does_not_ship(ca_settings):
    assert json.loads(status_patch("Pending", "M-1")) == {
        "DeliveryStatus": "NoChange",
        "ExternalFulfillmentStatus": "Pending",
        "ExternalFulfillmentNumber": "M-1",
    }
    assert json.loads(status_patch(COMPLETE)) == {
        "DeliveryStatus": "NoChange",
        "ExternalFulfillmentStatus": "Complete",
    }
    assert json.loads(free_patch(ca_settings(claimable=["Failed", "New"]))) == {
        "DeliveryStatus": "NoChange",
        "ExternalFulfillmentStatus": "Failed",
        "ExternalFulfillmentNumber": None,
    }


@pytest.fixture
def order(ca):
    """An order with one fulfillment for each set of fields, all at centre 1 unless they say otherwise."""

    def build(*parts):
        rows = [(7001, 1)]
        made = [ca.fulfillment(n, 1, rows, **fields) for n, fields in enumerate(parts, start=1)]
        return parse_order(ca.record(Fulfillments=made).data)

    return build


def ids(parts):
    return [part.id for part in parts]


def test_only_free_parts_of_ours_that_are_still_here_are_claimed(order, ca_settings):
    parts = order(
        FREE,
        FREE | {"DistributionCenterID": -2},
        FREE | {"DistributionCenterID": 4},
        FREE | {"DeliveryStatus": "Canceled"},
        FREE | {"DeliveryStatus": "Complete"},
        FREE | {"DeliveryStatus": "ThirdPartyManaged"},
        FREE | {"Items": []},
        OURS,
        FREE,
    )
    assert ids(to_claim(parts, NUMBER, ca_settings(distribution_centers=[1]))) == [1, 9]


def test_only_what_bears_our_number_and_waits_is_given_up(order, ca_settings):
    parts = order(OURS, FREE, OURS | {"ExternalFulfillmentStatus": "Complete"}, OURS | {"DeliveryStatus": "Complete"})
    assert ids(to_free(parts, NUMBER, ca_settings())) == [1]
    assert to_free(parts, "M-2", ca_settings()) == []


def test_a_part_that_somebody_else_holds_is_never_claimed_over(order, ca_settings):
    taken = OURS | {"ExternalFulfillmentNumber": "PO-7"}
    with pytest.raises(Rejected, match="2 of order 555000111 is taken: Pending as 'PO-7'; ours would be '111-"):
        to_claim(order(FREE, taken), NUMBER, ca_settings())
    assert to_claim(order(FREE, taken | {"DistributionCenterID": -2}), NUMBER, ca_settings())


@pytest.mark.parametrize(
    ("parts", "claimed"),
    [
        ([OURS], True),
        ([FREE], False),
        ([OURS, FREE], False),
        ([OURS, OURS | {"DeliveryStatus": "Complete"}], True),
        ([OURS | {"DeliveryStatus": "Complete"}], True),
        ([FREE | {"DeliveryStatus": "Complete"}], False),
        ([OURS | {"ExternalFulfillmentNumber": "PO-7"}], False),
        ([OURS, FREE | {"DistributionCenterID": -2}], True),
        ([], False),
    ],
)
def test_an_order_bears_our_mark_when_every_part_of_ours_does(order, ca_settings, parts, claimed):
    assert is_claimed(order(*parts), NUMBER, ca_settings()) is claimed


def test_what_somebody_else_has_claimed_is_not_ready_for_us(ca, ca_settings):
    taken = {"ExternalFulfillmentStatus": "Processing", "ExternalFulfillmentNumber": "PO-7"}
    record = ca.record(Fulfillments=[ca.fulfillment(8, 1, [(7001, 2), (7002, 2)], **taken)])
    by_fulfillment = read_order(record, ca_settings(claim="fulfillment"))
    assert by_fulfillment.status is OrderStatus.PENDING
    assert by_fulfillment.source_status["not wanted"] == "fulfillment 8 is taken: Processing as 'PO-7'"
    assert by_fulfillment.acknowledged is False
    assert read_order(record, ca_settings()).status is OrderStatus.OPEN


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("Processing", "fulfillment 8 is taken: Processing, and does not say by whom"),
        (None, "fulfillment 8 has no ExternalFulfillmentStatus, and `claimable` names only New as free to take"),
        ("", "fulfillment 8 has no ExternalFulfillmentStatus, and `claimable` names only New as free to take"),
    ],
)
def test_a_part_that_names_nobody_says_so_wherever_it_is_met(ca, ca_settings, status, words):
    part = ca.fulfillment(8, 1, [(7001, 2), (7002, 2)], ExternalFulfillmentStatus=status)
    record, settings = ca.record(Fulfillments=[part]), ca_settings(claim="fulfillment")
    assert read_order(record, settings).source_status["not wanted"] == words
    with pytest.raises(Rejected, match=words.replace("8 ", "8 of order 555000111 ")):
        to_claim(parse_order(record.data), NUMBER, settings)


def truth(url):
    return httpx.get(f"{url}/_truth").raise_for_status().json()["orders"]


def faults(url, plan):
    httpx.post(f"{url}/_faults", content=plan.model_dump_json()).raise_for_status()


async def listed(source):
    pages = [await source.fetch_orders(None)]
    while pages[-1].more:
        pages.append(await source.fetch_orders(pages[-1].cursor))
    return [record for page in pages for record in page.records]


@pytest.fixture
def run(ca_server, ca_connect):
    """Runs a story with an order source that claims fulfillments."""

    def play(story, server=None, **settings):
        async def with_source(url):
            async with ca_connect(url, claim="fulfillment", **settings) as source:
                return await story(source, url), truth(url)

        with ca_server(**({"orders": 60, "page_size": 20} | (server or {}))) as url:
            return asyncio.run(with_source(url))

    return play


def state(fulfillment):
    return fulfillment["delivery"], fulfillment["external"], fulfillment["external_number"]


def test_an_order_with_a_free_part_of_ours_is_listed_until_it_is_claimed(run):
    async def story(source, _url):
        first, *others = [record.id for record in await listed(source)]
        receipt = await source.acknowledge_order(first)
        return first, others, [record.id for record in await listed(source)], receipt

    (first, others, again, receipt), after = run(story)
    assert again == others
    assert receipt.note.startswith("claimed fulfillment ")
    assert {state(part) for part in after[first]["fulfillments"].values()} == {
        ("NoChange", "Pending", after[first]["number"])
    }
    assert after[first]["shipping"] == "Unshipped"
    assert after[first]["exported_for"] == []


def test_only_orders_with_a_part_at_our_centres_are_listed(run):
    async def story(source, _url):
        return {record.id for record in await listed(source)}

    found, there = run(story, distribution_centers=[2])
    of_ours = {
        id_ for id_, order in there.items() if 2 in {p["distribution_center"] for p in order["fulfillments"].values()}
    }
    assert found
    assert found <= of_ours


def test_claiming_and_giving_up_can_be_repeated(run):
    async def story(source, _url):
        first = (await listed(source))[0]
        notes = [(await source.acknowledge_order(first.id)).note for _ in range(2)]
        claimed = source.read_order(await source.fetch_order(first.id)).acknowledged
        notes += [(await source.unacknowledge_order(first.id)).note for _ in range(2)]
        freed = source.read_order(await source.fetch_order(first.id)).acknowledged
        return first.id, notes, claimed, freed, [record.id for record in await listed(source)]

    (first, notes, claimed, freed, again), after = run(story)
    assert [note.split()[0] for note in notes] == ["claimed", "claimed", "gave", "gave"]
    assert notes[1].endswith("none was waiting")
    assert (claimed, freed) == (True, False)
    assert first in again
    assert {state(part) for part in after[first]["fulfillments"].values()} == {("NoChange", "New", None)}


def test_of_a_mixed_order_only_our_part_is_claimed(run):
    async def story(source, _url):
        mixed = [r.id for r in await listed(source) if source.read_order(r).managed_by == "mixed"]
        for order_id in mixed:
            await source.acknowledge_order(order_id)
        return mixed

    mixed, after = run(story, {"orders": 200})
    assert mixed
    for order_id in mixed:
        for part in after[order_id]["fulfillments"].values():
            assert part["external_number"] == (None if part["distribution_center"] == -2 else after[order_id]["number"])


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "html"])
def test_a_lost_reply_leaves_one_claim(run, fault):
    async def story(source, url):
        first = (await listed(source))[0].id
        faults(url, FaultPlan(rates={fault: 1.0}, only_paths=r"/Fulfillments\(", max_faults=1))
        try:
            await source.acknowledge_order(first)
        except (OutcomeUnknown, Unavailable):
            await source.acknowledge_order(first)
        return first

    first, after = run(story)
    assert {part["external"] for part in after[first]["fulfillments"].values()} == {"Pending"}
    assert after[first]["shipping"] == "Unshipped"
