"""A warehouse that sends its records by itself: stored before the answer, read once, whatever is repeated."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from crossdock.config import load_config
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.rules import PipelineRules
from crossdock.engine.runner import run_flow
from crossdock.hooks.context import SystemClock
from crossdock.hooks.errors import NeedsAuth, Unreadable
from crossdock.hooks.records import Page, Record
from crossdock.runtime.host import Host
from crossdock.runtime.webhooks import webhooks_served
from crossdock.store import CrossdockStore, open_store

from .test_webhooks import CONFIG, SECRET, Cart, Log, free_place

PROVEN = {"x-signature": "good"}


class Warehouse:
    """Sends lines `id=text`; gives nothing when it is asked."""

    async def submit_order(self, request: Any) -> Any: ...

    async def find_order(self, request: Any) -> Any: ...

    async def fetch_shipments(self, cursor: str | None) -> Page:
        return Page(())

    def read_shipment(self, record: Record) -> None:
        return None

    def read_push(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Record]:
        if headers.get("x-signature") != "good":
            raise NeedsAuth("the signature is wrong")
        if body == b"bug":
            raise ZeroDivisionError(body)
        lines = [line.partition(b"=") for line in body.splitlines()]
        if not all(equals for _, equals, _ in lines):
            raise Unreadable("it holds no record")
        return [Record(id.decode(), data) for id, _, data in lines]


class Room(Warehouse):
    """The same as an inventory source."""

    async def fetch_movements(self, cursor: str | None) -> Page:
        return Page(())

    def read_movement(self, record: Record) -> None:
        return None

    async def fetch_levels(self, cursor: str | None) -> Page:
        return Page(())

    def read_levels(self, record: Record) -> Sequence[Any]:
        return ()


class Listening:
    """A host that listens, and a warehouse that calls."""

    def __init__(self, host: Host, store: CrossdockStore, log: Log, place: str, client: httpx.AsyncClient) -> None:
        self.host, self.store, self.log, self.place, self._client = host, store, log, place, client

    async def push(self, body: bytes, *, headers: Mapping[str, str] = PROVEN, connection: str = "warehouse") -> int:
        url = f"http://{self.place}/webhooks/{connection}/{SECRET}"
        return (await self._client.post(url, content=body, headers=dict(headers))).status_code

    async def unread(self, kind: str = "shipment", pipeline: str = "main") -> list[Record]:
        found = await self.store.records_to_reread(pipeline, kind, 1000)
        return sorted(found, key=lambda record: record.id)

    async def due(self) -> list[tuple[str, str]]:
        return list(await self.store.due_flows(now=SystemClock().now()))

    async def run(self, flow: str) -> None:
        report = await run_flow(self.host.pipelines["main"], flow, stop=asyncio.Event())
        assert report.error == ""


Play = Callable[[Callable[[Listening], Awaitable[None]]], None]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Plays a scene with a host whose pipelines have these roles."""
    monkeypatch.setenv("WEBHOOK_TEST_SECRET", SECRET)
    place = free_place()
    (tmp_path / "crossdock.toml").write_text(CONFIG.format(place=place))
    config = load_config(tmp_path / "crossdock.toml")

    async def run(scene: Callable[[Listening], Awaitable[None]], **pipelines: Mapping[str, Any]) -> None:
        log, clock, url = Log(), SystemClock(), f"sqlite:///{tmp_path / 'crossdock.db'}"
        async with open_store(url, busy_seconds=0.05) as store, httpx.AsyncClient() as client:
            opened = {
                name: replace(Pipeline(PipelineRules(name), store, clock, log), **roles)
                for name, roles in pipelines.items()
            }
            host = Host(config, cast(Any, None), log, clock, {}, store, opened)
            async with webhooks_served(host, place):
                await scene(Listening(host, store, log, place, client))

    shipping = {"fulfillment_target": Bound("warehouse", Warehouse())}
    return lambda scene, **pipelines: asyncio.run(run(scene, **(pipelines or {"main": shipping})))


def test_a_record_is_stored_before_the_call_is_answered_and_its_reader_is_due(play):
    async def scene(listening: Listening) -> None:
        assert await listening.push(b"1=one\n2=two") == 204
        assert await listening.unread() == [Record("1", b"one"), Record("2", b"two")]
        assert await listening.due() == [("main", "collect")]

    play(scene)


def test_a_replay_changes_nothing_before_it_was_read_and_after(play):
    async def scene(listening: Listening) -> None:
        await listening.push(b"1=one")
        assert await listening.push(b"1=forged") == 204
        assert await listening.unread() == [Record("1", b"one")]
        await listening.run("collect")
        assert await listening.unread() == []
        assert await listening.push(b"1=one") == 204
        assert await listening.push(b"1=forged") == 204
        assert await listening.unread() == []

    play(scene)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"1=private", {}, 401),
        (b"1=private", {"X-Signature": "bad"}, 401),
        (b"1=private", {"X-SIGNATURE": "good"}, 204),
        (b"private", PROVEN, 400),
        (b"=private", PROVEN, 400),
        (b"bug", PROVEN, 500),
    ],
    ids=["unsigned", "forged", "proven", "no record", "no id", "bug"],
)
def test_what_is_not_proven_or_no_record_is_refused_and_never_shown(play, body, headers, status):
    async def scene(listening: Listening) -> None:
        assert await listening.push(body, headers=headers) == status
        assert bool(await listening.unread()) == (status == 204)
        assert not any("private" in line for line in listening.log.said)

    play(scene)


def test_a_proven_call_that_tells_nothing_of_ours_is_taken_so_that_its_sender_does_not_give_up(play):
    async def scene(listening: Listening) -> None:
        assert await listening.push(b"", headers=PROVEN) == 204
        assert await listening.unread() == []
        assert await listening.due() == []

    play(scene)


def test_many_records_of_one_call_are_all_kept(play):
    async def scene(listening: Listening) -> None:
        assert await listening.push(b"\n".join(b"%d=x" % number for number in range(500))) == 204
        assert len(await listening.unread()) == 500

    play(scene)


def test_what_could_not_be_stored_is_not_confirmed_and_said(play, tmp_path):
    async def scene(listening: Listening) -> None:
        with sqlite3.connect(tmp_path / "crossdock.db") as other:
            other.execute("BEGIN IMMEDIATE")
            assert await listening.push(b"1=private") == 503
            other.rollback()
        other.close()
        assert any("webhook not stored" in line and "private" not in line for line in listening.log.said)
        assert await listening.push(b"1=one") == 204
        assert await listening.unread() == [Record("1", b"one")]

    play(scene)


def test_an_inventory_source_alone_is_read_by_the_flow_of_movements(play):
    async def scene(listening: Listening) -> None:
        assert await listening.push(b"1=one") == 204
        assert await listening.unread("movement") == [Record("1", b"one")]
        assert await listening.due() == [("main", "movements")]
        await listening.run("movements")
        assert await listening.unread("movement") == []

    play(scene, main={"inventory_source": Bound("warehouse", Room())})


def test_a_pipeline_that_ships_from_there_reads_it_rather_than_one_that_only_hears(play):
    async def scene(listening: Listening) -> None:
        assert await listening.push(b"1=one") == 204
        assert await listening.due() == [("main", "collect")]

    hearing = {"inventory_source": Bound("warehouse", Room())}
    play(scene, books=hearing, main={"fulfillment_target": Bound("warehouse", Warehouse())})


def test_a_cart_and_a_warehouse_are_called_at_addresses_of_their_own(play):
    async def scene(listening: Listening) -> None:
        assert await listening.push(b"orders:1", connection="cart", headers={}) == 204
        assert await listening.push(b"1=one") == 204
        assert sorted(await listening.due()) == [("main", "collect"), ("main", "fetch")]

    play(scene, main={"order_source": Bound("cart", Cart()), "fulfillment_target": Bound("warehouse", Warehouse())})
