"""Calls of a warehouse on their way: crossdock that listens and does nothing else, and a box where letters wait."""

import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.error import HTTPError

from starlette.types import Receive, Scope, Send

from world import listener
from world.listener import free_place
from world.operator import World
from world.settings import secret, write_secrets

__all__ = ["HOOK", "Letter", "Postbox", "free_place", "hears", "listening"]

HOOK = "a-secret-that-nobody-guesses"


@dataclass(frozen=True)
class Letter:
    """One call as it was sent."""

    headers: Mapping[str, str]
    body: bytes

    def carried_to(self, address: str) -> int:
        """How the call is answered there."""
        try:
            with urllib.request.urlopen(urllib.request.Request(address, self.body, dict(self.headers))) as answer:
                return int(answer.status)
        except HTTPError as refusal:
            with refusal:
                return refusal.code


@dataclass
class Postbox:
    """A place that calls are sent to; each waits there until somebody carries it on, once or more often."""

    letters: list[Letter] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep a call and say that it has arrived."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {
            name.decode(): value.decode() for name, value in scope["headers"] if name.startswith((b"x-", b"conte"))
        }
        headers.pop("content-length", None)
        self.letters.append(Letter(headers, body))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


def hears(world: World, place: str) -> str:
    """From now on crossdock listens there when it runs; gives the address that the warehouse calls."""
    write_secrets(world.folder, hook=HOOK)
    world.settings["webhooks"] = {"listen": place, "secret": secret("hook")}
    return f"http://{place}/webhooks/warehouse/{HOOK}"


@contextmanager
def listening(world: World, *, later: timedelta = timedelta(0)) -> Iterator[str]:
    """Crossdock hears what it is told while the block lasts, by a clock that goes ahead, and acts on nothing of it."""
    place = free_place()
    address = hears(world, place)
    with listener.listening(world.config(), place, later=later):
        yield address
