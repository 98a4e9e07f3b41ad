"""`crossdock catalog`: the products that were read, and what the sink was told of them."""

import asyncio
import shutil

import pytest

from crossdock.hooks.context import SystemClock
from crossdock.store import open_store

SKU = "SKU-0001"


@pytest.fixture
def crossdock(stocked, tmp_path, monkeypatch, typed):
    """The command line beside a copy of the stocked database, without a config."""
    shutil.copy(stocked.folder / "crossdock.db", tmp_path)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: typed(*arguments, "--database", "crossdock.db")


def settle(error=""):
    """The first product that is due was put, or refused."""

    async def work():
        from crossdock.engine.goods_ports import Published

        now = SystemClock().now()
        async with open_store("sqlite:///crossdock.db") as store:
            lease = await store.begin_run("main", "publish", now=now, seconds=60)
            (first,) = await store.claim_products(lease, 1, doubtful=False, now=now)
            await store.save_published(lease, [Published(first, "S-77", error)], [], now=now)
            return first.product.sku

    return asyncio.run(work())


def test_products_are_listed_by_sku_and_found_by_its_beginning_or_their_title(crossdock):
    assert SKU in crossdock("catalog", "list", "--limit", "999")[1]
    assert SKU in crossdock("catalog", "list", "SKU-000")[1]
    assert SKU in crossdock("catalog", "list", "9001")[1]
    title = crossdock("catalog", "show", SKU)[1].partition("title")[2].split()[0]
    assert SKU in crossdock("catalog", "list", title.upper())[1]
    assert "No product is like that." in crossdock("catalog", "list", "100%_")[1]
    assert "The first 2; --limit shows more." in crossdock("catalog", "list", "--limit", "2")[1]


def test_one_product_is_shown_with_its_document(crossdock):
    for reference in (SKU, SKU.lower(), "9001"):
        code, told = crossdock("catalog", "show", reference)
        assert code == 0
        assert "cart, id 9001, pipeline main" in told
        assert "title" in told
    assert '"ID": 9001' in crossdock("catalog", "show", SKU, "--raw")[1]


def test_what_the_sink_took_is_shown(crossdock):
    told = crossdock("catalog", "show", settle())[1]
    assert "id S-77" in told
    assert "not told yet" not in told


def test_what_the_sink_refused_is_shown(crossdock):
    sku = settle("the title is too long")
    told = crossdock("catalog", "show", sku)[1]
    assert told.splitlines()[-2] == "last error     the title is too long"
    assert "nobody knows what arrived last, so it is put whole" in told
    assert "the title is too long" in crossdock("catalog", "list", sku)[1]


def test_an_unknown_product_is_a_sentence(crossdock):
    code, told = crossdock("catalog", "show", "GHOST")
    assert (code, "there is no product with the SKU or id 'GHOST'" in told) == (2, True)


@pytest.mark.parametrize("command", ["list", "show"])
def test_help_of_each_command_shows_how_it_is_called(crossdock, command):
    told = crossdock("catalog", command, "--help")[1]
    assert f"crossdock catalog {command}" in told.split("Options:")[0].partition("Example")[2]
