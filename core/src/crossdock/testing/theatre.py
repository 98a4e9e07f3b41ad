"""A real server on which one simulator after the other plays, and what arrived there."""

from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.sandbox import SandboxServer


@dataclass(frozen=True)
class Arrived:
    """One request as the simulator saw it; `status` is what it answered, 0 where the answer was never sent."""

    method: str
    path: str
    status: int

    @property
    def is_write(self) -> bool:
        """Whether it may have changed something."""
        return self.method not in ("GET", "HEAD", "OPTIONS")


class Theatre:
    """A server that another simulator moves into for every play: to start a server takes longer than most laws.

    `arrived` are the requests since the simulator moved in, without those to control paths.
    """

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self.arrived: list[Arrived] = []
        self._server = SandboxServer(self)
        self._server.__enter__()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._server.url

    def show(self, app: ASGIApp) -> None:
        """From now on this simulator answers."""
        self._app, self.arrived = app, []

    def close(self) -> None:
        """End the server."""
        self._server.__exit__(None, None, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the simulator of the moment answer, and note what it did."""
        assert self._app is not None
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            await self._app(scope, receive, send)
            return
        answer, arrived = _Answer(send), self.arrived
        try:
            await self._app(scope, receive, answer.send)
        finally:
            arrived.append(Arrived(scope["method"], scope["path"], answer.status))


class _Answer:
    """Looks at an answer as it passes; faults find the server's own transport behind it, to cut it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    @property
    def transport(self) -> Any:
        return self._send.__self__.transport  # type: ignore[attr-defined] # the bound method of uvicorn's cycle

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        await self._send(message)
