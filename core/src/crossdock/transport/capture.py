"""The dry run: writes are shown instead of sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from crossdock.hooks.errors import CrossdockError
from crossdock.transport.call import Call
from crossdock.transport.redact import Redactor


@dataclass(frozen=True, slots=True)
class CapturedCall:
    """A write exactly as it would have left, without credentials and secrets."""

    connection: str
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes


Capture = Callable[[CapturedCall], None]
"""Takes the writes of a dry run."""


class Captured(CrossdockError):
    """The write was shown instead of sent; raised in a dry run only."""

    def __init__(self, call: CapturedCall) -> None:
        super().__init__(f"{call.connection}: {call.method} {call.url} was not sent, this is a dry run")
        self.call = call


def captured(connection: str, call: Call, headers: httpx.Headers, redactor: Redactor) -> CapturedCall:
    """What a dry run shows of a write."""
    return CapturedCall(
        connection=connection,
        method=call.method,
        url=redactor.text(call.url),
        headers={name: redactor.text(value) for name, value in headers.items()},
        content=redactor.body(call.content or b""),
    )
