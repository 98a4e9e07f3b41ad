"""The socket side: one pool of kept connections, one request out, one whole answer in."""

import asyncio
import ssl
from functools import cache, partial
from typing import BinaryIO
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from crossdock.hooks.errors import Unavailable

CONNECT_SECONDS = 10.0
# Many servers close idle connections after 5 s. Closing ours first keeps a write from meeting a connection that is
# just being closed, which would leave its outcome in doubt.
KEEP_ALIVE_SECONDS = 4.0

FAILURES = (httpx.RequestError, aiohttp.ClientError, OSError)
"""All that `Wire.exchange` raises when no whole answer came."""


class Wire:
    """Sends requests over kept connections; redirects, cookies and silent repeats do not exist here.

    The transport is driven directly: `httpx.AsyncClient` adds a hundred microseconds a call and logs every URL.
    """

    def __init__(self, base_url: httpx.URL, *, connections: int, timeout: float) -> None:
        self._transport = AiohttpTransport(
            verify=_tls(), proxy=proxy_for(base_url), client=partial(_open_session, connections)
        )
        connect = min(CONNECT_SECONDS, timeout)
        self._extensions = {"timeout": {"connect": connect, "pool": connect, "read": timeout, "write": timeout}}
        self._deadline = connect + timeout

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: httpx.Headers,
        content: bytes | None,
        into: BinaryIO | None = None,
    ) -> httpx.Response:
        """The whole answer to one request, of any status; raises one of FAILURES when none came.

        The body of a good answer goes `into` a file if there is one, and the answer is given without it.
        """
        request = httpx.Request(method, url, headers=headers, content=content, extensions=self._extensions)
        async with asyncio.timeout(self._deadline) as deadline:  # an answer that drips never trips the read timeout
            response = await self._transport.handle_async_request(request)
            try:
                if into is not None and response.is_success:
                    deadline.reschedule(None)
                    return await _kept(response, into)
                await response.aread()
            finally:
                await response.aclose()
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


async def _kept(response: httpx.Response, into: BinaryIO) -> httpx.Response:
    begin = into.tell()
    try:
        async for piece in response.aiter_bytes():
            _write(piece, into)
    except BaseException:
        into.seek(begin)
        into.truncate()
        raise
    return httpx.Response(response.status_code)


def _write(piece: bytes, into: BinaryIO) -> None:
    """A full disk must not be taken for a lost connection, and the download not be repeated for it."""
    try:
        into.write(piece)
    except OSError as error:
        raise Unavailable(f"what is downloaded cannot be written down: {error.strerror}") from error


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy that the environment names for this address."""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return httpx.Proxy(proxy) if proxy and not proxy_bypass(url.netloc.decode("ascii")) else None


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _open_session(connections: int) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=_tls())
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_once,),
        skip_auto_headers=("Content-Type",),
    )


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating PUT, DELETE and GET by itself when a kept connection turns out dead."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error
