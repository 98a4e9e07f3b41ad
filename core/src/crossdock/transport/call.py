"""One call of a plugin, on its way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import httpx


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask; `repeatable` says that doing it twice does no harm, `headers` come beside the connection's own.

    `cost` is how many calls it counts for, `into` takes the body of a good answer; an `anonymous` call leaves for
    another host, without credentials.
    """

    method: str
    url: str
    content: bytes | None = None
    headers: Mapping[str, str] | None = None
    repeatable: bool = False
    cost: int = 1
    into: BinaryIO | None = None
    anonymous: bool = False

    @property
    def shown_url(self) -> str:
        """The URL for the log; the query of an anonymous call may be its credential."""
        return self.url.partition("?")[0] if self.anonymous else self.url


Result = httpx.Response | Exception
"""What came of one request: an answer of any status, or why there was none."""


def merged(headers: httpx.Headers, more: Mapping[str, str] | None) -> httpx.Headers:
    """The headers with more of them; the latter win, however their names are written."""
    if not more:
        return headers
    both = httpx.Headers(headers)
    both.update(more)
    return both
