"""The whole catalogue as a file, against the simulated ChannelAdvisor, over a real socket."""

import asyncio
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from zipfile import ZipFile

import httpx
import pytest

from crossdock import NeedsAuth, Scenario, Unavailable, Unreadable
from crossdock.sandbox import SandboxProcess, SandboxServer
from crossdock_channeladvisor.catalog.export import ExportPlace, read_rows
from crossdock_channeladvisor.catalog.products import read_product
from crossdock_channeladvisor.catalog.source import ChannelAdvisorCatalog
from crossdock_channeladvisor.files import read_progress
from crossdock_channeladvisor.listing import Place
from crossdock_channeladvisor.sandbox import ITEM_SKUS, sandbox_app


def counts(url):
    return httpx.get(f"{url}/_truth").raise_for_status().json()["requests"]


async def walk(source, cursor=None, most=200):
    """Every page of a list."""
    pages = [await source.fetch_products(cursor)]
    while pages[-1].more and len(pages) < most:
        pages.append(await source.fetch_products(pages[-1].cursor))
    return pages


def ids(pages):
    return [record.id for page in pages for record in page.records]


@pytest.fixture
def by_export(ca_context):
    """Runs a coroutine function with a catalogue that is read by export."""

    def run(url, play, **settings):
        async def go():
            async with ca_context(url, full_catalog="export", **settings) as ctx:
                return await play(ChannelAdvisorCatalog(ctx), ctx)

        return asyncio.run(go())

    return run


def zipped(text, name="export.txt"):
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(name, text)
    file.seek(0)
    return file


def test_every_product_comes_once_and_waits_are_asked_for_until_the_file_is_ready(ca_server, by_export):
    async def play(source, ctx):
        pages = await walk(source)
        waits = [page.wait for page in pages if page.wait]
        assert waits == [10.0, 10.0, 10.0], "the order, and two questions too early"
        assert len(set(ids(pages))) == len(ids(pages)) >= len(ITEM_SKUS) + 3
        assert pages[-1].checkpoint
        assert Place.of(pages[-1].checkpoint).since.year > 2025, "the moment at which the cart began the export"
        return pages[-1].checkpoint

    with ca_server(products=3) as url:
        checkpoint = by_export(url, play)

        async def later(source, ctx):
            return await walk(source, checkpoint)

        assert ids(by_export(url, later)) == [], "the next run asks for what changed since"
        assert counts(url)["export_order"] == 1


def test_a_row_and_an_item_of_a_list_are_the_same_product_where_both_show_it(ca_server, ca_context, by_export):
    async def play(source, ctx):
        return {record.id: source.read_product(record) for page in await walk(source) for record in page.records}

    with ca_server(products=5) as url:
        exported = by_export(url, play)

        async def listed():
            async with ca_context(url, catalog_expand=["Attributes"]) as ctx:
                return await play(ChannelAdvisorCatalog(ctx), ctx)

        shown = asyncio.run(listed())
        for id_, product in shown.items():
            to_the_second = product.updated_at.replace(microsecond=0)
            assert exported[id_] == product.model_copy(update={"updated_at": to_the_second})
        assert exported.keys() == shown.keys()


def test_after_a_restart_the_file_is_fetched_again_and_the_rows_before_are_skipped(ca_server, ca_context):
    async def go(url):
        async with ca_context(url, full_catalog="export") as ctx:
            first = await walk(ChannelAdvisorCatalog(ctx), most=5)
        async with ca_context(url, full_catalog="export") as ctx:
            rest = await walk(ChannelAdvisorCatalog(ctx), first[-1].checkpoint)
        return first, rest

    with ca_server(products=900) as url:
        first, rest = asyncio.run(go(url))
        assert ExportPlace.of(first[-1].checkpoint).row == 1000
        assert len(ids(first)) + len(ids(rest)) == len({*ids(first), *ids(rest)})
        assert counts(url)["export_order"] == 1
        assert counts(url)["export_file"] == 2


def test_several_profiles_are_exported_one_after_another(ca_server, by_export):
    async def play(source, ctx):
        return [source.read_product(record).profile for page in await walk(source) for record in page.records]

    with ca_server(profiles=(11, 22)) as url:
        profiles = by_export(url, play)
        assert (profiles[0], profiles[-1], profiles == sorted(profiles)) == ("11", "22", True)
        assert set(by_export(url, play, profile_ids=[22])) == {"22"}


def test_an_export_that_is_forgotten_after_a_restart_is_begun_anew(ca_server, by_export):
    lost = ExportPlace((12345678,), token="GONE", row=700).cursor()

    async def play(source, ctx):
        pages = await walk(source, lost)
        assert "lost and begun anew" in ctx.log.events[0]
        return ids(pages)

    with ca_server() as url:
        assert len(by_export(url, play)) >= len(ITEM_SKUS)


@pytest.mark.parametrize("ending", ["Aborted", "FailedValidation", "CompleteWithErrors", "SystemicFailure"])
def test_an_export_that_ends_badly_is_told_and_the_next_run_begins_another(ca_server, by_export, ending):
    async def play(source, ctx):
        pages = await walk(source, most=2)
        with pytest.raises(Unavailable, match=f"the export of profile 12345678 gave no file .* the status {ending}"):
            await source.fetch_products(pages[-1].checkpoint)
        page = await source.fetch_products(pages[-1].checkpoint)
        assert ExportPlace.of(page.cursor).token != ExportPlace.of(pages[-1].cursor).token

    with ca_server(export_ends=ending, export_polls=1) as url:
        by_export(url, play)


def test_patience_with_an_export_ends(ca_server, by_export):
    async def play(source, ctx):
        began = datetime(2025, 6, 1, 9, tzinfo=UTC)
        place = ExportPlace.of((await source.fetch_products(None)).cursor)
        old = ExportPlace(place.profiles, place.token, asked_at=began, began=began)
        with pytest.raises(Unavailable, match=r"was not ready within 2:00:00 \(`bulk_patience`\)"):
            await source.fetch_products(old.cursor())

    with ca_server(export_polls=50) as url:
        by_export(url, play)


def test_an_export_needs_the_right_to_read_products(ca_server, by_export):
    async def play(source, ctx):
        with pytest.raises(NeedsAuth):
            await source.fetch_products(None)

    with ca_server(refresh_token_scope="orders") as url:
        by_export(url, play)


def spoiling(app):
    """The same service, but some bytes in the middle of every file are others."""

    async def spoiled(scope, receive, send):
        async def spoil(message):
            body = message.get("body", b"")
            if scope.get("path", "").endswith(".zip") and len(body) > 61_000:
                message = message | {"body": body[:60_000] + bytes(500) + body[60_500:]}
            await send(message)

        await app(scope, receive, spoil)

    return spoiled


def test_a_file_that_breaks_off_never_looks_like_one_that_has_come_to_its_end(by_export):
    async def play(source, ctx):
        places = [None]

        async def go_on():
            while True:
                page = await source.fetch_products(places[-1])
                assert page.more
                places.append(page.cursor)

        for _ in range(2):
            with pytest.raises(Unavailable, match="the file of ChannelAdvisor's export cannot be read"):
                await go_on()
        assert ExportPlace.of(places[-1]).row > 0

    with SandboxServer(spoiling(sandbox_app(Scenario(orders=0, options={"products": 2000})))) as server:
        by_export(server.url, play)


def test_values_with_tabs_quotes_and_line_breaks_stay_whole():
    text = 'ID\tSku\tTitle\r\n1\tA\t"two\r\nlines, a\ttab and ""quotes"""\r\n2\tB\t12" pipe\r\n'
    records = list(read_rows(zipped("﻿" + text)))
    assert [json.loads(record.data)["Title"] for record in records] == ['two\r\nlines, a\ttab and "quotes"', '12" pipe']
    assert [record.id for record in records] == ["1", "2"]


def test_very_long_cells_are_taken():
    (record,) = read_rows(zipped(f"ID\tDescription\n1\t{'x' * 300_000}\n"))
    assert len(json.loads(record.data)["Description"]) == 300_000


def test_a_row_that_does_not_fit_its_columns_becomes_a_problem_of_its_own():
    odd, fine = read_rows(zipped("ID\tSku\n1\tA\tmore\n2\tB\n\n"))
    assert odd.id.startswith("unreadable-")
    with pytest.raises(Unreadable):
        read_product(odd)
    assert read_product(fine).sku == "B"


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_what_is_no_export_is_refused_in_a_sentence(content):
    with pytest.raises(Unavailable, match="the file of ChannelAdvisor's export cannot be read"):
        list(read_rows(io.BytesIO(content)))


def test_an_empty_archive_or_file_is_no_surprise():
    empty = io.BytesIO()
    ZipFile(empty, "w").close()
    with pytest.raises(Unavailable):
        list(read_rows(empty))
    assert list(read_rows(zipped(""))) == []


@pytest.mark.parametrize("answer", [b"{}", b"<html>", b'{"Token": 7}', b'{"Status": "Pending"}'])
def test_an_answer_that_tells_nothing_of_an_export_is_no_answer(answer):
    with pytest.raises(Unavailable):
        read_progress(answer, "an export")


def resident():
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.slow
@pytest.mark.parametrize(("full_catalog", "products"), [("export", 250_000), ("pages", 50_000)])
def test_memory_stays_flat_however_many_products_there_are(ca_context, full_catalog, products):
    async def go(url):
        async with ca_context(url, full_catalog=full_catalog, requests_per_minute=600_000) as ctx:
            source = ChannelAdvisorCatalog(ctx)
            seen, page, marks = 0, None, []
            while page is None or page.more:
                page = await source.fetch_products(page and page.cursor)
                for record in page.records:
                    source.read_product(record)
                seen += len(page.records)
                if page.records:
                    marks.append(resident() / 2**20)
            return seen, marks

    shop = Scenario(orders=0, options={"products": products, "rate_per_minute": 0})
    with SandboxProcess("crossdock_channeladvisor.sandbox:sandbox_app", shop) as sandbox:
        began = perf_counter()
        seen, marks = asyncio.run(go(sandbox.url))
    early, late = marks[len(marks) // 10], marks[-1]
    print(f"\n{full_catalog}: {seen} products in {perf_counter() - began:.0f} s, memory {early:.1f} to {late:.1f} MB")
    assert seen >= products
    assert late - early < 16
