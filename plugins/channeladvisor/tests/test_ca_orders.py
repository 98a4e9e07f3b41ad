"""The order source against the simulated ChannelAdvisor, over a real socket."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from crossdock import (
    ChecksConnection,
    FetchesOrder,
    NeedsAuth,
    OrderSource,
    OutcomeUnknown,
    ReachesBack,
    ReceivesHints,
    Rejected,
    SweepsOrders,
    Unavailable,
    UndoesAcknowledgement,
    Unreadable,
)
from crossdock.domain import ConfirmedLine, OrderStatus, PaymentStatus, ShipmentConfirmation
from crossdock.sandbox import FaultPlan, SandboxServer
from crossdock_channeladvisor.listing import Place
from crossdock_channeladvisor.sandbox import ODD_IDS
from crossdock_channeladvisor.statuses import READY_CHECKOUT, READY_PAYMENT, READY_SHIPPING

EVERY_STATUS = {"checkout_status": [], "payment_status": [], "shipping_status": []}


def truth(url, **parameters):
    return httpx.get(f"{url}/_truth", params=parameters).raise_for_status().json()


def alter(url, order_id, **fields):
    httpx.post(f"{url}/_orders", json={"id": int(order_id), "set": fields}).raise_for_status()


def pay(url):
    httpx.post(f"{url}/_pay").raise_for_status()


def faults(url, **plan):
    httpx.post(f"{url}/_faults", content=FaultPlan(**plan).model_dump_json()).raise_for_status()


def is_ready(order):
    return (
        order["checkout"] in READY_CHECKOUT
        and order["payment"] in READY_PAYMENT
        and order["shipping"] in READY_SHIPPING
    )


def ready(url):
    return {id_ for id_, order in truth(url)["orders"].items() if is_ready(order)}


async def walk(source, cursor=None):
    """Every page of a list."""
    pages = [await source.fetch_orders(cursor)]
    while pages[-1].more:
        assert len(pages) < 100, "the list does not end"
        pages.append(await source.fetch_orders(pages[-1].cursor))
    return pages


def records_of(pages):
    return [record for page in pages for record in page.records]


def ids_of(pages):
    return [record.id for record in records_of(pages)]


def confirmation(order, **changes):
    """The whole of what is allocated to the first place from which the order leaves."""
    center = order.allocations[0].distribution_center
    lines = tuple(
        ConfirmedLine(
            order_line_id=a.line_id, sku="SKU", product_id=order.line(a.line_id).product_id, quantity=a.quantity
        )
        for a in order.allocations
        if a.reference == order.allocations[0].reference
    )
    package = ShipmentConfirmation(
        key=f"box-of-{order.external_id}",
        number=123_456_789_012,
        order_external_id=order.external_id,
        distribution_center=center,
        shipped_at=datetime(2025, 2, 1, tzinfo=UTC),
        tracking_number="1Z-TEST",
        carrier="UPS",
        service_level="GROUND",
        lines=lines,
    )
    return package.model_copy(update=changes)


async def first_order(source):
    page = await source.fetch_orders(None)
    return source.read_order(page.records[0])


def test_it_has_its_role_and_its_features(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            assert isinstance(source, OrderSource)
            features = (ChecksConnection, FetchesOrder, ReachesBack, SweepsOrders, UndoesAcknowledgement, ReceivesHints)
            for feature in features:
                assert isinstance(source, feature)
            assert source.read_hint(b'{"ID":7}') == ("7",)

    with ca_server(orders=0) as url:
        asyncio.run(run(url))


def test_every_ready_order_is_listed_once_over_all_pages(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            return await walk(source)

    with ca_server(orders=120, page_size=20) as url:
        pages = asyncio.run(run(url))
        listed = ids_of(pages)
        assert len(pages) > 4
        assert sorted(listed) == sorted(ready(url))
        assert {page.checkpoint for page in pages} == {None}


def test_unpaid_orders_wait_at_the_cart_until_they_are_paid(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            before = ids_of(await walk(source))
            pay(url)
            return before, ids_of(await walk(source))

    with ca_server(orders=150) as url:
        before, after = asyncio.run(run(url))
        assert set(before) < set(after) == ready(url)


def test_every_status_can_be_asked_for(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url, **EVERY_STATUS) as source:
            return [source.read_order(record) for record in records_of(await walk(source))]

    with ca_server(orders=150) as url:
        orders = asyncio.run(run(url))
        assert {order.external_id for order in orders} == set(truth(url)["orders"])
        assert {order.payment for order in orders} >= {PaymentStatus.PAID, PaymentStatus.PENDING}
        assert {order.status for order in orders} >= {OrderStatus.OPEN, OrderStatus.CANCELLED, OrderStatus.SHIPPED}


def test_orders_of_one_distribution_centre_can_be_asked_for_by_both_methods(ca_server, ca_connect):
    async def run(url, retrieval):
        async with ca_connect(url, retrieval=retrieval) as source:
            everything = [source.read_order(record) for record in records_of(await walk(source))]
        async with ca_connect(url, retrieval=retrieval, distribution_centers=[2]) as source:
            return everything, ids_of(await walk(source))

    with ca_server(orders=60) as url:
        for retrieval in ("not_exported", "updated"):
            everything, listed = asyncio.run(run(url, retrieval))
            west = [o.external_id for o in everything if any(a.distribution_center == "2" for a in o.allocations)]
            assert 0 < len(listed) < len(everything)
            assert listed == west


@pytest.mark.parametrize("retrieval", ["not_exported", "updated"])
def test_the_first_run_reaches_back_as_far_as_the_operator_says(ca_server, ca_connect, retrieval):
    since = datetime(2025, 1, 8, tzinfo=UTC)

    async def run(url):
        async with ca_connect(url, retrieval=retrieval, overlap="PT0S", **EVERY_STATUS) as source:
            pages = await walk(source, source.cursor_from(since))
            return [source.read_order(record) for record in records_of(pages)], pages[-1].checkpoint, await walk(source)

    with ca_server(orders=50, seconds_between=7200) as url:
        reached, checkpoint, everything = asyncio.run(run(url))
    assert 0 < len(reached) < len(records_of(everything))
    if retrieval == "updated":
        assert all(order.updated_at >= since for order in reached)
        assert Place.of(checkpoint).since >= since
    else:
        assert all(order.placed_at >= since for order in reached)
        assert checkpoint is None, "it begins anew each time, with the operator's date of that time"


def test_a_first_run_that_the_connection_limits_is_not_reached_beyond(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url, retrieval="updated", first_run_since="2025-01-09T00:00:00Z") as source:
            return Place.of(source.cursor_from(datetime(2025, 1, 1, tzinfo=UTC))).since

    with ca_server(orders=0) as url:
        assert asyncio.run(run(url)) == datetime(2025, 1, 9, tzinfo=UTC)


def test_orders_before_the_earliest_date_are_never_downloaded(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url, earliest_order_date="2025-01-08", **EVERY_STATUS) as source:
            return [source.read_order(record).placed_at for record in records_of(await walk(source))]

    with ca_server(orders=50, seconds_between=7200) as url:
        placed = asyncio.run(run(url))
        assert 0 < len(placed) < 50
        assert min(placed) >= datetime(2025, 1, 8, tzinfo=UTC)


def test_both_methods_list_the_same_ready_orders(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as by_mark, ca_connect(url, retrieval="updated") as by_update:
            return ids_of(await walk(by_mark)), ids_of(await walk(by_update))

    with ca_server(orders=90, page_size=25) as url:
        by_mark, by_update = asyncio.run(run(url))
        assert by_mark == by_update
        assert len(by_mark) == len(set(by_mark)) > 50


def test_a_list_by_update_goes_on_where_the_last_one_ended(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url, retrieval="updated", overlap="PT1H") as source:
            pages = await walk(source)
            quiet = await walk(source, pages[-1].checkpoint)
            return pages, quiet

    with ca_server(orders=200, page_size=50, seconds_between=60) as url:
        pages, quiet = asyncio.run(run(url))
        assert [page.checkpoint for page in pages[:-1]] == [None] * (len(pages) - 1)
        since = Place.of(pages[-1].checkpoint).since
        assert 0 < len(ids_of(quiet)) < 100
        assert set(ids_of(quiet)) <= set(ids_of(pages))
        assert since is not None
        assert Place.of(quiet[-1].checkpoint).since >= since


def test_a_changed_order_comes_again_by_update(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url, retrieval="updated", overlap="PT0S", shipping_status=[]) as source:
            pages = await walk(source)
            changed = ids_of(pages)[3]
            alter(url, changed, ShippingStatus="Canceled")
            again = records_of(await walk(source, pages[-1].checkpoint))
            return changed, {record.id: source.read_order(record).status for record in again}

    with ca_server(orders=40) as url:
        changed, again = asyncio.run(run(url))
        assert again[changed] is OrderStatus.CANCELLED


def test_orders_that_leave_the_filter_during_a_walk_by_update_push_no_other_out_of_it(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url, retrieval="updated") as source:
            first = await source.fetch_orders(None)
            for record in first.records[:5]:
                alter(url, record.id, ShippingStatus="Shipped")
            return ids_of([first, *await walk(source, first.cursor)])

    with ca_server(orders=80, page_size=20) as url:
        wanted = ready(url)
        assert set(asyncio.run(run(url))) == wanted


def test_orders_with_more_rows_than_a_list_gives_are_read_whole(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            return [source.read_order(record) for record in records_of(await walk(source))]

    with ca_server(orders=40, expanded_rows=1, long_orders=0.1) as url:
        orders = asyncio.run(run(url))
        lines = {id_: len(order["lines"]) for id_, order in truth(url)["orders"].items() if id_ in ready(url)}
        assert {order.external_id: len(order.lines) for order in orders} == lines
        assert max(lines.values()) > 20


def test_a_bad_order_is_named_and_the_others_are_read(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url, **EVERY_STATUS) as source:
            good, bad = {}, {}
            for record in records_of(await walk(source)):
                try:
                    good[record.id] = source.read_order(record)
                except Unreadable as error:
                    bad[record.id] = str(error)
            return good, bad

    with ca_server(orders=10, odd=list(ODD_IDS)) as url:
        good, bad = asyncio.run(run(url))
    odd = {str(id_): name for name, id_ in ODD_IDS.items()}
    assert {odd.get(id_, "not_json_object") for id_ in bad} == {
        "no_lines", "zero_quantity", "negative_quantity", "not_json_object", "truncated",
    }  # fmt: skip
    assert all(id_ in sentence for id_, sentence in bad.items())
    assert len(good) == 10 + len(odd) - len(bad)
    assert len(good[str(ODD_IDS["ten_thousand_lines"])].lines) == 10_000
    assert str(good[str(ODD_IDS["seven_decimals"])].lines[0].unit_price.amount) == "12.3456789"
    assert good[str(ODD_IDS["unknown_enum"])].payment is PaymentStatus.UNKNOWN


def test_an_acknowledged_order_is_not_listed_again(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            first, *others = ids_of(await walk(source))
            await source.acknowledge_order(first)
            await source.acknowledge_order(first)
            return first, others, ids_of(await walk(source))

    with ca_server() as url:
        first, others, again = asyncio.run(run(url))
        assert again == others
        assert truth(url)["orders"][first]["exported_for"] == ["sandbox-application"]


def test_a_mark_can_be_taken_off_again(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            first, *others = ids_of(await walk(source))
            await source.acknowledge_order(first)
            await source.unacknowledge_order(first)
            await source.unacknowledge_order(first)
            return [first, *others], ids_of(await walk(source))

    with ca_server() as url:
        before, after = asyncio.run(run(url))
        assert after == before


def test_a_single_order_is_fetched_whole_whatever_its_state(ca_server, ca_connect):
    async def run(url, order_ids):
        async with ca_connect(url) as source:
            return [source.read_order(await source.fetch_order(order_id)) for order_id in order_ids]

    with ca_server(orders=40, expanded_rows=1, long_orders=0.1) as url:
        there = truth(url)["orders"]
        orders = asyncio.run(run(url, list(there)))
        assert {order.external_id: len(order.lines) for order in orders} == {
            id_: len(order["lines"]) for id_, order in there.items()
        }
        assert {order.acknowledged for order in orders} == {None}, "no single order tells"


@pytest.mark.parametrize(
    ("order_id", "words"),
    [("1", "1"), ("abc", "'abc' is no id of an order"), ("٣", "is no id of an order"), ("1)/Export", "is no id of an")],
)
def test_an_order_that_cannot_be_fetched_says_why(ca_server, ca_connect, order_id, words):
    async def run(url):
        async with ca_connect(url) as source:
            await source.fetch_order(order_id)

    with ca_server(orders=1) as url, pytest.raises(Rejected, match=words):
        asyncio.run(run(url))


@pytest.mark.parametrize("retrieval", ["not_exported", "updated"])
def test_profiles_are_never_mixed(ca_server, ca_connect, retrieval):
    async def run(url, theirs):
        async with ca_connect(url, retrieval=retrieval, profile_ids=[12], **EVERY_STATUS) as source:
            with pytest.raises(Rejected, match="belongs to a profile that `profile_ids` does not name"):
                await source.fetch_order(theirs)
            return [source.read_order(record).profile for record in records_of(await walk(source))]

    with ca_server(orders=60, profiles=[11, 12, 13]) as url:
        of_profile = {id_: order["profile"] for id_, order in truth(url)["orders"].items()}
        theirs = next(id_ for id_, profile in of_profile.items() if profile == 11)
        assert asyncio.run(run(url, theirs)) == ["12"] * list(of_profile.values()).count(12)


def test_a_cart_that_ignores_the_filter_mixes_no_profiles_in(ca_connect, ca_log):
    rows = ",".join(f'{{"ID":{n},"ProfileID":{profile}}}' for n, profile in enumerate((11, 12, 11), start=1))

    async def run(url):
        async with ca_connect(url, ca_log, profile_ids=[12]) as source:
            return (await source.fetch_orders(None)).records

    with SandboxServer(answering(**{"/v1/Orders": f'{{"value":[{rows}]}}'})) as server:
        assert [record.id for record in asyncio.run(run(server.url))] == ["2"]
    assert ca_log.events == ["the cart listed orders of profiles that were not asked for"]


@pytest.mark.parametrize("retrieval", ["not_exported", "updated"])
def test_orders_are_chosen_by_their_tags(ca_server, ca_connect, retrieval):
    async def run(url, **tags):
        async with ca_connect(url, retrieval=retrieval, **tags) as source:
            return {record.id: source.read_order(record).tags for record in records_of(await walk(source))}

    with ca_server(orders=150, page_size=20) as url:
        everything = asyncio.run(run(url))
        (tag, *_) = sorted({tag for tags in everything.values() for tag in tags})
        with_it = asyncio.run(run(url, tags_any=[tag.upper()]))
        without = asyncio.run(run(url, tags_none=[tag]))
    assert with_it == {id_: tags for id_, tags in everything.items() if tag in tags} != {}
    assert with_it | without == everything
    assert not with_it.keys() & without.keys()


def test_orders_of_some_sites_and_flags_can_be_asked_for(ca_server, ca_connect):
    async def run(url, **choice):
        async with ca_connect(url, **choice) as source:
            return {record.id: source.read_order(record) for record in records_of(await walk(source))}

    with ca_server(orders=60) as url:
        everything = asyncio.run(run(url))
        flagged = next(iter(everything))
        alter(url, flagged, FlagID=1)
        assert set(asyncio.run(run(url, flag_ids=[1]))) == {flagged}
        amazon = asyncio.run(run(url, site_ids=[640]))
    assert {order.site for order in amazon.values()} == {"Amazon Seller Central - US"}
    assert 0 < len(amazon) < len(everything)


def test_custom_fields_are_listed_if_the_settings_ask_for_them(ca_server, ca_connect):
    async def run(url, **settings):
        async with ca_connect(url, **settings) as source:
            orders = [source.read_order(record) for record in records_of(await walk(source))]
            return {order.external_id: order.custom_fields for order in orders if order.custom_fields}

    with ca_server(orders=150) as url:
        assert asyncio.run(run(url)) == {}
        fields = asyncio.run(run(url, list_details=["CustomFields"]))
    assert {*map(tuple, (field.items() for field in fields.values()))} == {(("1", "channel campaign 7"),)}


def test_an_order_that_is_not_there_cannot_be_acknowledged(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            await source.acknowledge_order("1")

    with ca_server(orders=1) as url, pytest.raises(Rejected):
        asyncio.run(run(url))


def test_a_web_page_in_answer_to_a_mark_says_nothing_and_the_order_is_still_listed(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            first, *_ = ids_of(await walk(source))
            faults(url, rates={"html": 1.0}, only_paths="/Export", max_faults=1)
            with pytest.raises(Unavailable, match="a web page instead of what marking an order gives"):
                await source.acknowledge_order(first)
            return first, ids_of(await walk(source))

    with ca_server() as url:
        first, listed = asyncio.run(run(url))
        assert first in listed


def test_a_package_is_shipped_from_its_place_and_found_again(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            package = confirmation(await first_order(source))
            before = await source.find_shipment(package)
            shipped = await source.confirm_shipment(package)
            return package, before, shipped, await source.find_shipment(package)

    with ca_server() as url:
        package, before, shipped, after = asyncio.run(run(url))
        (ship,) = truth(url)["orders"][package.order_external_id]["ships"]
    assert before is None
    assert shipped.ref == str(package.number)
    assert after is not None
    assert ship == {
        "tracking": "1Z-TEST",
        "seller_fulfillment_id": str(package.number),
        "carrier": "UPS",
        "class": "GROUND",
        "distribution_center": int(package.distribution_center),
        "items": {line.order_line_id: line.quantity for line in package.lines},
    }


@pytest.mark.parametrize(
    ("fault", "arrived"), [("lost_reply", True), ("error_502_after", True), ("dropped", False), ("html", False)]
)
def test_after_a_lost_reply_the_look_up_tells_whether_the_shipment_arrived(ca_server, ca_connect, fault, arrived):
    async def run(url):
        async with ca_connect(url) as source:
            package = confirmation(await first_order(source))
            faults(url, rates={fault: 1.0}, only_paths="/Ship$")
            with pytest.raises(OutcomeUnknown):
                await source.confirm_shipment(package)
            return package, await source.find_shipment(package)

    with ca_server() as url:
        package, found = asyncio.run(run(url))
        assert bool(found) is arrived
        assert len(truth(url)["orders"][package.order_external_id]["ships"]) == int(arrived)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"carrier": "PIGEON"}, "The shipping carrier 'PIGEON' and class 'GROUND' are not valid for this account"),
        ({"lines": (ConfirmedLine(order_line_id="1", sku="x", quantity=1),)}, "Item 1 does not belong to order"),
    ],
)
def test_a_refused_shipment_is_told_in_the_carts_words(ca_server, ca_connect, wrong, words):
    async def run(url):
        async with ca_connect(url) as source:
            await source.confirm_shipment(confirmation(await first_order(source), **wrong))

    with ca_server() as url:
        with pytest.raises(Rejected, match=words):
            asyncio.run(run(url))
        assert truth(url, touched="")["orders"] == {}


@pytest.mark.parametrize(
    ("fault", "words"), [("html", "a web page instead of a page of orders"), ("truncated", "breaks off")]
)
def test_a_page_that_is_no_page_can_be_asked_for_again(ca_server, ca_connect, fault, words):
    async def run(url):
        async with ca_connect(url) as source:
            first = await source.fetch_orders(None)
            faults(url, rates={fault: 1.0}, only_paths="/Orders$", max_faults=1)
            with pytest.raises(Unavailable, match=words):
                await source.fetch_orders(first.cursor)
            return ids_of([first, *await walk(source, first.cursor)])

    with ca_server(orders=60, page_size=20) as url:
        listed = asyncio.run(run(url))
        assert len(listed) == len(set(listed))
        assert set(listed) == ready(url)


def test_a_token_that_expires_between_pages_is_renewed(ca_server, ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            return ids_of(await walk(source))

    with ca_server(orders=100, page_size=20, token_calls=2) as url:
        assert set(asyncio.run(run(url))) == ready(url)
        requests = truth(url)
        assert requests["unauthorized"] >= 2


def test_a_token_answer_that_is_no_token_is_tried_again_later(ca_server, ca_connect):
    async def run(url):
        faults(url, rates={"html": 1.0}, only_paths="/oauth2/token")
        async with ca_connect(url) as source:
            await source.fetch_orders(None)

    with ca_server(orders=1) as url, pytest.raises(Unavailable, match="access token"):
        asyncio.run(run(url))


@pytest.mark.parametrize("wrong", [{"shared_secret": "not-the-secret"}, {"application_id": "nobody"}])
def test_wrong_credentials_say_where_to_find_the_right_ones(ca_server, ca_connect, wrong):
    async def run(url):
        async with ca_connect(url, **wrong) as source:
            await source.fetch_orders(None)

    with ca_server(orders=1) as url, pytest.raises(NeedsAuth, match="Developer Console") as refused:
        asyncio.run(run(url))
    assert "not-the-secret" not in str(refused.value)


def answering(**answers):
    """A cart that gives fixed JSON texts by path and query."""

    async def app(scope, receive, send):
        place = scope["path"] + ("?" + scope["query_string"].decode() if b"skip" in scope["query_string"] else "")
        token = '{"access_token":"t","expires_in":3600}'
        body = token if scope["path"] == "/oauth2/token" else answers.get(place)
        await send({"type": "http.response.start", "status": 200 if body else 404, "headers": []})
        await send({"type": "http.response.body", "body": (body or "").encode()})

    return app


PAGES_IN_A_CIRCLE = {
    "/v1/Orders": '{"value":[{"ID":1,"UpdatedDateUtc":"2025-01-01T00:00:00Z"}],"@odata.nextLink":"/v1/Orders?$skip=1"}',
    "/v1/Orders?$skip=1": '{"value":[{"ID":2}],"@odata.nextLink":"/v1/Orders?$skip=2"}',
    "/v1/Orders?$skip=2": '{"value":[{"ID":1}],"@odata.nextLink":"/v1/Orders?$skip=1"}',
}
LINK_TO_ITSELF = PAGES_IN_A_CIRCLE | {
    "/v1/Orders?$skip=1": '{"value":[{"ID":2}],"@odata.nextLink":"/v1/Orders?$skip=1"}'
}


@pytest.mark.parametrize(("pages", "length"), [(PAGES_IN_A_CIRCLE, 3), (LINK_TO_ITSELF, 2)])
def test_a_list_that_turns_in_a_circle_ends_and_moves_no_checkpoint(ca_connect, ca_log, pages, length):
    since = Place(since=datetime(2024, 12, 1, tzinfo=UTC)).cursor()

    async def run(url):
        async with ca_connect(url, ca_log, retrieval="updated", **EVERY_STATUS) as source:
            return await walk(source, since)

    with SandboxServer(answering(**pages)) as server:
        walked = asyncio.run(run(server.url))
    assert len(walked) == length
    assert walked[-1].checkpoint == since
    assert ["circle" in event for event in ca_log.events] == [True]


def test_a_cut_order_that_is_gone_when_it_is_read_singly_becomes_a_problem(ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            (record,) = (await source.fetch_orders(None)).records
            source.read_order(record)

    order = '{"ID":1,"CreatedDateUtc":"2025-01-01T00:00:00Z","Items":[],"Items@odata.nextLink":"x"}'
    with (
        SandboxServer(answering(**{"/v1/Orders": f'{{"value":[{order}]}}'})) as server,
        pytest.raises(Unreadable, match="order 1 cannot be read: only the first rows"),
    ):
        asyncio.run(run(server.url))


def test_a_check_that_meets_something_else_says_so(ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            await source.check()

    with (
        SandboxServer(answering(**{"/v1/Profiles": '{"value":[{"Name":"no id"}]}'})) as server,
        pytest.raises(Unavailable, match="something else than a list of Profiles"),
    ):
        asyncio.run(run(server.url))


def test_a_cut_record_without_a_key_is_not_asked_for_again(ca_connect):
    async def run(url):
        async with ca_connect(url) as source:
            return await source.fetch_orders(None)

    with SandboxServer(answering(**{"/v1/Orders": '{"value":[{"Items@odata.nextLink":"x"}]}'})) as server:
        (record,) = asyncio.run(run(server.url)).records
    assert record.id.startswith("unreadable-")


def test_the_first_run_by_update_begins_where_the_settings_say(ca_server, ca_connect):
    since = datetime(2025, 1, 6, 9, tzinfo=UTC)

    async def run(url):
        settings = {"retrieval": "updated", "first_run_since": since.isoformat(), "overlap": "PT0S", **EVERY_STATUS}
        async with ca_connect(url, **settings) as source:
            return [source.read_order(record).updated_at for record in records_of(await walk(source))]

    with ca_server(orders=150, seconds_between=60) as url:
        updated = asyncio.run(run(url))
    assert 0 < len(updated) < 150
    assert min(updated) >= since
    assert min(updated) < since + timedelta(hours=1)
