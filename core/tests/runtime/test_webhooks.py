"""Webhooks over a real socket: who calls is not believed, and what was answered is stored."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from crossdock.config import ConfigMistakes, load_config, secret_values
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.rules import PipelineRules
from crossdock.hooks.context import SystemClock
from crossdock.hooks.errors import NeedsConfig, Unavailable, Unreadable
from crossdock.hooks.roles import OrderSource
from crossdock.runtime import webhooks
from crossdock.runtime.host import Host
from crossdock.runtime.webhooks import LARGEST_BODY, webhooks_served
from crossdock.store import CrossdockStore, open_store

SECRET = "a-secret-of-32-letters-and-digits"
CONFIG = """
[webhooks]
listen = "{place}"
secret = {{ env = "WEBHOOK_TEST_SECRET" }}
"""


class Cart:
    """An order source that only calls: its body is ids, with commas between them."""

    def read_hint(self, body: bytes) -> Sequence[str]:
        if body == b"bug":
            raise ZeroDivisionError(body)
        if not body.startswith(b"orders:"):
            raise Unreadable("it names no order")
        return body.removeprefix(b"orders:").decode().split(",")


class Log:
    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, event: str, **details: Any) -> None:
        self.said.append(f"{event} {details}")

    def warning(self, event: str, **details: Any) -> None:
        self.said.append(f"{event} {details}")


class Listening:
    """A host that listens, and a client that calls."""

    def __init__(self, host: Host, store: CrossdockStore, log: Log, place: str, client: httpx.AsyncClient) -> None:
        self.host, self.store, self.log, self.place, self._client = host, store, log, place, client

    async def call(
        self, body: bytes = b"orders:1", *, connection: str = "cart", secret: str = SECRET, **more: Any
    ) -> int:
        url = f"http://{self.place}/webhooks/{connection}/{secret}{more.get('tail', '')}"
        return (await self._client.request(more.get("method", "POST"), url, content=body)).status_code

    async def wanted(self) -> list[str]:
        return [wish.external_id for wish in await self.store.wanted_orders("main", 1000)]


def free_place() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Listening], Awaitable[None]]], None]:
    """Plays a scene with a host that listens."""
    monkeypatch.setenv("WEBHOOK_TEST_SECRET", SECRET)
    place = free_place()
    (tmp_path / "crossdock.toml").write_text(CONFIG.format(place=place))
    config = load_config(tmp_path / "crossdock.toml")

    async def run(scene: Callable[[Listening], Awaitable[None]]) -> None:
        log, clock = Log(), SystemClock()
        async with open_store(f"sqlite:///{tmp_path / 'crossdock.db'}") as store, httpx.AsyncClient() as client:
            source = Bound("cart", cast(OrderSource, Cart()))
            pipeline = Pipeline(PipelineRules("main"), store, clock, log, order_source=source)
            host = Host(config, cast(Any, None), log, clock, {}, store, {"main": pipeline})
            async with webhooks_served(host, place):
                await scene(Listening(host, store, log, place, client))

    return lambda scene: asyncio.run(run(scene))


def test_a_call_is_answered_when_its_wish_is_stored(play):
    async def scene(listening: Listening) -> None:
        assert await listening.call(b"orders:555,556") == 204
        assert await listening.wanted() == ["555", "556"]
        assert await listening.store.due_flows(now=SystemClock().now()) == [("main", "fetch")]

    play(scene)


def test_a_wrong_secret_and_a_wrong_name_look_the_same(play):
    async def scene(listening: Listening) -> None:
        assert await listening.call(secret="another-secret-of-some-length") == 404
        assert await listening.call(secret="") == 404
        assert await listening.call(secret="geheimnis-ä-ö-ü") == 404
        assert await listening.call(connection="warehouse") == 404
        assert await listening.call(tail="/more") == 404
        assert await listening.call(method="GET") == 405
        assert await listening.call(method="GET", secret="wrong") == 404
        assert await listening.wanted() == []

    play(scene)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"nothing of ours", 400),
        (b"orders:", 400),
        (b"orders:" + b"9" * 500, 400),
        (b"orders:" + b",".join(b"%d" % number for number in range(200)), 400),
        (b"x" * (LARGEST_BODY + 1), 413),
        (b"bug", 500),
    ],
    ids=["empty", "no order", "empty id", "long id", "many ids", "large", "bug"],
)
def test_a_body_that_names_no_order_is_refused_and_never_shown(play, body, status):
    async def scene(listening: Listening) -> None:
        assert await listening.call(body) == status
        assert await listening.wanted() == []
        assert not any(body[:8].decode() in line for line in listening.log.said if body)

    play(scene)


def test_what_could_not_be_stored_is_not_confirmed_and_comes_with_the_next_call(play):
    async def scene(listening: Listening) -> None:
        want = listening.store.want_orders

        async def full(*args: object, **kwargs: object) -> None:
            raise Unavailable("the disk is full")

        listening.store.want_orders = full  # type: ignore[method-assign]
        assert await listening.call(b"orders:1") == 503
        listening.store.want_orders = want  # type: ignore[method-assign]
        assert await listening.call(b"orders:2") == 204
        assert await listening.wanted() == ["1", "2"]

    play(scene)


def test_a_burst_becomes_few_transactions_and_one_wish_an_order(play):
    async def scene(listening: Listening) -> None:
        want, transactions = listening.store.want_orders, 0

        async def counted(*args: Any, **kwargs: Any) -> None:
            nonlocal transactions
            transactions += bool(args[1])
            await want(*args, **kwargs)

        listening.store.want_orders = counted  # type: ignore[method-assign]
        calls = [listening.call(b"orders:%d" % (number % 3)) for number in range(90)]
        assert set(await asyncio.gather(*calls)) == {204}
        assert await listening.wanted() == ["0", "1", "2"]
        assert transactions < 45

    play(scene)


def test_a_caller_that_never_ends_its_body_is_sent_away(play, monkeypatch):
    monkeypatch.setattr(webhooks, "PATIENCE", 0.05)

    async def scene(listening: Listening) -> None:
        host, port = listening.place.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST /webhooks/cart/{SECRET} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nord".encode())
        assert b" 408 " in await reader.readline()
        writer.close()
        await writer.wait_closed()

    play(scene)


def test_the_port_is_free_again_after_the_end_and_taken_in_between(play):
    seen: list[str] = []

    async def scene(listening: Listening) -> None:
        seen.append(listening.place)
        with pytest.raises(NeedsConfig, match=r"webhooks\.listen: .* is in use by another program"):
            async with webhooks_served(listening.host, listening.place):
                pass
        await listening.call()

    play(scene)
    name, port = seen[0].split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((name, int(port)))


def test_the_secret_must_be_a_good_one_and_is_never_shown(tmp_path, monkeypatch):
    file = tmp_path / "crossdock.toml"
    file.write_text('[webhooks]\nlisten = "here"\nsecret = "written-into-the-file-itself"\n')
    with pytest.raises(ConfigMistakes) as wrong:
        load_config(file)
    keys = {one.key: one for one in wrong.value.mistakes}
    assert keys.keys() == {"webhooks.listen", "webhooks.secret"}
    assert "written-into" not in str(wrong.value)
    assert "HOST:PORT" in keys["webhooks.listen"].allowed

    file.write_text(CONFIG.format(place="127.0.0.1:8095"))
    monkeypatch.delenv("WEBHOOK_TEST_SECRET", raising=False)
    with pytest.raises(ConfigMistakes, match="WEBHOOK_TEST_SECRET is not set"):
        load_config(file)
    for short in ("12345", "with a space, and long enough"):
        monkeypatch.setenv("WEBHOOK_TEST_SECRET", short)
        with pytest.raises(ConfigMistakes, match="at least 16 letters") as wrong:
            load_config(file)
        assert short not in str(wrong.value)
    monkeypatch.setenv("WEBHOOK_TEST_SECRET", SECRET)
    assert SECRET in secret_values(load_config(file), [])
