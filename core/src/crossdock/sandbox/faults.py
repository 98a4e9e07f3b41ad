"""Faults that a network and a remote system really have, injected by a seed.

    lost_reply      the app does the work, then the connection is cut before a byte of the answer
    dropped         the connection is cut before the work
    error_500       500 before the work
    error_503       503 before the work
    error_502_after 502 after the work was done
    throttled       429 before the work, every second one (by seed) with Retry-After: 1
    slow            the whole request arrives, the app starts `slow_seconds` later, even if the client is gone by then
    html            200 with an HTML page instead of an answer, before the work
    truncated       the JSON answer of a GET ends in the middle (a whole HTTP answer, half a document)
    token_expired   the app forgets the tokens it gave out, then sees the request; 401 if it cannot forget

`GET /_faults` shows the plan and what was injected; `POST /_faults` puts another plan in its place. Control paths
(`/_...`) are never faulted.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Rate = Annotated[float, Field(ge=0, le=1)]


class FaultName(StrEnum):
    """What can go wrong with one request."""

    LOST_REPLY = "lost_reply"
    DROPPED = "dropped"
    ERROR_500 = "error_500"
    ERROR_503 = "error_503"
    ERROR_502_AFTER = "error_502_after"
    THROTTLED = "throttled"
    SLOW = "slow"
    HTML = "html"
    TRUNCATED = "truncated"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 (the name of a fault)


class FaultPlan(BaseModel):
    """Which faults, how often: at most one a request, the same ones for the same seed and sequence of requests.

    `rates`: probability per request, together at most 1. `only_paths`: a regular expression searched in the path;
    `only_methods`: empty means all. `max_faults`: the plan is over after so many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    rates: dict[FaultName, Rate] = Field(default_factory=dict)
    slow_seconds: float = Field(default=1.0, ge=0)
    only_paths: str | None = None
    only_methods: tuple[str, ...] = ()
    max_faults: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _is_possible(self) -> "FaultPlan":
        if (total := sum(self.rates.values())) > 1 + 1e-9:
            raise ValueError(f"the rates together are {total:g}; one request has at most one fault, so at most 1")
        if self.only_paths is not None:
            re.compile(self.only_paths)
        return self

    def concerns(self, method: str, path: str) -> bool:
        """Whether a request is one of those that may go wrong."""
        in_methods = not self.only_methods or method in self.only_methods
        return in_methods and (self.only_paths is None or re.search(self.only_paths, path) is not None)


class Faults:
    """Wraps an app as its outermost layer and lets requests go wrong as the plan says."""

    def __init__(
        self, app: ASGIApp, plan: FaultPlan | None = None, *, forget_tokens: Callable[[], object] | None = None
    ) -> None:
        self._app = app
        self._forget_tokens = forget_tokens
        self.injected: Counter[FaultName] = Counter()
        self._adopt(plan or FaultPlan())

    def _adopt(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._dice = random.Random(plan.seed)
        self._left = plan.max_faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or let it go wrong."""
        path = scope["path"]
        if path == "/_faults":
            await (await self._control(Request(scope, receive)))(scope, receive, send)
        elif not self.plan.rates or path.startswith("/_") or (fault := self._draw(scope)) is None:
            await self._app(scope, receive, send)
        else:
            await _INJECTIONS[fault](self, scope, receive, send)

    async def _control(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._adopt(FaultPlan.model_validate_json(await request.body()))
            except ValidationError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"plan": self.plan.model_dump(mode="json"), "injected": dict(self.injected)})

    def _draw(self, scope: Scope) -> FaultName | None:
        if self._left == 0 or not self.plan.concerns(scope["method"], scope["path"]):
            return None
        fault = self._choose(self._dice.random())
        if fault is None or (fault is FaultName.TRUNCATED and scope["method"] != "GET"):
            return None
        self._left = None if self._left is None else self._left - 1
        self.injected[fault] += 1
        return fault

    def _choose(self, dice: float) -> FaultName | None:
        for fault, rate in self.plan.rates.items():
            if dice < rate:
                return fault
            dice -= rate
        return None

    async def _lost_reply(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, _swallow)
        await _hang_up(receive, send)

    async def _dropped(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _hang_up(receive, send)

    async def _error_500(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Response("Internal Server Error", 500, media_type="text/plain")(scope, receive, send)

    async def _error_503(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Response("Service Unavailable", 503, media_type="text/plain")(scope, receive, send)

    async def _error_502_after(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, _swallow)
        await Response("Bad Gateway", 502, media_type="text/plain")(scope, receive, send)

    async def _throttled(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"Retry-After": "1"} if self._dice.random() < 0.5 else {}
        await Response("Too many requests", 429, headers, "text/plain")(scope, receive, send)

    async def _slow(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived = await _whole_request(receive)
        await asyncio.sleep(self.plan.slow_seconds)
        await self._app(scope, _again(arrived, receive), send)

    async def _html(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = "<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"
        await Response(page, 200, media_type="text/html")(scope, receive, send)

    async def _truncated(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[Message] = []

        async def keep(message: Message) -> None:
            parts.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(part.get("body", b"") for part in parts[1:])
        answer = Response(body[: len(body) // 2], parts[0]["status"], media_type="application/json")
        await answer(scope, receive, send)

    async def _token_expired(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._forget_tokens is None:
            await JSONResponse({"Message": "The token has expired."}, status_code=401)(scope, receive, send)
        else:
            self._forget_tokens()
            await self._app(scope, receive, send)


_Injection = Callable[[Faults, Scope, Receive, Send], Awaitable[None]]
_INJECTIONS: dict[FaultName, _Injection] = {name: getattr(Faults, f"_{name}") for name in FaultName}


async def _swallow(message: Message) -> None:
    """Take a part of an answer that nobody will see."""


async def _whole_request(receive: Receive) -> list[Message]:
    """Every part of a request, until its body is complete or the client is gone."""
    parts = [await receive()]
    while parts[-1].get("more_body", False):
        parts.append(await receive())
    return parts


def _again(parts: list[Message], receive: Receive) -> Receive:
    """Gives the parts that have arrived, then whatever comes."""
    coming = iter(parts)

    async def next_part() -> Message:
        return next(coming, None) or await receive()

    return next_part


async def _hang_up(receive: Receive, send: Send) -> None:
    """Cut the TCP connection; nothing more can be sent on it when this returns."""
    # uvicorn hands out a bound method of the request's cycle: the only way to its transport without a proxy between.
    cycle: Any = getattr(send, "__self__", None)
    if cycle is None:
        raise TypeError("Faults must be the outermost layer: its `send` is not the server's own")
    cycle.transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
