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


def change(work):
    """Something happens to the products of the store."""

    async def go():
        now = SystemClock().now()
        async with open_store("sqlite:///crossdock.db") as store:
            await work(store, now)

    asyncio.run(go())


@pytest.fixture
def renamed(crossdock):
    """A product that was put is under another SKU, and kept back for that."""
    from crossdock.engine.goods_ports import Published, Withheld
    from crossdock.engine.product_changes import hindrance

    async def work(store, now):
        lease = await store.begin_run("main", "publish", now=now, seconds=60)
        (first,) = await store.claim_products(lease, 1, doubtful=False, now=now)
        await store.save_published(lease, [Published(first, "S-77", known_as="OLD-NAME")], [], now=now)
        await store.write(lambda conn: conn.exec_driver_sql(f"UPDATE product SET publish_at = 1 WHERE id = {first.id}"))
        (again,) = await store.claim_products(lease, 1, doubtful=False, now=now)
        await store.save_withheld(lease, [Withheld(again, hindrance(again))], now=now)
        skus.append(first.product.sku)

    skus = []
    change(work)
    return skus[0]


def test_what_is_kept_back_is_listed_with_its_reason_and_let_go_by_a_persons_word(crossdock, renamed):
    told = crossdock("catalog", "list", "--withheld", "--csv")[1].splitlines()
    assert (len(told), "sku_renamed" in told[1]) == (2, True)
    assert "it was put as OLD-NAME" in " ".join(crossdock("catalog", "list", "--withheld")[1].split())
    told = crossdock("catalog", "show", renamed)[1]
    assert "withheld       it was put as OLD-NAME; `crossdock problems list` says what to do" in told
    assert "No product is like that." in crossdock("catalog", "list", "--gone")[1]

    number = next(
        line.split()[0] for line in crossdock("problems", "list", "--csv")[1].splitlines() if "OLD-NAME" in line
    )
    told = crossdock("problems", "retry", number.split(",")[0])[1]
    assert "the product is put under its new SKU" in " ".join(told.split())


def test_what_is_gone_is_listed_and_shown(crossdock):
    async def work(store, now):
        lease = await store.begin_run("main", "census", now=now, seconds=60)
        found = await store.note_listed(lease, "cart", ["9001"], now=now)
        await store.save_gone(lease, [one.row for one in found], now=now)

    change(work)
    assert SKU in crossdock("catalog", "list", "--gone")[1]
    assert "gone           not at its source any more since" in crossdock("catalog", "show", SKU)[1]
