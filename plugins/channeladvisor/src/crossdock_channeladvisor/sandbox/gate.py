"""The way in: tokens, and the limits on how often and how many at once."""

import asyncio
import base64
import binascii
import secrets
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import too_many, unauthorized
from crossdock_channeladvisor.sandbox.options import SandboxOptions


@dataclass(slots=True)
class Token:
    """Whose it is, and when it dies: at a moment, or after so many calls."""

    application: str
    dies_at: float
    calls_left: int | None


class Tokens:
    """The access tokens that were given out."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._tokens: dict[str, Token] = {}

    async def grant(self, request: Request) -> Response:
        """`POST /oauth2/token`: a fresh access token for the refresh token of a known application."""
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        application = self._application(request.headers.get("authorization", ""))
        if application is None:
            return PlainTextResponse("Bad Request", status_code=400)
        if form.get("grant_type") != ["refresh_token"]:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        if form.get("refresh_token") != [self._options.refresh_token]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        seconds = self._options.token_seconds
        answer = {"access_token": self._issue(application), "token_type": "bearer", "expires_in": int(seconds)}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    def _application(self, authorization: str) -> str | None:
        scheme, _, encoded = authorization.partition(" ")
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        known = scheme.lower() == "basic" and self._options.applications.get(name) == secret
        return name if known else None

    def _issue(self, application: str) -> str:
        token = secrets.token_urlsafe(24)
        dies_at = time.monotonic() + self._options.token_seconds
        self._tokens[token] = Token(application, dies_at, self._options.token_calls)
        return token

    def application_of(self, request: Request) -> str | None:
        """Who makes this call; None if its token is missing, unknown or dead. Uses up one call of the token."""
        scheme, _, name = request.headers.get("authorization", "").partition(" ")
        token = self._tokens.get(name if scheme.lower() == "bearer" else request.query_params.get("access_token", ""))
        if token is None or time.monotonic() >= token.dies_at or token.calls_left == 0:
            return None
        if token.calls_left is not None:
            token.calls_left -= 1
        return token.application

    def forget(self) -> None:
        """Every token dies now."""
        self._tokens.clear()


class Window:
    """At most `limit` calls in any `seconds`; 0: no limit."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._calls: deque[float] = deque()

    def is_full(self, now: float) -> bool:
        """Whether one more call now would be too many."""
        while self._calls and self._calls[0] <= now - self._seconds:
            self._calls.popleft()
        return 0 < self._limit <= len(self._calls)

    def take(self, now: float) -> None:
        """Count one call."""
        if self._limit:
            self._calls.append(now)


class Quota:
    """What one application may do: so many calls at once, so many in a minute and in a second."""

    def __init__(self, options: SandboxOptions) -> None:
        self._concurrency = options.concurrency
        self._windows = Window(options.rate_per_minute, 60), Window(options.rate_per_second, 1)
        self.at_work = 0

    def admit(self, now: float) -> bool:
        """Count one more call at work, unless that would break a limit."""
        if 0 < self._concurrency <= self.at_work or any(window.is_full(now) for window in self._windows):
            return False
        for window in self._windows:
            window.take(now)
        self.at_work += 1
        return True


class Gate:
    """Lets API calls in that carry a live token and keep within the limits; other paths pass."""

    def __init__(self, app: ASGIApp, tokens: Tokens, options: SandboxOptions, counts: Counts) -> None:
        self._app = app
        self._tokens = tokens
        self._options = options
        self._quotas: dict[str, Quota] = {name: Quota(options) for name in options.applications}
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not scope["path"].startswith("/v1"):
            await self._app(scope, receive, send)
            return
        application = self._tokens.application_of(Request(scope))
        if application is None:
            self._counts.unauthorized += 1
            await unauthorized()(scope, receive, send)
        elif not (quota := self._quotas[application]).admit(time.monotonic()):
            self._counts.throttled += 1
            await too_many()(scope, receive, send)
        else:
            scope["application"] = application
            await self._serve(quota, scope, receive, send)

    async def _serve(self, quota: Quota, scope: Scope, receive: Receive, send: Send) -> None:
        self._counts.most_at_once = max(self._counts.most_at_once, quota.at_work)
        try:
            # Even without latency the calls that arrived together must count as being at work together.
            await asyncio.sleep(self._options.latency)
            await self._app(scope, receive, send)
        finally:
            quota.at_work -= 1
