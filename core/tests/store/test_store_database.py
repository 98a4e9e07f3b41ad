"""When the database cannot: a sentence for the person who must act, and nothing half done."""

import asyncio
import gc
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest
from sqlalchemy import Connection

from crossdock.hooks.errors import NeedsConfig, Unavailable
from crossdock.store import StoreUnavailable
from crossdock.store.look import describe_database

from .conftest import make_postgres_database
from .shop import Shop, a_read, an_order, done, play, played, unreadable

PATIENCE = 20.0


def test_full_disk_loses_nothing_and_the_work_goes_on_when_there_is_room(sqlite_url: str) -> None:
    async def scene(shop: Shop) -> None:
        await shop.download(a_read(an_order("1")), checkpoint="page 1")
        [promise] = (await shop.plan())[0]
        await _limit_pages(shop, 1)
        many = [a_read(an_order(f"many-{key}", name=f"{key}" * 500)) for key in range(200)]
        with pytest.raises(
            StoreUnavailable, match=r"there is no room left for the database '.*crossdock\.db'; free some"
        ):
            await shop.download(*many, checkpoint="page 2")
        assert await shop.states() == {"1": "releasing"}
        await shop.settle(done(promise))  # there is still room for this one
        await _limit_pages(shop, 1_000_000)
        await shop.download(*many, checkpoint="page 2")
        assert len(await shop.states()) == 201

    play(sqlite_url, scene)


async def _limit_pages(shop: Shop, number: int) -> None:
    """Let the file grow to so many pages (never below its size): what SQLite reports then is what a full disk gives."""
    await shop.store.read(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count = {number}").close())


@contextmanager
def _locked(file: str) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_locked_database_is_said_after_a_while_and_used_again_later(sqlite_url: str) -> None:
    async def scene(shop: Shop) -> None:
        await shop.lease("download")
        said = pytest.raises(StoreUnavailable, match=r"another program keeps the database '.*' locked; close it")
        with _locked(sqlite_url.removeprefix("sqlite:///")), said:
            await shop.download(a_read(an_order("1")))
        await shop.download(a_read(an_order("1")))
        assert await shop.states() == {"1": "ready"}

    play(sqlite_url, scene, busy_seconds=0.05)


def test_readers_do_not_wait_for_a_writer(sqlite_url: str) -> None:
    async def scene(shop: Shop) -> None:
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            assert await shop.states() == {}
            writer.execute("ROLLBACK")

    play(sqlite_url, scene, busy_seconds=0.05)


def test_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Charles, " * 100)
    with pytest.raises(StoreUnavailable, match=r"letter\.txt' is not a crossdock database; name another file"):
        play(f"sqlite:///{file}", lambda shop: shop.lease("download"))
    assert file.read_text() == "Dear Charles, " * 100


def test_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened; its folder must exist"):
        play(f"sqlite:///{tmp_path}/no/such/folder.db", lambda shop: shop.lease("download"))


def test_server_that_is_not_there_is_said_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql://ada:s3cret@/shop?host={tmp_path}"
    with pytest.raises(StoreUnavailable, match="is not reachable") as refused:
        play(url, lambda shop: shop.lease("download"))
    assert "s3cret" not in str(refused.value)
    assert "ada" in str(refused.value)


def test_database_that_is_not_there_is_said(postgres: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"there is no database .*; create it first"):
        play(postgres.replace("/postgres?", "/nowhere?"), lambda shop: shop.lease("download"))


def test_connection_that_the_server_cut_is_made_again(postgres: str, migrated_postgres: str) -> None:
    url = make_postgres_database(postgres, "cut", migrated_postgres)

    async def scene(shop: Shop) -> None:
        await shop.lease("download")
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut'")
        with pytest.raises(StoreUnavailable):
            await shop.download(a_read(an_order("1")))
        await shop.download(a_read(an_order("1")))
        assert await shop.states() == {"1": "ready"}

    play(url, scene)


@pytest.mark.parametrize("url", ["crossdock.db", "mysql://host/shop", "", "sqlite"])
def test_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(NeedsConfig, match=r"the database must be an address such as sqlite:///crossdock\.db"):
        play(url, lambda shop: shop.lease("download"))


def test_store_errors_are_those_that_are_tried_again() -> None:
    assert issubclass(StoreUnavailable, Unavailable)


@played
async def test_cancelled_caller_leaves_no_transaction_half_done(shop: Shop) -> None:

    await shop.lease("download")
    for key in range(5):
        saving = asyncio.create_task(shop.download(a_read(an_order(str(key))), unreadable(f"x{key}")))
        await asyncio.sleep(0)
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
    states = await shop.states()
    assert all(f"x{key}" in states for key in range(5) if str(key) in states)
    await shop.download(a_read(an_order("last")))
    assert (await shop.states())["last"] == "ready"


@played
async def test_refusal_that_nobody_waits_for_any_more_is_not_shouted_into_the_log(shop: Shop) -> None:
    shouted: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: shouted.append(context))
    begun, cancelled = Event(), Event()

    def refused(_: Connection) -> None:
        begun.set()
        cancelled.wait(PATIENCE)
        raise NeedsConfig("this service is paused")

    saving = asyncio.create_task(shop.store.write(refused))
    await asyncio.to_thread(begun.wait, PATIENCE)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    cancelled.set()
    await shop.states()
    gc.collect()
    assert shouted == []


def test_look_from_outside_makes_nothing(tmp_path: Path, sqlite_url: str) -> None:
    assert "the first run will make" in describe_database(f"sqlite:///{tmp_path / 'new.db'}")
    assert not (tmp_path / "new.db").exists()
    assert "and up to date" in describe_database(sqlite_url)
