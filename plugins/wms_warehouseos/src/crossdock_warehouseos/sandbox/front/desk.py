"""The desk of a simulated tenant: where calls come in, are counted, let in or refused."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import SandboxOptions

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Any]]
"""Gives what is told as JSON, JSON itself, or a whole response; raises `Refused`."""
LARGEST_PAGE = 1000


class Desk:
    """Makes routes of handlers; `beforehand` happens before each of them."""

    def __init__(self, options: SandboxOptions, counts: Counter[str], beforehand: Callable[[], object]) -> None:
        self.profile = options.profile
        self._api_key = options.api_key
        self._missing_answer = options.missing_answer
        self._counts = counts
        self._beforehand = beforehand

    def call(self, method: str, path: str, handler: Handler) -> Route:
        """One call of the API: counted, only with the key, writes only as JSON."""
        action = path.rsplit("/", 1)[-1]

        async def answer(request: Request) -> Response:
            self._counts[action] += 1
            self._beforehand()
            try:
                self._require_key(request)
                if method == "POST" and not request.headers.get("content-type", "").startswith("application/json"):
                    raise Refused(415, "The request must be application/json.")
                return as_json(await handler(request))
            except Refused as refusal:
                return self._refusal(refusal)

        return Route(path, answer, methods=[method])

    def control(self, method: str, path: str, handler: Handler) -> Route:
        """A call for tests and people at the scenery: without key, not counted."""

        async def answer(request: Request) -> Response:
            self._beforehand()
            try:
                return as_json(await handler(request))
            except Refused as refusal:
                return as_json({"error": str(refusal)}, refusal.status)

        return Route(path, answer, methods=[method])

    def success(self, **more: Any) -> dict[str, Any]:
        """The answer to a write that was taken."""
        return {self.profile.answer.success: True, **more}

    def missing(self, message: str) -> Any:
        """The answer to a look-up that found nothing; raises `Refused`."""
        if self._missing_answer == "404":
            raise Refused(404, message)
        return None if self._missing_answer == "null" else {}

    def page(self, request: Request, rows: Iterable[T]) -> list[T]:
        """The rows of the page that is asked for; of a mapping, its keys."""
        size = min(whole_number(request, self.profile.query.page_size, LARGEST_PAGE), LARGEST_PAGE)
        start = (whole_number(request, self.profile.query.page, 1) - 1) * size
        return list(islice(rows, start, start + size))

    def _require_key(self, request: Request) -> None:
        given = request.headers.get(self.profile.auth.key_header)
        if given is None:
            raise Refused(401, "An API key is required.")
        if given != self._api_key:
            raise Refused(403, "The API key is not valid.")

    def _refusal(self, refusal: Refused) -> Response:
        self._counts["refused"] += 1
        names = self.profile.answer
        return as_json({names.success: False, names.message: str(refusal)}, refusal.status)


def as_json(content: Any, status: int = 200) -> Response:
    """An answer of JSON, encoded here unless it is already."""
    if isinstance(content, Response):
        return content
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(body, status, media_type="application/json")


async def json_body(request: Request) -> Any:
    """The body, decoded; raises `Refused`."""
    try:
        return msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"The body is not JSON: {error}") from None


async def read_body(request: Request, shape: type[T] | TypeAdapter[T]) -> T:
    """The body as a wish of a control call; none at all wishes nothing in particular; raises `Refused`."""
    adapter = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)
    try:
        return adapter.validate_json(await request.body() or b"{}")
    except ValidationError as error:
        raise Refused(400, str(error)) from None


def whole_number(request: Request, name: str, default: int) -> int:
    """A parameter that counts from 1; raises `Refused`."""
    given = request.query_params.get(name, str(default))
    if not given.isdecimal() or int(given) < 1:
        raise Refused(400, f"{name} must be a whole number from 1.")
    return int(given)
