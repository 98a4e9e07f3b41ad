"""What really goes over the socket."""

import asyncio
import gzip

from crossdock import Endpoint, FixedHeaders
from crossdock.transport import open_client


async def _asked(kit, call, reply=None, **endpoint):
    async with kit.client_for(kit.replies(reply or kit.answer(200)), **endpoint) as (client, server):
        await call(client)
        return server.asked


def test_read_carries_credentials_the_connections_headers_and_no_body(kit):
    (asked,) = asyncio.run(_asked(kit, lambda client: client.get("/Orders"), headers={"X-Site": "7"}))
    assert asked.headers["authorization"] == "Bearer the-access-token"
    assert (asked.headers["x-site"], asked.headers["accept"]) == ("7", "application/json")
    assert asked.headers["user-agent"].startswith("crossdock/")
    assert "content-type" not in asked.headers


def test_write_is_json_unless_its_headers_say_otherwise(kit):
    async def call(client):
        await client.send("POST", "/a", content=b"{}")
        await client.send("POST", "/b", content=b"<x/>", headers={"content-type": "text/xml"})
        await client.send("POST", "/c")

    plain, xml, empty = asyncio.run(_asked(kit, call))
    assert (plain.headers["content-type"], xml.headers["content-type"]) == ("application/json", "text/xml")
    assert "content-type" not in empty.headers
    assert empty.headers["content-length"] == "0"
    assert all(asked.headers["authorization"] == "Bearer the-access-token" for asked in (plain, xml, empty))


def test_compressed_answer_arrives_as_it_was_before(kit):
    async def call(client):
        assert (await client.get("/Orders")).content == b"page" * 1000

    reply = kit.answer(200, gzip.compress(b"page" * 1000), Content_Encoding="gzip")
    (asked,) = asyncio.run(_asked(kit, call, reply))
    assert asked.headers["accept-encoding"] == "gzip, deflate"


def test_cookies_of_a_server_are_not_kept(kit):
    async def scene():
        async with kit.RawServer(kit.replies(kit.answer(200, Set_Cookie="session=1; Path=/"))) as server:
            # By name: cookies of an address without a name are never kept.
            endpoint = Endpoint(server.url.replace("127.0.0.1", "localhost"), FixedHeaders({}))
            async with open_client("acme", endpoint) as client:
                await client.get("/a")
                await client.get("/b")
            return server.asked

    assert ["cookie" in asked.headers for asked in asyncio.run(scene())] == [False, False]


def test_connections_are_kept_for_the_next_call(kit):
    async def call(client):
        for _ in range(5):
            await client.get("/a")

    assert {asked.connection for asked in asyncio.run(_asked(kit, call))} == {1}


def test_proxy_of_the_environment_is_used(kit, monkeypatch):
    async def scene():
        async with kit.RawServer(kit.replies(kit.answer(200))) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            async with kit.client_for(None, base_url="http://wms.example/v1") as (client, _):
                await client.get("/Orders")
                return proxy.targets

    assert asyncio.run(scene()) == ["GET http://wms.example/v1/Orders"]


def test_host_that_the_environment_exempts_is_reached_without_the_proxy(kit, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (asked,) = asyncio.run(_asked(kit, lambda client: client.get("/Orders")))
    assert asked.target == "/Orders"


def test_call_that_is_cancelled_leaves_its_slot_to_the_next(kit):
    async def scene():
        async def behave(asked, writer):
            if asked.number == 1:
                await asyncio.Event().wait()
            await kit.replies(kit.answer(200))(asked, writer)

        async with kit.client_for(behave, concurrency=1) as (client, server):
            stuck = asyncio.create_task(client.send("POST", "/stuck"))
            await server.was_asked.wait()
            stuck.cancel()
            await asyncio.wait([stuck])
            assert (await client.get("/next")).status_code == 200

    asyncio.run(scene())
