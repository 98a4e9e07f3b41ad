"""What a simulated system was sent, word for word."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    body: Any


@dataclass
class Wire:
    """Listens in front of a simulator: `open_world(…, around=wire)`."""

    calls: list[Call] = field(default_factory=list)

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """The simulator with somebody who listens."""

        async def heard(scope: Scope, receive: Receive, send: Send) -> None:
            parts: list[bytes] = []

            async def listen() -> Message:
                message = await receive()
                parts.append(message.get("body", b""))
                return message

            await app(scope, listen, send)
            if not scope["path"].startswith("/_"):
                self.calls.append(Call(scope["method"], scope["path"], _read(b"".join(parts))))

        return heard

    def bodies(self, method: str, path: str) -> list[Any]:
        """What was sent to the paths that contain this text."""
        return [call.body for call in self.calls if call.method == method and path in call.path]


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
