"""The catalog source against the simulated ChannelAdvisor, over a real socket."""

import asyncio
import json
from datetime import UTC, datetime

import httpx
import pytest

from crossdock import CatalogSource, NeedsConfig, Scenario, Unreadable
from crossdock.domain import ProductComponent, ProductKind
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.catalog.pages import read_page
from crossdock_channeladvisor.catalog.source import ChannelAdvisorCatalog, first_page
from crossdock_channeladvisor.listing import LONGEST_URL, Place
from crossdock_channeladvisor.sandbox import ITEM_SKUS, sandbox_app


def edit(url, **wish):
    return httpx.post(f"{url}/_products", json=wish).raise_for_status().json()["ID"]


async def walk(source, cursor=None):
    """Every page of a list."""
    pages = [await source.fetch_products(cursor)]
    while pages[-1].more:
        assert len(pages) < 100, "the list does not end"
        pages.append(await source.fetch_products(pages[-1].cursor))
    return pages


@pytest.fixture
def catalog(ca_context):
    """Walks through a catalogue: its products by SKU, and the last page."""

    def read(url, cursor=None, **settings):
        async def go():
            async with ca_context(url, **settings) as ctx:
                source = ChannelAdvisorCatalog(ctx)
                assert isinstance(source, CatalogSource)
                pages = await walk(source, cursor)
                products = [source.read_product(record) for page in pages for record in page.records]
                return {product.sku: product for product in products}, pages[-1]

        return asyncio.run(go())

    return read


@pytest.fixture(scope="module")
def shop(ca_server):
    with ca_server() as url:
        yield url


def test_every_product_is_read_with_all_that_belongs_to_it(shop, catalog):
    products, last = catalog(shop)
    assert products.keys() >= {*ITEM_SKUS, "KIT-001", "STYLE-01", "ALT-0001", "NEW-0001"}
    kit, style, child, alias = (products[sku] for sku in ("KIT-003", "STYLE-01", "SKU-0301", "ALT-0001"))
    assert kit.kind is ProductKind.BUNDLE
    assert [(part.sku, part.quantity) for part in kit.components] == [("SKU-0021", 1), ("SKU-0026", 2), ("SKU-0030", 1)]
    assert isinstance(kit.components[0], ProductComponent)
    assert (style.kind, len(style.children), style.vary_by) == (ProductKind.PARENT, 4, "Colour")
    assert (child.kind, child.parent_sku, child.relationship) == (ProductKind.CHILD, "STYLE-01", "Colour")
    assert child.external_id in style.children
    assert (alias.alias_of, products["SKU-0001"].aliases) == ("SKU-0001", ("ALT-0001",))
    assert products["SKU-0001"].attributes["Case size/inner"]
    assert products["SKU-0001"].images[0].name == "ITEMIMAGEURL1"
    assert products["SKU-0001"].measures["weight"] > 0
    assert (last.more, last.checkpoint is not None) == (False, True)


def test_only_what_changed_comes_the_next_time(ca_server, catalog):
    with ca_server() as url:
        _, last = catalog(url)
        edit(url, sku="SKU-0007", set={"Title": "Renamed"})
        created = edit(url, create={"Sku": "BRAND-NEW", "Title": "Just made"})
        changed, again = catalog(url, last.checkpoint)
        assert changed["SKU-0007"].title == "Renamed"
        assert changed["BRAND-NEW"].external_id == str(created)
        assert len(changed) < 10
        assert again.checkpoint == Place(since=datetime(2025, 6, 1, 12, tzinfo=UTC)).cursor(), "our clock is behind"


def test_a_run_without_news_keeps_its_checkpoint(shop, catalog):
    late = Place(since=datetime(2040, 1, 1, tzinfo=UTC)).cursor()
    nothing, last = catalog(shop, late)
    assert (nothing, last.checkpoint) == ({}, late)


def test_profiles_are_not_mixed(ca_server, catalog):
    with ca_server(profiles=(11, 22)) as url:
        mine, _ = catalog(url, profile_ids=[22])
        assert {product.profile for product in mine.values()} == {"22"}
        both, _ = catalog(url, profile_ids=[11, 22])
        assert both.keys() == mine.keys()


def test_collections_that_are_not_wanted_are_not_asked_for(shop, catalog):
    products, _ = catalog(shop, catalog_expand=["Labels"])
    assert not any(product.attributes or product.images or product.components for product in products.values())
    assert any(product.labels for product in products.values())
    assert not catalog(shop, catalog_expand=[])[0]["SKU-0001"].labels


def test_units_follow_from_the_setting(shop, catalog):
    products, _ = catalog(shop, measured_in="us")
    assert products["SKU-0001"].units == {"weight": "lb", "height": "in", "length": "in", "width": "in"}


def test_the_url_of_a_list_stays_short_enough_or_says_what_to_do(ca_settings):
    many = ca_settings(profile_ids=range(10_000_000, 10_000_020))
    url = first_page(many, datetime(2025, 1, 1, tzinfo=UTC))
    assert len(url) < LONGEST_URL
    assert "$orderby=ID" in url
    assert "UpdateDateUtc%20ge%202024-12-31T23:45:00Z" in url
    assert "ProfileID%20eq%2010000019" in url


def test_a_page_with_a_product_that_has_no_key_is_read_all_the_same():
    page = read_page(b'{"value":[{"Sku":"A"},{"ID":7,"UpdateDateUtc":"2025-01-01T00:00:00"},7]}')
    assert [record.id.partition("-")[0] for record in page.records] == ["unreadable", "7", "unreadable"]
    assert page.latest_update() == datetime(2025, 1, 1, tzinfo=UTC)


def cutting(app, *, always=False):
    """The same service, but lists show only the first attribute of each product, or single products too."""

    async def cut(scope, receive, send):
        is_list = scope["type"] == "http" and scope["path"] == "/v1/Products"
        if not is_list and not (always and scope.get("path", "").startswith("/v1/Products(")):
            return await app(scope, receive, send)
        sent = []

        async def hold(message):
            sent.append(message)

        await app(scope, receive, hold)
        document = json.loads(b"".join(message.get("body", b"") for message in sent[1:]))
        for product in document.get("value", [document]):
            if len(product.get("Attributes", ())) > 1:
                product["Attributes"] = product["Attributes"][:1]
                product["Attributes@odata.nextLink"] = "more"
        content = json.dumps(document).encode()
        await send(sent[0] | {"headers": [(b"content-length", str(len(content)).encode())]})
        await send({"type": "http.response.body", "body": content})
        return None

    return cut


def test_a_product_whose_rows_were_cut_is_read_singly(catalog):
    app = cutting(sandbox_app(Scenario(orders=0, options={"products": 3})))
    with SandboxServer(app) as server:
        edit(server.url, sku="GEN-0000001", set={"Title": "Fresh"})
        products, _ = catalog(server.url, Place(since=datetime(2025, 6, 1, tzinfo=UTC)).cursor())
        assert len(products["GEN-0000001"].attributes) == 4


def test_a_product_that_is_never_shown_whole_is_refused_instead_of_losing_rows(catalog):
    app = cutting(sandbox_app(Scenario(orders=0, options={"products": 1})), always=True)
    with SandboxServer(app) as server:
        edit(server.url, sku="GEN-0000001", set={"Title": "Fresh"})
        with pytest.raises(Unreadable, match="only the first of its Attributes were given"):
            catalog(server.url, Place(since=datetime(2025, 6, 1, tzinfo=UTC)).cursor())


def test_a_list_that_turns_in_a_circle_ends_and_moves_no_checkpoint(ca_context):
    app = sandbox_app(Scenario(orders=0))

    async def circle(scope, receive, send):
        if scope["type"] == "http" and scope["path"] == "/v1/Products":
            scope = scope | {"query_string": b"$top=100&$select=ID,Sku,UpdateDateUtc&$skip=0"}

        async def linked(message):
            if body := message.get("body"):
                document = json.loads(body)
                if "value" in document:
                    document["@odata.nextLink"] = f"/v1/Products?$skip={len(body)}"
                    message = message | {"body": json.dumps(document).encode()}
            elif "headers" in message:
                kept = [(name, value) for name, value in message["headers"] if name != b"content-length"]
                message = message | {"headers": kept}
            await send(message)

        await app(scope, receive, linked)

    async def go(url):
        async with ca_context(url) as ctx:
            pages = await walk(ChannelAdvisorCatalog(ctx))
            assert [page.checkpoint for page in pages] == [None, None]
            assert "turns in a circle" in ctx.log.events[0]

    with SandboxServer(circle) as server:
        asyncio.run(go(server.url))


def test_too_many_profiles_make_no_url_but_advice(ca_settings):
    settings = ca_settings(profile_ids=[10**50 + n for n in range(20)])
    with pytest.raises(NeedsConfig, match="name fewer `profile_ids`"):
        first_page(settings, None)
