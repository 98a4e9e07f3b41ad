"""The client of one connection: what every call of its plugin goes through."""

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import BinaryIO, Self

import httpx

from crossdock import __version__
from crossdock.engine.trace import Journal
from crossdock.hooks.context import Clock, SystemClock
from crossdock.hooks.http import Credentials, Endpoint
from crossdock.transport.address import Address
from crossdock.transport.authorize import Authorizer
from crossdock.transport.backoff import Backoff
from crossdock.transport.call import Call, Result, merged
from crossdock.transport.capture import Capture, Captured, captured
from crossdock.transport.classify import Outcome, outcome_of
from crossdock.transport.explain import Explainer
from crossdock.transport.line import Line
from crossdock.transport.pace import MonotonicTimer, Pacer, Timer
from crossdock.transport.record import Recorder
from crossdock.transport.redact import Redactor
from crossdock.transport.wire import Wire

_STANDARD = httpx.Headers(
    {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": f"crossdock/{__version__}"}
)
_JSON_BODY = {"Content-Type": "application/json"}
_ANY_BODY = {"Accept": "*/*"}
_CREDENTIALS = "crossdock.credentials"
_NEVER_RAW = (Outcome.REFUSED_CREDENTIALS, Outcome.THROTTLED)


def open_client(
    name: str,
    endpoint: Endpoint,
    *,
    journal: Journal | None = None,
    clock: Clock | None = None,
    secrets: Collection[str] = (),
    capture: Capture | None = None,
    timer: Timer | None = None,
    draw: Callable[[float, float], float] = random.uniform,
) -> "ConnectionClient":
    """The client of the connection `name`, for the life of the process; close it with `aclose` or `async with`.

    `secrets` are kept out of errors, request log and dry run. With `capture` every write is shown to it and raises
    `Captured`. `timer` does the waiting and `draw` the jitter of retries. Raises `NeedsConfig` on a bad base URL.
    """
    clock, timer, redactor = clock or SystemClock(), timer or MonotonicTimer(), Redactor(secrets)
    address, pacer = Address(name, endpoint.base_url), Pacer(endpoint.rates, timer)
    explainer = Explainer(name, endpoint.explain_error, redactor)
    line = Line(
        wire=Wire(address.base, connections=endpoint.concurrency, timeout=endpoint.timeout),
        address=address,
        pacer=pacer,
        clock=clock,
        explainer=explainer,
        recorder=Recorder(name, journal, redactor) if journal is not None else None,
        headers=_STANDARD,
    )
    return ConnectionClient(
        name,
        endpoint,
        address=address,
        line=line,
        authorizer=Authorizer(endpoint.authentication, line.exchange, clock=clock, redactor=redactor),
        backoff=Backoff(endpoint.retries, pacer, clock, timer, draw),
        explainer=explainer,
        redactor=redactor,
        capture=capture,
    )


class ConnectionClient:
    """An `HttpClient` (`crossdock.hooks.http`); made by `open_client`."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        *,
        address: Address,
        line: Line,
        authorizer: Authorizer,
        backoff: Backoff,
        explainer: Explainer,
        redactor: Redactor,
        capture: Capture | None,
    ) -> None:
        self._name = name
        self._address = address
        self._line = line
        self._authorizer = authorizer
        self._backoff = backoff
        self._explainer = explainer
        self._redactor = redactor
        self._capture = capture
        self._slots = asyncio.Semaphore(endpoint.concurrency)
        self._plain = merged(_STANDARD, endpoint.headers)
        self._ready_for: Credentials | None = None
        self._ready = self._plain, self._plain

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections of this client."""
        await self._authorizer.aclose()
        await self._line.aclose()

    async def get(self, url: str, *, params: Mapping[str, str] | None = None, raw: bool = False) -> httpx.Response:
        return await self._carry_out(Call("GET", self._address.of(url, params), repeatable=True), raw=raw)

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
    ) -> httpx.Response:
        call = Call(method, self._address.of(url, params), content, headers, repeatable, cost)
        if self._capture is not None:
            raise self._show(call, self._capture)
        return await self._carry_out(call, raw=raw)

    async def download(self, url: str, into: BinaryIO) -> None:
        anonymous = self._address.elsewhere(url)
        whole = url if anonymous else self._address.of(url)
        call = Call("GET", whole, headers=_ANY_BODY, repeatable=True, into=into, anonymous=anonymous)
        await self._carry_out(call, raw=False)

    async def exchange(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A call to get credentials with (`crossdock.hooks.http.Exchange`)."""
        return await self._line.exchange(method, url, content=content, headers=headers)

    async def renew(self, refused: httpx.Response) -> None:
        await self._authorizer.renew(refused.extensions.get(_CREDENTIALS))

    async def _carry_out(self, call: Call, *, raw: bool) -> httpx.Response:
        attempt = 0
        while True:
            async with self._slots:
                result = await self._authorized(call)
            if isinstance(result, httpx.Response) and result.is_success:
                return result
            decision = self._backoff.decide(call, result, attempt=attempt)
            if not decision.again:
                return self._settle(call, result, raw=raw, wait=decision.after)
            await self._backoff.wait(decision)
            attempt += 1

    async def _authorized(self, call: Call) -> Result:
        """One request; a 401 says that nothing was done, so it is repeated once with fresh credentials."""
        if call.anonymous:
            return await self._line.anonymous(call)
        credentials = await self._authorizer.credentials()
        result = await self._attempt(call, credentials)
        if outcome_of(result) is not Outcome.REFUSED_CREDENTIALS:
            return result
        return await self._attempt(call, await self._authorizer.renew(credentials))

    async def _attempt(self, call: Call, credentials: Credentials) -> Result:
        result = await self._line.attempt(call, self._headers(call, credentials))
        if isinstance(result, httpx.Response):
            result.extensions[_CREDENTIALS] = credentials
        return result

    def _settle(self, call: Call, result: Result, *, raw: bool, wait: float) -> httpx.Response:
        if raw and isinstance(result, httpx.Response) and outcome_of(result) not in _NEVER_RAW:
            return self._redactor.response(result)
        raise self._explainer.error(call, result, wait=wait)

    def _headers(self, call: Call, credentials: Credentials) -> httpx.Headers:
        if credentials is not self._ready_for:
            headers = merged(self._plain, credentials.headers)
            self._ready, self._ready_for = (headers, merged(headers, _JSON_BODY)), credentials
        return merged(self._ready[call.content is not None], call.headers)

    def _show(self, call: Call, capture: Capture) -> Captured:
        body = _JSON_BODY if call.content is not None else None
        shown = captured(self._name, call, merged(merged(self._plain, body), call.headers), self._redactor)
        capture(shown)
        return Captured(shown)
