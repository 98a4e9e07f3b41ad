"""Which products an account has, against the simulated ChannelAdvisor, over a real socket."""

import asyncio
import json

import httpx
import pytest

from crossdock import ListsProducts, Record, Scenario, Unavailable, Unreadable
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.catalog.identities import first_page
from crossdock_channeladvisor.catalog.identity import read_identity
from crossdock_channeladvisor.catalog.source import ChannelAdvisorCatalog
from crossdock_channeladvisor.sandbox import ITEM_SKUS, sandbox_app


def edit(url, **wish):
    return httpx.post(f"{url}/_products", json=wish).raise_for_status().json()["ID"]


def requests(url):
    return httpx.get(f"{url}/_truth").raise_for_status().json()["requests"]


@pytest.fixture
def listed(ca_context):
    """Who the products of an account are, by id."""

    def read(url, **settings):
        async def go():
            async with ca_context(url, **settings) as ctx:
                source, cursor, found = ChannelAdvisorCatalog(ctx), None, {}
                assert isinstance(source, ListsProducts)
                while True:
                    page = await source.fetch_identities(cursor)
                    found |= {record.id: source.read_identity(record) for record in page.records}
                    if not page.more:
                        return found
                    cursor = page.cursor

        return asyncio.run(go())

    return read


@pytest.mark.parametrize("full_catalog", ["pages", "export"])
def test_every_product_is_listed_until_it_is_deleted(ca_server, listed, full_catalog):
    with ca_server(products=150) as url:
        before = listed(url, full_catalog=full_catalog)
        assert {one.sku for one in before.values()} >= {*ITEM_SKUS, "KIT-001", "STYLE-01", "ALT-0001"}
        deleted, renamed = edit(url, sku="SKU-0005", delete=True), edit(url, sku="SKU-0006", rename="SIX")
        after = listed(url, full_catalog=full_catalog)
        assert before.keys() - after.keys() == {str(deleted)}
        assert after[str(renamed)].sku == "SIX"


def test_only_the_profiles_that_are_ours_are_listed(ca_server, listed):
    with ca_server(profiles=(11, 22)) as url:
        ours, all_of_them = listed(url, profile_ids=[22]), listed(url)
        assert len(all_of_them) == 2 * len(ours)
        assert ours.keys() < all_of_them.keys()


def test_nothing_but_the_identity_is_asked_for(ca_settings):
    url = first_page(ca_settings(profile_ids=[11, 22]))
    assert "$select=ID,Sku&" in url
    assert "$filter=ProfileID%20eq%2011%20or%20ProfileID%20eq%2022" in url
    assert "$orderby=ID" in url
    assert "$expand" not in url


def test_an_export_serves_the_whole_list(ca_server, listed):
    with ca_server(products=1200) as url:
        assert len(listed(url, full_catalog="export")) > 1200
        assert requests(url)["export_file"] == 1


def test_the_pages_of_a_list_are_large(ca_server, listed):
    with ca_server(products=1200) as url:
        assert len(listed(url)) == 1671
        assert requests(url)["products_list"] == 4


def test_a_list_that_turns_in_a_circle_is_refused_because_the_rest_would_look_gone(ca_context):
    app = sandbox_app(Scenario(orders=0, options={"short_page_size": 20}))

    async def circle(scope, receive, send):
        if scope["type"] == "http" and scope["path"] == "/v1/Products":
            scope = scope | {"query_string": b"$select=ID,Sku&$orderby=ID"}
        await app(scope, receive, send)

    async def go(url):
        async with ca_context(url) as ctx:
            source = ChannelAdvisorCatalog(ctx)
            page = await source.fetch_identities(None)
            await source.fetch_identities(page.cursor)

    with SandboxServer(circle) as server, pytest.raises(Unavailable, match="turns in a circle"):
        asyncio.run(go(server.url))


@pytest.mark.parametrize(
    "row",
    [
        {"ID": 7},
        {"Sku": "A"},
        {"ID": 7, "Sku": ""},
        {"ID": 8, "Sku": "A"},
        {"columns": 2, "cells": ["7", "A", "more"]},
        [7],
        7,
    ],
)
def test_a_row_that_names_no_product_is_unreadable(row):
    with pytest.raises(Unreadable, match="lists a product without an ID or a SKU"):
        read_identity(Record("7", json.dumps(row).encode()))
    with pytest.raises(Unreadable):
        read_identity(Record("unreadable-7", json.dumps(row).encode()))


@pytest.mark.parametrize("data", [b"", b'{"ID": 7', b'{"ID": 7, "Sku": "\xff"}', b"[" * 100_000])
def test_a_row_that_is_no_json_is_unreadable_under_its_name(data):
    with pytest.raises(Unreadable, match="record 7: ChannelAdvisor lists a product") as refusal:
        read_identity(Record("7", data))
    assert "b'" not in str(refusal.value)
    assert 'b"' not in str(refusal.value)
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize("names", [("ID", "Sku"), ("id", "S K U")])
def test_rows_of_an_export_are_read_however_their_columns_are_spelled(names):
    identity = read_identity(Record("7", json.dumps(dict(zip(names, ("7", "0012"), strict=True))).encode()))
    assert (identity.external_id, identity.sku) == ("7", "0012")
