"""A server that can misbehave, a timer that does not wait, and clients that are always closed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from crossdock import Endpoint, FixedHeaders
from crossdock.transport import open_client


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `number` counts all requests from 1, `connection` the connections."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    number: int
    connection: int


Behave = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """Speaks just enough HTTP to read requests; what it does with them is up to `behave`."""

    behave: Behave
    ssl: object = None
    asked: list[Asked] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: int = 0
    most_under_way: int = 0
    connections: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _tasks: set = field(default_factory=set)

    @property
    def url(self) -> str:
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{'https' if self.ssl else 'http'}://{host}:{port}"

    @property
    def targets(self) -> list[str]:
        return [f"{asked.method} {asked.target}" for asked in self.asked]

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.ssl)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self._writers.append(writer)
        self.connections += 1
        number = self.connections
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while not writer.is_closing():
                asked = await self._read(reader, number)
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                try:
                    await self.behave(asked, writer)
                finally:
                    self.under_way -= 1
        writer.close()

    async def _read(self, reader, connection):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append(Asked(method, target, headers, body, len(self.asked) + 1, connection))
        self.was_asked.set()
        return self.asked[-1]


def answer(status: int, body: bytes = b"{}", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def replies(*answers: bytes) -> Behave:
    """Give these answers in turn, the last one for ever."""

    async def behave(asked, writer):
        writer.write(answers[min(asked.number, len(answers)) - 1])
        await writer.drain()

    return behave


class PatientTimer:
    """Time passes only when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.was_asleep = asyncio.Event()

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.was_asleep.set()
        self.now += seconds
        await asyncio.sleep(0)


class Kit:
    """What the transport's tests need, under one name."""

    RawServer = RawServer
    Asked = Asked
    PatientTimer = PatientTimer
    answer = staticmethod(answer)
    replies = staticmethod(replies)

    @staticmethod
    @asynccontextmanager
    async def client_for(behave, *, authentication=None, ssl=None, open_with=None, **endpoint):
        """A server with this behaviour and a client that waits for nothing: (client, server)."""
        authentication = authentication or FixedHeaders({"Authorization": "Bearer the-access-token"})
        options = {"timer": PatientTimer(), "draw": lambda low, high: high} | (open_with or {})
        async with RawServer(behave, ssl) as server:
            made = Endpoint(endpoint.pop("base_url", server.url), authentication, **endpoint)
            async with open_client("acme", made, **options) as client:
                yield client, server


@pytest.fixture
def kit() -> type[Kit]:
    return Kit
