"""A real server on which one simulator after the other plays, and what arrived there."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.sandbox import SandboxServer


@dataclass(frozen=True)
class Arrived:
    """One request as the simulator saw it, with its body; `status` is the answer, 0 where it was never sent.

    `agent` is who sent it, by its own words; `retry_after` are the seconds for which the answer asked to be left
    alone, 0 where it did not.
    """

    method: str
    path: str
    status: int
    agent: str = ""
    retry_after: float = 0.0
    body: bytes = b""

    @property
    def is_write(self) -> bool:
        """Whether it may have changed something."""
        return self.method not in ("GET", "HEAD", "OPTIONS")


class Theatre:
    """A server that another simulator moves into for every play: to start a server takes longer than most laws.

    `arrived` are the requests since the simulator moved in, without those to control paths; `most_under_way` is how
    many of them it had to do with at once. `instead`, if it is set, answers in place of the simulator, which then sees
    nothing of it. `delay` is how many seconds every answer takes longer.
    """

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self.instead: ASGIApp | None = None
        self.arrived: list[Arrived] = []
        self.delay = 0.0
        self._under_way = self.most_under_way = 0
        self._server = SandboxServer(self)
        self._server.__enter__()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._server.url

    @property
    def playing(self) -> ASGIApp:
        """The simulator of the moment."""
        assert self._app is not None
        return self._app

    def show(self, app: ASGIApp) -> None:
        """From now on this simulator answers."""
        self._app, self.instead, self.arrived, self.delay = app, None, [], 0.0
        self._under_way = self.most_under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the simulator of the moment answer, and note what it did."""
        assert self._app is not None
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            await self._app(scope, receive, send)
            return
        agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
        answer = _Answer(send, self.arrived, Arrived(scope["method"], scope["path"], 0, agent))
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            await (self.instead or self._app)(scope, answer.hears(receive), answer.send)
        finally:
            self._under_way = max(0, self._under_way - 1)


class _Answer:
    """Notes a request, and its answer as it passes; faults find the server's own transport behind it, to cut it."""

    def __init__(self, send: Send, arrived: list[Arrived], request: Arrived) -> None:
        self._send, self._arrived, self._place = send, arrived, len(arrived)
        arrived.append(request)

    @property
    def transport(self) -> Any:
        return self._send.__self__.transport  # type: ignore[attr-defined] # the bound method of uvicorn's cycle

    def hears(self, receive: Receive) -> Receive:
        """The same messages, of which the body is noted as it comes."""

        async def heard() -> Message:
            message = await receive()
            if part := message.get("body"):
                noted = self._arrived[self._place]
                self._arrived[self._place] = replace(noted, body=noted.body + part)
            return message

        return heard

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            asked = dict(message.get("headers", ())).get(b"retry-after", b"")
            seconds = float(asked) if asked.isdigit() else 0.0
            noted = self._arrived[self._place]
            self._arrived[self._place] = replace(noted, status=message["status"], retry_after=seconds)
        await self._send(message)
