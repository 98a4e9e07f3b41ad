"""The dry run: reads are real, writes are shown and not sent."""

import asyncio

import pytest

from crossdock import Credentials, CrossdockError
from crossdock.transport import Captured, CapturedCall


class ByToken:
    async def authenticate(self, exchange):
        await exchange("POST", "/token", content=b"refresh")
        return Credentials({"Authorization": "Bearer granted-token"})


def test_dry_run_reads_and_authenticates_but_sends_no_write(kit):
    shown = []

    async def scene():
        options = {"capture": shown.append}
        async with kit.client_for(kit.replies(kit.answer(200)), authentication=ByToken(), open_with=options) as (
            client,
            server,
        ):
            await client.get("/Orders")
            for method in ("POST", "PUT", "DELETE"):
                with pytest.raises(Captured, match=f"acme: {method} .*/Orders.1. was not sent, this is a dry run"):
                    await client.send(method, "/Orders(1)", repeatable=True, raw=True)
            assert server.targets == ["POST /token", "GET /Orders"]

    asyncio.run(scene())
    assert [call.method for call in shown] == ["POST", "PUT", "DELETE"]


def test_dry_run_shows_the_payload_exactly_but_no_secret(kit):
    shown = []

    async def scene():
        options = {"capture": shown.append, "secrets": ["developer-key", "s3cr3t"]}
        async with kit.client_for(
            kit.replies(kit.answer(200)), headers={"X-Key": "developer-key"}, open_with=options
        ) as (client, server):
            await client.get("/Orders")
            with pytest.raises(Captured) as caught:
                await client.send(
                    "POST",
                    "/Ship",
                    content=b'{"tracking":"1Z","pin":"s3cr3t"}',
                    params={"pin": "s3cr3t"},
                    headers={"content-type": "application/vnd.acme+json"},
                )
            assert caught.value.call == shown[0]
            assert isinstance(caught.value, CrossdockError)
            return server.url

    url = asyncio.run(scene())
    (call,) = shown
    assert isinstance(call, CapturedCall)
    assert (call.connection, call.method, call.url) == ("acme", "POST", f"{url}/Ship?pin=***")
    assert call.content == b'{"tracking":"1Z","pin":"***"}'
    assert call.headers["x-key"] == "***"
    assert call.headers["content-type"] == "application/vnd.acme+json"
    assert "authorization" not in call.headers
