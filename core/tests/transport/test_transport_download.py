"""A large read goes to a file as it comes: whole, once, and known to nobody else."""

import asyncio
import random
from io import BytesIO

import pytest

from crossdock import Credentials, NeedsAuth, NeedsConfig, Rejected, Unavailable
from crossdock.engine.trace import subject

BODY = random.Random(7).randbytes(300_000)


class Notebook(list):
    note = list.append


def _breaks_off(kit, after):
    """Promises the whole body and hangs up in the middle of it, `after` times; then gives all of it."""

    async def behave(asked, writer):
        whole = kit.answer(200, BODY)
        writer.write(whole[:100_000] if asked.number <= after else whole)
        await writer.drain()
        if asked.number <= after:
            writer.close()

    return behave


def _download(kit, behave, into, url="/file.zip", **options):
    async def scene():
        async with kit.client_for(behave, **options) as (client, server):
            await client.download(url, into)
            return server

    return asyncio.run(scene())


def test_download_is_written_whole_and_asks_for_any_kind_of_body(kit):
    into = BytesIO()
    server = _download(kit, kit.replies(kit.answer(200, BODY, Content_Type="application/zip")), into)
    assert into.getvalue() == BODY
    (asked,) = server.asked
    assert (asked.headers["accept"], asked.headers["authorization"]) == ("*/*", "Bearer the-access-token")


def test_download_that_breaks_off_begins_anew_where_the_file_was(kit):
    into = BytesIO(b"head")
    into.seek(4)
    server = _download(kit, _breaks_off(kit, after=2), into)
    assert into.getvalue() == b"head" + BODY
    assert len(server.asked) == 3


def test_download_that_never_ends_well_leaves_nothing_behind(kit):
    into = BytesIO(b"head")
    into.seek(4)
    with pytest.raises(Unavailable, match="did not get through"):
        _download(kit, _breaks_off(kit, after=99), into, retries=1)
    assert into.getvalue() == b"head"


def test_error_body_is_quoted_and_not_written(kit):
    into = BytesIO()
    with pytest.raises(Rejected, match="no such export"):
        _download(kit, kit.replies(kit.answer(404, b"no such export")), into)
    assert into.getvalue() == b""


@pytest.mark.parametrize("status", [429, 503])
def test_download_is_repeated_when_the_system_is_busy_or_down(kit, status):
    into = BytesIO()
    server = _download(kit, kit.replies(kit.answer(status, b"later"), kit.answer(200, BODY)), into)
    assert (into.getvalue() == BODY, len(server.asked)) == (True, 2)


def test_download_renews_refused_credentials_once(kit):
    class Numbered:
        asked = 0

        async def authenticate(self, exchange):
            self.asked += 1
            return Credentials({"Authorization": f"Bearer token-number-{self.asked}"})

    async def behave(asked, writer):
        known = asked.headers["authorization"].endswith("-2")
        writer.write(kit.answer(200, BODY) if known else kit.answer(401))
        await writer.drain()

    into = BytesIO()
    _download(kit, behave, into, authentication=Numbered())
    assert into.getvalue() == BODY
    with pytest.raises(NeedsAuth):
        _download(kit, kit.replies(kit.answer(401)), BytesIO(), authentication=Numbered())


def test_download_is_noted_without_its_body_even_for_an_order(kit):
    notes = Notebook()

    async def scene():
        subject.set(42)
        behave = _breaks_off(kit, after=1)
        async with kit.client_for(behave, open_with={"journal": notes}) as (client, _):
            await client.download("/file.zip", BytesIO())

    asyncio.run(scene())
    assert [(note.status, note.answer) for note in notes] == [(None, b""), (200, b"")]


def test_download_is_real_in_a_dry_run(kit):
    into, shown = BytesIO(), []
    _download(kit, kit.replies(kit.answer(200, BODY)), into, open_with={"capture": shown.append})
    assert (into.getvalue() == BODY, shown) == (True, [])


def test_full_disk_is_said_and_the_file_not_asked_for_again(kit):
    class FullDisk(BytesIO):
        def write(self, piece):
            raise OSError(28, "No space left on device")

    async def scene():
        async with kit.client_for(kit.replies(kit.answer(200, BODY))) as (client, server):
            with pytest.raises(Unavailable, match="cannot be written down: No space left on device"):
                await client.download("/file.zip", FullDisk())
            assert len(server.asked) == 1

    asyncio.run(scene())


def test_slow_download_may_take_longer_than_the_time_limit_for_one_piece(kit):
    async def drips(asked, writer):
        whole = kit.answer(200, BODY)
        for begin in range(0, len(whole), 25_000):
            writer.write(whole[begin : begin + 25_000])
            await writer.drain()
            await asyncio.sleep(0.05)  # the passing of real time is what is tested

    into = BytesIO()
    _download(kit, drips, into, timeout=0.2)
    assert into.getvalue() == BODY


def test_download_that_stalls_is_given_up(kit):
    async def stalls(asked, writer):
        writer.write(kit.answer(200, BODY)[:1000])
        await writer.drain()
        await asyncio.Event().wait()

    into = BytesIO()
    with pytest.raises(Unavailable, match="no answer came in time"):
        _download(kit, stalls, into, timeout=0.1, retries=0)
    assert into.getvalue() == b""


def test_other_host_gets_no_credentials_and_its_query_is_noted_nowhere(kit):
    notes, into = Notebook(), BytesIO()

    async def scene():
        async with kit.RawServer(kit.replies(kit.answer(200, BODY))) as other:
            behave, options = kit.replies(kit.answer(500)), {"open_with": {"journal": notes}}
            async with kit.client_for(behave, headers={"X-Key": "developer-key"}, **options) as (client, server):
                await client.download(f"{other.url}/file.zip?signature=once", into)
                assert (server.asked, other.targets) == ([], ["GET /file.zip?signature=once"])
            assert {"authorization", "x-key"}.isdisjoint(other.asked[0].headers)
            return other.url

    url = asyncio.run(scene())
    assert into.getvalue() == BODY
    assert [note.url for note in notes] == [f"{url}/file.zip"]


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_of_another_host_says_nothing_about_our_credentials(kit, status):
    async def scene():
        async with kit.RawServer(kit.replies(kit.answer(status, b"the link has expired"))) as other:
            async with kit.client_for(kit.replies(kit.answer(200))) as (client, _):
                with pytest.raises(Rejected, match=r"was refused on that host .*the link has expired"):
                    await client.download(f"{other.url}/file.zip", BytesIO())
            assert len(other.asked) == 1

    asyncio.run(scene())


def test_secure_system_leads_to_no_place_that_is_not(kit):
    async def scene():
        async with kit.client_for(kit.replies(kit.answer(200)), base_url="https://127.0.0.1:1") as (client, _):
            with pytest.raises(NeedsConfig, match=r"elsewhere.example .*does not use https"):
                await client.download("http://elsewhere.example/file.zip", BytesIO())

    asyncio.run(scene())
