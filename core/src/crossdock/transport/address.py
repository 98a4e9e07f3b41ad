"""Where a connection's calls go: paths below its base URL, and nowhere else."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import httpx

from crossdock.hooks.errors import NeedsConfig


class Address:
    """Makes whole URLs; credentials never leave for another host."""

    def __init__(self, connection: str, base_url: str) -> None:
        self._connection = connection
        self.base = _read(connection, base_url)
        self._root = base_url.rstrip("/") + "/"
        self._origin = _origin(self.base)

    def of(self, url: str, params: Mapping[str, str] | None = None) -> str:
        """The whole URL of a path below the base URL; an absolute URL must be on the same host."""
        whole = self._root + url.lstrip("/") if "://" not in url.partition("?")[0] else self._own(url)
        if not params:
            return whole
        # Spaces as %20: not every server reads a plus sign in an OData filter as a space.
        return f"{whole}{'&' if '?' in whole else '?'}{urlencode(params, quote_via=quote, safe='$(),:@')}"

    def anywhere(self, url: str) -> str:
        """The whole URL of a path below the base URL, or any absolute URL; for calls without credentials."""
        return url if "://" in url.partition("?")[0] else self.of(url)

    def elsewhere(self, url: str) -> bool:
        """Whether an absolute URL leads to another host; raises `NeedsConfig` when that is less safe than ours."""
        if "://" not in url.partition("?")[0]:
            return False
        address = _read(self._connection, url)
        if _origin(address) != self._origin and self.base.scheme == "https" != address.scheme:
            raise NeedsConfig(f"{self._connection}: {address.host} is another host and does not use https")
        return _origin(address) != self._origin

    def _own(self, url: str) -> str:
        if url.startswith(self._root) or _origin(_read(self._connection, url)) == self._origin:
            return url
        elsewhere = url.partition("?")[0]
        raise NeedsConfig(
            f"{self._connection}: {elsewhere} is not on the host of base_url, {self._root}; correct base_url"
        )


def _read(connection: str, url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise NeedsConfig(f"{connection}: {url.partition('?')[0]!r} is not a web address; begin it with https://")
    return address


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
