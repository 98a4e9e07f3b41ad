"""The request log: every exchange of an order with its bodies, pages without, secrets never."""

import asyncio
from datetime import UTC, datetime

import pytest

from crossdock import Credentials, OutcomeUnknown, Rejected
from crossdock.engine.trace import subject

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class FixedClock:
    def now(self):
        return NOW


class Notebook(list):
    note = list.append


async def _noted(kit, behave, calls, **endpoint):
    notes = Notebook()
    options = {"journal": notes, "secrets": ["s3cr3t-key"], "clock": FixedClock()}
    async with kit.client_for(behave, open_with=options, **endpoint) as (client, server):
        await calls(client)
        return notes, server.url


def test_write_for_an_order_is_noted_with_both_bodies(kit):
    async def calls(client):
        subject.set(42)
        await client.send("POST", "/Ship", params={"key": "s3cr3t-key"}, content=b'{"key":"s3cr3t-key"}')

    notes, url = asyncio.run(_noted(kit, kit.replies(kit.answer(200, b'{"echo":"s3cr3t-key"}')), calls))
    (note,) = notes
    assert (note.connection, note.order_id, note.at, note.method) == ("acme", 42, NOW, "POST")
    assert note.url == f"{url}/Ship?key=***"
    assert (note.status, note.error) == (200, "")
    assert (note.request, note.answer) == (b'{"key":"***"}', b'{"echo":"***"}')
    assert 0 < note.seconds < 10


def test_look_up_for_an_order_is_noted_with_its_body(kit):
    async def calls(client):
        subject.set(42)
        await client.get("/Orders(1)")

    (note,), _ = asyncio.run(_noted(kit, kit.replies(kit.answer(200, b"found")), calls))
    assert (note.order_id, note.answer) == (42, b"found")


def test_page_is_noted_without_its_body(kit):
    async def calls(client):
        await client.get("/Orders")

    (note,), _ = asyncio.run(_noted(kit, kit.replies(kit.answer(200, b"x" * 100_000)), calls))
    assert (note.status, note.order_id, note.request, note.answer) == (200, None, b"", b"")


def test_failed_page_is_noted_with_its_body_at_every_try(kit):
    async def calls(client):
        await client.get("/Orders")

    replies = kit.replies(kit.answer(503, b"down"), kit.answer(200, b"page"))
    notes, _ = asyncio.run(_noted(kit, replies, calls))
    assert [(note.status, note.answer) for note in notes] == [(503, b"down"), (200, b"")]


def test_refused_write_is_noted_with_what_was_sent(kit):
    async def calls(client):
        with pytest.raises(Rejected):
            await client.send("POST", "/Ship", content=b"sent")

    (note,), _ = asyncio.run(_noted(kit, kit.replies(kit.answer(400, b"no")), calls))
    assert (note.request, note.answer, note.status) == (b"sent", b"no", 400)


def test_lost_answer_is_noted_with_the_reason(kit):
    async def hangs_up(asked, writer):
        writer.close()

    async def calls(client):
        with pytest.raises(OutcomeUnknown):
            await client.send("POST", "/Ship", content=b"sent")

    (note,), _ = asyncio.run(_noted(kit, hangs_up, calls))
    assert (note.status, note.request, note.answer) == (None, b"sent", b"")
    assert note.error == "the connection was closed before an answer came"


def test_token_call_is_noted_without_any_body(kit):
    class ByToken:
        async def authenticate(self, exchange):
            response = await exchange("POST", "/token", content=b"refresh=very-secret")
            return Credentials({"Authorization": f"Bearer {response.text}"})

    async def behave(asked, writer):
        body = b"granted-token" if asked.target == "/token" else b"you are granted-token"
        await kit.replies(kit.answer(200, body))(asked, writer)

    async def calls(client):
        subject.set(42)
        await client.get("/Orders(1)")

    notes, _ = asyncio.run(_noted(kit, behave, calls, authentication=ByToken()))
    assert [(note.method, note.request, note.answer) for note in notes] == [
        ("POST", b"", b""),
        ("GET", b"", b"you are ***"),
    ]


def test_token_call_that_fails_is_noted_without_any_body(kit):
    class ByToken:
        async def authenticate(self, exchange):
            assert (await exchange("POST", "/token", content=b"refresh=very-secret")).status_code == 400
            raise Rejected("no")

    async def calls(client):
        with pytest.raises(Rejected):
            await client.get("/Orders")

    (note,), _ = asyncio.run(
        _noted(kit, kit.replies(kit.answer(400, b"very-secret is wrong")), calls, authentication=ByToken())
    )
    assert (note.status, note.request, note.answer) == (400, b"", b"")
