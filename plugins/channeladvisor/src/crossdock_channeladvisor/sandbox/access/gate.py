"""The way in: tokens, and the limits on how often and how many at once.

A batch passes without a live token, because its parts are what is refused then. `orders.readonly` is assumed beside
the `inventory.readonly` that was seen, and so is that profiles, sites, distribution centres and webhooks open to any
scope. The metadata needs no token (documented), and is not counted.
"""

import asyncio
import re
import secrets
import time
from collections import deque
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import too_many, unauthorized
from crossdock_channeladvisor.sandbox.options import SandboxOptions

BATCH = "/v1/$batch"
METADATA = "/v1/$metadata"
SCOPES = frozenset({"orders", "orders.readonly", "inventory", "inventory.readonly"})

_ENTITY_SET = re.compile(r"/v1/(\$?\w*)")
_SHARED = {"", "$batch", "Profiles", "Sites", "DistributionCenters", "OperatingHours", "Webhooks"}
_INVENTORY = {
    "Products", "DCQuantities", "AttributeValues", "Images", "ProductLabels", "ProductBundleComponents", "Children",
    "AliasRelationships", "ProductUpload", "ProductExport",
}  # fmt: skip


def opens(scopes: frozenset[str], method: str, path: str) -> bool:
    """Whether a token of these scopes is enough for a call."""
    found = _ENTITY_SET.match(path)
    entity_set = found[1] if found else ""
    if entity_set in _SHARED:
        return True
    area = "inventory" if entity_set in _INVENTORY else "orders"
    return area in scopes or (method == "GET" and f"{area}.readonly" in scopes)


@dataclass(slots=True)
class Token:
    """Whose it is, what it opens, and when it dies: at a moment, or after so many calls."""

    application: str
    scopes: frozenset[str]
    dies_at: float
    calls_left: int | None


def bearer_of(request: Request) -> str:
    """The access token that a call carries, in its header or in its query."""
    scheme, _, name = request.headers.get("authorization", "").partition(" ")
    return name if scheme.lower() == "bearer" else request.query_params.get("access_token", "")


class Tokens:
    """The access tokens that were given out."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._tokens: dict[str, Token] = {}

    def issue(self, application: str, scopes: frozenset[str]) -> str:
        """A fresh token of an application."""
        token = secrets.token_urlsafe(24)
        dies_at = time.monotonic() + self._options.token_seconds
        self._tokens[token] = Token(application, scopes, dies_at, self._options.token_calls)
        return token

    def live(self, request: Request) -> Token | None:
        """The token of this call; None if it is missing, unknown or dead."""
        token = self._tokens.get(bearer_of(request))
        dead = token is None or time.monotonic() >= token.dies_at or token.calls_left == 0
        return None if dead else token

    def application_of(self, request: Request) -> str | None:
        """Who makes this call; None if its token is not live or not meant for it. Uses up one call of the token."""
        token = self.live(request)
        if token is None or not opens(token.scopes, request.method, request.scope["path"]):
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

    def has_room(self, now: float, calls: int = 1) -> bool:
        """Whether so many more calls now stay within the limit."""
        while self._calls and self._calls[0] <= now - self._seconds:
            self._calls.popleft()
        return self._limit == 0 or len(self._calls) + calls <= self._limit

    def take(self, now: float, calls: int = 1) -> None:
        """Count so many calls."""
        if self._limit:
            self._calls.extend([now] * calls)


class Quota:
    """What one application may do: so many calls at once, so many in a minute and in a second."""

    def __init__(self, options: SandboxOptions) -> None:
        self._concurrency = options.concurrency
        self._windows = Window(options.rate_per_minute, 60), Window(options.rate_per_second, 1)
        self.at_work = 0

    def admit(self, now: float) -> bool:
        """Count one more call at work, unless that would break a limit."""
        if 0 < self._concurrency <= self.at_work or not self.take(now):
            return False
        self.at_work += 1
        return True

    def take(self, now: float, calls: int = 1) -> bool:
        """Count so many calls against the rates, or none of them if they are too many."""
        if not all(window.has_room(now, calls) for window in self._windows):
            return False
        for window in self._windows:
            window.take(now, calls)
        return True


class Gate:
    """Lets API calls in that carry a live token and keep within the limits; other paths pass."""

    def __init__(self, app: ASGIApp, tokens: Tokens, options: SandboxOptions, counts: Counts) -> None:
        self._app = app
        self._tokens = tokens
        self._options = options
        self._strangers = Quota(options)
        self._quotas = {name: Quota(options) for name in options.applications}
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not scope["path"].startswith("/v1") or scope["path"] == METADATA:
            await self._app(scope, receive, send)
            return
        quota = self._quota(Request(scope))
        if quota is None:
            self._counts.unauthorized += 1
            await unauthorized()(scope, receive, send)
        elif not quota.admit(time.monotonic()):
            self._counts.throttled += 1
            await too_many()(scope, receive, send)
        else:
            scope["quota"] = quota
            await self._serve(quota, scope, receive, send)

    def _quota(self, request: Request) -> Quota | None:
        """Whose limits count for this call; None if it is not let in."""
        if request.scope["path"] == BATCH:
            token = self._tokens.live(request)
            return self._strangers if token is None else self._quotas[token.application]
        application = self._tokens.application_of(request)
        if application is None:
            return None
        request.scope["application"] = application
        return self._quotas[application]

    async def _serve(self, quota: Quota, scope: Scope, receive: Receive, send: Send) -> None:
        self._counts.most_at_once = max(self._counts.most_at_once, quota.at_work)
        try:
            # Even without latency the calls that arrived together must count as being at work together.
            await asyncio.sleep(self._options.latency)
            await self._app(scope, receive, send)
        finally:
            quota.at_work -= 1
