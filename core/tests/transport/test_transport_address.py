"""Where calls go: below the base URL, with credentials for no other host."""

import asyncio

import pytest

from crossdock import Endpoint, FixedHeaders, NeedsConfig
from crossdock.transport import open_client
from crossdock.transport.address import Address


@pytest.mark.parametrize(
    ("base", "url", "whole"),
    [
        ("https://api.example/v1", "Orders", "https://api.example/v1/Orders"),
        ("https://api.example/v1/", "/Orders(1)/Ship", "https://api.example/v1/Orders(1)/Ship"),
        ("https://api.example", "//elsewhere.example/x", "https://api.example/elsewhere.example/x"),
        (
            "https://api.example",
            "/go?to=https://elsewhere.example",
            "https://api.example/go?to=https://elsewhere.example",
        ),
        ("https://api.example/v1", "https://api.example/v2/Orders?$skip=20", "https://api.example/v2/Orders?$skip=20"),
        ("https://API.example/v1", "https://api.example:443/v2", "https://api.example:443/v2"),
    ],
)
def test_paths_and_own_absolute_urls_are_reached(base, url, whole):
    assert Address("acme", base).of(url) == whole


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1/Orders?token=t",
        "http://api.example/v1/Orders",
        "https://api.example:8443/v1/Orders",
        "https://api.example.evil/v1/Orders",
        "https://api.example@evil.example/v1/Orders",
        "ftp://api.example/Orders",
        "https://",
    ],
)
def test_credentials_never_leave_for_another_host(url):
    with pytest.raises(NeedsConfig, match="acme: ") as caught:
        Address("acme", "https://api.example/v1").of(url)
    assert "token=t" not in str(caught.value)


@pytest.mark.parametrize("base", ["", "api.example", "ftp://api.example", "https://"])
def test_base_url_that_is_none_is_told_when_the_client_is_opened(base):
    with pytest.raises(NeedsConfig, match=r"acme: .* is not a web address"):
        open_client("acme", Endpoint(base, FixedHeaders({})))


@pytest.mark.parametrize(
    ("url", "params", "target"),
    [
        ("/Orders", {"$filter": "ID eq 'a b+c&d'", "$top": "20"}, "/Orders?$filter=ID%20eq%20'a%20b%2Bc%26d'&$top=20"),
        ("/Orders?$skip=20", {"$top": "20"}, "/Orders?$skip=20&$top=20"),
        ("/Orders?$skiptoken=%27a%2Bb%27&x=%20y", None, "/Orders?$skiptoken='a%2Bb'&x=%20y"),
        ("/Items('a%2Fb')", None, "/Items('a%2Fb')"),
    ],
)
def test_target_arrives_as_it_was_meant(kit, url, params, target):
    async def scene():
        async with kit.client_for(kit.replies(kit.answer(200))) as (client, server):
            await client.get(url, params=params)
            return server.asked[0].target

    assert asyncio.run(scene()) == target
