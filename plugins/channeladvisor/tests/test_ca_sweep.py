"""The sweep against the simulated ChannelAdvisor: it finds what the first list cannot show."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from crossdock import SweepsOrders
from crossdock.domain import OrderStatus
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.listing import Place

LATELY = "2025-05-31T00:00:00Z"  # the clock of the tests stands at noon of the first of June


def control(url, path, **body):
    httpx.post(f"{url}/{path}", json=body).raise_for_status()


def truth(url):
    return httpx.get(f"{url}/_truth").raise_for_status().json()["orders"]


async def walk(fetch, cursor=None):
    pages = [await fetch(cursor)]
    while pages[-1].more:
        pages.append(await fetch(pages[-1].cursor))
    return pages


def ids_of(pages):
    return [record.id for page in pages for record in page.records]


async def swept(source, cursor=None):
    """What a sweep shows, by id."""
    pages = await walk(source.sweep_orders, cursor)
    return {record.id: source.read_order(record) for page in pages for record in page.records}


def marks_in(pages):
    """What the lists tell of the marks of their orders, by id."""
    return {record.id: record.marked for page in pages for record in page.records}


@pytest.fixture
def run(ca_server, ca_connect):
    """Runs a story with an order source on a server whose orders came in lately."""

    def play(story, server=None, log=None, **settings):
        async def with_source(url):
            async with ca_connect(url, log, **settings) as source:
                return await story(source, url)

        with ca_server(**({"orders": 60, "page_size": 25, "start": LATELY} | (server or {}))) as url:
            return asyncio.run(with_source(url))

    return play


def test_it_has_the_feature(run):
    async def story(source, _url):
        return isinstance(source, SweepsOrders)

    assert run(story)


def test_every_order_that_came_in_lately_is_swept_in_whatever_state_it_is(run):
    async def story(source, url):
        return await swept(source), truth(url)

    found, there = run(story, {"orders": 150})
    assert found.keys() == there.keys()
    assert {order.status for order in found.values()} >= {OrderStatus.OPEN, OrderStatus.CANCELLED, OrderStatus.PENDING}
    assert {order.acknowledged for order in found.values()} == {None}, "it is the list that tells"


def test_older_orders_are_beyond_the_reach_of_the_first_sweep(run):
    async def story(source, _url):
        return {order.updated_at for order in (await swept(source)).values()}

    seen = run(story, {"orders": 40, "start": "2025-05-29T12:00:00Z", "seconds_between": 6 * 3600}, sweep_days=2)
    assert 0 < len(seen) < 40
    assert min(seen) >= datetime(2025, 5, 30, 11, 45, tzinfo=UTC)  # two days and the overlap


def test_an_order_that_was_marked_behind_our_back_is_found_with_its_mark(run):
    async def story(source, url):
        first, second, *_ = ids_of(await walk(source.fetch_orders))
        control(url, "_export", id=int(first), application="sandbox-application")
        control(url, "_export", id=int(second), application="another-tool")
        listed = marks_in(await walk(source.fetch_orders))
        return first, second, listed, marks_in(await walk(source.sweep_orders))

    first, second, listed, found = run(story)
    assert first not in listed
    assert set(listed.values()) == {False}
    assert found[second] is False
    assert [id_ for id_, marked in found.items() if marked is not False] == [first]


def test_orders_with_our_mark_are_swept_before_the_others_and_none_is_in_both_lists(run):
    async def story(source, url):
        ours = ids_of(await walk(source.fetch_orders))[::2]
        for order_id in ours:
            await source.acknowledge_order(order_id)
        return set(ours), await walk(source.sweep_orders), truth(url)

    ours, pages, there = run(story)
    told = [record.marked for page in pages for record in page.records]
    assert told == sorted(told, reverse=True)
    assert sorted(ids_of(pages)) == sorted(there)
    assert {id_ for id_, marked in marks_in(pages).items() if marked} == ours
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]


def test_an_order_that_is_marked_between_the_two_lists_is_found_by_the_next_sweep(run):
    async def story(source, url):
        old = next(id_ for id_ in truth(url))
        first = [await source.sweep_orders(None)]  # nothing bears our mark yet
        control(url, "_export", id=int(old), application="sandbox-application")
        first += await walk(source.sweep_orders, first[0].cursor)
        return old, marks_in(first), marks_in(await walk(source.sweep_orders, first[-1].checkpoint)), truth(url)

    old, first, second, there = run(story)
    assert first.keys() == there.keys() - {old}
    assert second[old] is True, "long before the last update that the first sweep saw, and before its overlap"


def test_a_list_that_turns_in_a_circle_keeps_neither_the_other_list_nor_the_next_sweep_from_its_orders(ca_connect):
    token = b'{"access_token":"t","expires_in":3600}'

    async def app(scope, receive, send):
        marked = b"exported=true" in scope["query_string"]
        link = f',"@odata.nextLink":"{server.url}/v1/Orders?{scope["query_string"].decode()}"' if marked else ""
        orders = f'{{"value":[{{"ID":{1 if marked else 2},"UpdatedDateUtc":"2025-05-31T00:00:00Z"}}]{link}}}'.encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": token if scope["path"] == "/oauth2/token" else orders})

    async def sweep(url):
        async with ca_connect(url) as source:
            return await walk(source.sweep_orders)

    with SandboxServer(app) as server:
        pages = asyncio.run(sweep(server.url))
    assert marks_in(pages) == {"1": True, "2": False}
    assert Place.of(pages[-1].checkpoint) == Place(since=datetime(2025, 5, 25, 12, tzinfo=UTC))


def test_claims_by_fulfillment_are_swept_in_one_list_that_tells_no_marks(run):
    async def story(source, url):
        first = ids_of(await walk(source.fetch_orders))[0]
        await source.acknowledge_order(first)
        pages = await walk(source.sweep_orders)
        read = {record.id: source.read_order(record) for page in pages for record in page.records}
        return first, pages, read, truth(url)

    first, pages, read, there = run(story, claim="fulfillment")
    assert set(marks_in(pages).values()) == {None}
    assert sorted(ids_of(pages)) == sorted(there)
    assert read[first].acknowledged is True


def test_a_cancellation_by_the_buyer_is_found_after_we_have_the_order(run):
    async def story(source, url):
        ours = ids_of(await walk(source.fetch_orders))[0]
        await source.acknowledge_order(ours)
        before = (await swept(source))[ours]
        control(url, "_cancel", id=int(ours))
        return before, (await swept(source))[ours]

    before, after = run(story)
    assert (before.status, after.status) == (OrderStatus.OPEN, OrderStatus.CANCELLED)
    assert [one.by_buyer for one in after.adjustments] == [True] * len(after.adjustments) != []


def test_a_sweep_goes_on_where_the_one_before_the_last_ended(run):
    async def story(source, url):
        pages = await walk(source.sweep_orders)
        changed = ids_of(pages)[0]
        second = await walk(source.sweep_orders, pages[-1].checkpoint)
        third = await walk(source.sweep_orders, second[-1].checkpoint)
        control(url, "_orders", id=int(changed), set={"PublicNotes": "ring"})
        return pages, second, third, changed, await walk(source.sweep_orders, third[-1].checkpoint)

    pages, second, third, changed, again = run(story, overlap="PT0S")
    assert {page.checkpoint for page in pages[:-1]} == {Place(since=datetime(2025, 5, 25, 12, tzinfo=UTC)).cursor()}
    assert ids_of(second) == ids_of(pages)
    assert len(ids_of(third)) == 1  # the last one of before, at the very moment
    assert set(ids_of(again)) == {changed, *ids_of(third)}


def test_orders_of_other_profiles_are_not_swept(run):
    async def story(source, url):
        return set(await swept(source)), truth(url)

    found, there = run(story, {"profiles": [11, 12, 13]}, profile_ids=[11, 13])
    assert found == {id_ for id_, order in there.items() if order["profile"] in (11, 13)}
    assert len(found) < len(there)


def test_an_order_that_the_settings_do_not_want_is_swept_only_with_our_mark(run):
    async def story(source, url):
        mine, other = ids_of(await walk(source.fetch_orders))[:2]
        await source.acknowledge_order(mine)
        for order_id in (mine, other):
            control(url, "_orders", id=int(order_id), set={"OrderTags": "dropship"})
        return mine, other, await swept(source)

    mine, other, found = run(story, tags_none=["dropship"])
    assert other not in found
    assert found[mine].status is OrderStatus.PENDING


def test_orders_with_more_rows_than_a_list_gives_are_swept_whole(run):
    async def story(source, url):
        return await swept(source), truth(url)

    found, there = run(story, {"expanded_rows": 1, "orders": 15})
    assert {id_: len(order.lines) for id_, order in found.items()} == {id_: len(o["lines"]) for id_, o in there.items()}


def test_a_list_out_of_order_and_out_of_shape_is_swept_all_the_same(run):
    async def story(source, url):
        return await swept(source), truth(url)

    server = {"shuffled_rows": True, "duplicate_rows": True, "unknown_members": True}
    found, there = run(story, server | {"renamed_words": {"Unshipped": "NotYetShipped"}})
    assert found.keys() == there.keys()
    assert OrderStatus.UNKNOWN in {order.status for order in found.values()}
