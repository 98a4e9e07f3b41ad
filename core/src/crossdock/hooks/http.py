"""How a plugin reaches its remote system: through the client that the host hands out, and nothing else."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:  # what only reads the contract need not pay for an HTTP library
    import httpx


class HttpClient(Protocol):
    """The one way out of a connection.

    Authentication, rate, concurrency, time limits, retries where they are safe, redaction and the request log are
    the client's business. `url` is a path below the connection's base URL, or an absolute URL on the same host.
    Answers below 400 are returned, every other one is raised as the error that follows from it
    (`crossdock.hooks.errors`); with `raw=True` answers of every status are returned, except 401 and 429.
    A write whose outcome is not known raises `OutcomeUnknown` and is never repeated.
    """

    async def get(self, url: str, *, params: Mapping[str, str] | None = None, raw: bool = False) -> "httpx.Response":
        """A read; repeated by itself when the system is unavailable."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        raw: bool = False,
        cost: int = 1,
    ) -> "httpx.Response":
        """A write (JSON unless the headers say otherwise); `repeatable` allows the client to send it twice.

        `cost` is how many calls the remote system counts for it: a batch of ten may cost eleven.
        """

    async def download(self, url: str, into: BinaryIO) -> None:
        """A read of something large, written to `into` as it comes and kept nowhere else.

        `into` can be wound back: what an attempt that failed has written is taken away again. The time limit holds for
        each piece. An absolute URL may lead to another host, which then gets no credentials.
        """

    async def renew(self, refused: "httpx.Response") -> None:
        """Get other credentials, because this answer refuses ours in its body and not by its status, as a batch does.

        Who asks while others do, or after they did, shares theirs. Raises `NeedsAuth` when there are none.
        """


@dataclass(frozen=True)
class Credentials:
    """Headers that prove who we are, and until when (None: for good)."""

    headers: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None


Exchange = Callable[..., Awaitable["httpx.Response"]]
"""`await exchange(method, url, content=..., headers=...)`: one unauthenticated call, every status returned."""


class Authentication(Protocol):
    """Brings credentials; called once at a time, on first use, on expiry and once after a 401."""

    async def authenticate(self, exchange: Exchange) -> Credentials:
        """Fresh credentials; raises `NeedsAuth` when the remote system refuses them."""


@dataclass(frozen=True)
class FixedHeaders:
    """Authentication by headers that never change, such as an API key."""

    headers: Mapping[str, str] = field(repr=False)

    async def authenticate(self, exchange: Exchange) -> Credentials:
        """The headers as they are."""
        return Credentials(self.headers)


@dataclass(frozen=True)
class Rate:
    """At most `calls` calls in `seconds`, paced evenly."""

    calls: int
    seconds: float


@dataclass(frozen=True)
class Endpoint:
    """What the transport must know of a remote system; made from a connection's settings.

    `concurrency`: calls under way at once. `rates`: all are kept. `timeout`: seconds for one call.
    `explain_error(status, body)`: the remote system's own words in a refusal, or empty text.
    """

    base_url: str
    authentication: Authentication
    concurrency: int = 8
    rates: tuple[Rate, ...] = ()
    timeout: float = 60.0
    headers: Mapping[str, str] = field(default_factory=dict)
    explain_error: Callable[[int, bytes], str] | None = None
    retries: int = 4


def error_text(body: Any, limit: int = 300) -> str:
    """The first part of an error body, on one line, fit for a sentence."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    return " ".join(text.split())[:limit]
