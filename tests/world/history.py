"""A warehouse that tells all of its history once more, as after a restored queue: every message under a new id."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READ, ACKNOWLEDGE = "/GetMessages", "/AcknowledgeMessages"


@dataclass
class History:
    """Remembers what a warehouse told: `open_world(…, around=history)`."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    waits: dict[str, dict[str, Any]] = field(default_factory=dict)

    def is_told_again(self) -> int:
        """From now on all of it waits in the queue once more, the newest first; says how many messages."""
        self.waits = {f"{id}-again": {**told, "Id": f"{id}-again"} for id, told in reversed(self.told.items())}
        return len(self.waits)

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """The warehouse with its history before it."""

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if self.waits and path.endswith(READ):
                await JSONResponse({"Messages": list(self.waits.values())})(scope, receive, send)
            elif self.waits and path.endswith(ACKNOWLEDGE):
                for id in (await Request(scope, receive).json())["Ids"]:
                    self.waits.pop(id, None)
                await JSONResponse({"Success": True})(scope, receive, send)
            else:
                await app(scope, receive, self._remembering(send) if path.endswith(READ) else send)

        return answered

    def _remembering(self, send: Send) -> Send:
        """Passes an answer on, and keeps the messages in it."""
        parts: list[bytes] = []

        async def heard(message: Message) -> None:
            parts.append(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.told |= {one["Id"]: one for one in json.loads(b"".join(parts))["Messages"]}
            await send(message)

        return heard
