"""The stock of all products, as ChannelAdvisor lists it."""

import asyncio
import json
from contextlib import ExitStack

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from crossdock import ListsStock, Record, Unavailable, Unreadable
from crossdock.domain import StockItem
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.inventory.listed import first_page
from crossdock_channeladvisor.inventory.sink import ChannelAdvisorStock
from crossdock_channeladvisor.inventory.stock import read_listed
from crossdock_channeladvisor.listing import LONGEST_URL

RESERVED = ("PendingCheckout", "PendingPayment", "PendingShipment")


@pytest.fixture
def run(ca_context):
    """Does something with the stock of an account."""

    def connected(url, work, **settings):
        async def inside():
            async with ca_context(url, **settings) as ctx:
                return await work(ChannelAdvisorStock(ctx))

        return asyncio.run(inside())

    return connected


async def listed(stock, after_first=None):
    """Every reading of the list; `after_first` happens between the first two pages."""
    page = await stock.fetch_stock(None)
    if after_first:
        after_first()
    readings = [stock.read_listed_stock(record) for record in page.records]
    pages = 1
    while page.more:
        assert pages < 100, "the list does not end"
        page = await stock.fetch_stock(page.cursor)
        readings += [stock.read_listed_stock(record) for record in page.records]
        pages += 1
    return readings


def test_the_list_tells_of_each_product_what_a_single_look_tells(ca_server, run):
    async def both(stock):
        assert isinstance(stock, ListsStock)
        readings = await listed(stock)
        return readings, await stock.read_stock([reading.item for reading in readings])

    with ca_server(orders=30, products=250) as url, httpx.Client(base_url=url) as people:
        people.post("/_sell", json={"SKU-0001": 2}).raise_for_status()
        readings, looks = run(url, both)
    assert readings == looks
    assert len({reading.item.product_id for reading in readings}) == len(readings) > 600
    by_sku = {reading.item.sku: reading for reading in readings}
    assert by_sku["SKU-0001"].reserved >= 2
    assert "bundle" in by_sku["KIT-001"].refusal
    assert "only its children" in by_sku["STYLE-01"].refusal
    assert "'SKU-0001', for which it stands" in by_sku["ALT-0001"].refusal


def test_a_page_holds_as_many_products_as_the_cart_gives(ca_server, run):
    with ca_server(orders=0) as url, httpx.Client(base_url=url) as people:
        readings = run(url, listed)
        asked = people.get("/_truth?touched").json()["requests"]
    assert asked["products_list"] == -(-len(readings) // 100)
    assert asked.keys() <= {"products_list", "token"}


def test_only_the_profile_of_the_stock_is_listed(ca_server, run):
    with ca_server(orders=0, profiles=[111, 222]) as url:
        both, one = run(url, listed), run(url, listed, profile_ids=[111, 222], stock_profile=222)
    assert len(both) == 2 * len(one)
    assert len({reading.item.sku for reading in one}) == len(one)


def test_stock_that_moves_while_pages_are_read_hides_no_product(ca_server, run):
    with ca_server(orders=0, page_size=50) as url, httpx.Client(base_url=url) as people:
        before = run(url, listed)

        def sold():
            people.post("/_sell", json={"SKU-0001": 2, "SKU-0060": 1}).raise_for_status()
            people.post("/_stock", json={"sku": "SKU-0002", "center": 1, "quantity": 0}).raise_for_status()

        meanwhile = run(url, lambda stock: listed(stock, sold))
    assert [reading.item for reading in meanwhile] == [reading.item for reading in before]


def test_a_page_beyond_the_end_that_is_the_first_again_ends_the_list(run, answers):
    pages = {"": ([row(1)], "?page=2"), "2": ([row(2)], "?page=1"), "1": ([row(1)], "?page=2")}
    readings = run(answers(pages), listed)
    assert [reading.item.product_id for reading in readings] == ["1", "2"]


def test_a_page_that_leads_to_itself_is_no_list(run, answers):
    pages = {"": ([row(1)], "?page=2"), "2": ([row(2)], "?page=2")}
    with pytest.raises(Unavailable, match="the rest cannot be seen"):
        run(answers(pages), listed)


def test_a_list_of_centres_that_is_cut_short_is_completed(run, answers):
    url = answers({"": ([row(5, DCQuantities=[quantity(1, 10)], more="centres")], None)})
    [reading] = run(url, listed)
    assert {one.distribution_center: one.quantity for one in reading.available} == {"1": 10, "0": 7, "-2": 4}
    assert reading.refusal == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"ID":7,"Sku":null}', "product 7 cannot be read: it has no SKU"),
        (b'{"ID":7,"Sku":"A","DCQuantities":[{"DistributionCenterID":1}]}', "DCQuantities.0.AvailableQuantity"),
        (b"[]", "product 7 cannot be read"),
    ],
)
def test_a_product_that_cannot_be_read_is_named_with_the_reason(data, reason):
    with pytest.raises(Unreadable, match=reason):
        read_listed(Record("7", data))


def test_a_product_that_was_never_anywhere_holds_nothing():
    reading = read_listed(Record("7", json.dumps(row(7)).encode()))
    assert (reading.item, reading.available, reading.reserved) == (StockItem(sku="SKU-7", product_id="7"), (), 0)
    assert reading.refusal == ""


def test_a_product_of_which_the_list_shows_no_stock_is_refused_also_where_its_centres_were_completed(run, answers):
    assert "did not show the stock" in read_listed(Record("7", b'{"ID":7,"Sku":"A"}')).refusal
    cut = row(5, DCQuantities=[quantity(1, 10)], more="centres")
    del cut["PendingPaymentQuantity"]
    [reading] = run(answers({"": ([cut], None)}), listed)
    assert (len(reading.available), "promised to buyers" in reading.refusal) == (3, True)


def test_the_longest_question_is_one_that_the_cart_takes():
    assert len(first_page([10**9] * 20)) < LONGEST_URL


def row(id_, more="", **fields):
    link = {"DCQuantities@odata.nextLink": f"/v1/Products({id_})/{more}"} if more else {}
    reserved = {f"{name}Quantity": 0 for name in ("OpenAllocated", *RESERVED)}
    return {"ID": id_, "Sku": f"SKU-{id_}", "DCQuantities": [], **reserved, **fields, **link}


def quantity(center, available):
    return {"ProductID": 5, "DistributionCenterID": center, "AvailableQuantity": available}


@pytest.fixture
def answers():
    """A cart whose pages are given, each as its rows and the query that leads on."""

    def serve(pages):
        async def token(request):
            return JSONResponse({"access_token": "token", "expires_in": 3600})

        async def products(request):
            rows, following = pages[request.query_params.get("page", "")]
            base = str(request.base_url).rstrip("/")
            text = json.dumps(rows).replace('"/v1/', f'"{base}/v1/')
            onward = {"@odata.nextLink": f"{base}/v1/Products{following}"} if following else {}
            return JSONResponse({"value": json.loads(text)} | onward)

        async def centers(request):
            return JSONResponse({"value": [quantity(0, 7), quantity(-2, 4)]})

        routes = [
            Route("/oauth2/token", token, methods=["POST"]),
            Route("/v1/Products", products),
            Route("/v1/Products(5)/centres", centers),
        ]
        return servers.enter_context(SandboxServer(Starlette(routes=routes))).url

    with ExitStack() as servers:
        yield serve
