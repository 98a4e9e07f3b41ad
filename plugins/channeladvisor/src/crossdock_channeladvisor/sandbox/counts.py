"""What was asked of the service, and what it would not do."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.errors import Refused

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Counts:
    """Calls by kind, refusals of the business by kind, refusals at the gate, and the most calls at work at once."""

    requests: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    unauthorized: int = 0
    most_at_once: int = 0

    def route(self, method: str, path: str, kind: str, endpoint: Endpoint) -> Route:
        """A route whose calls and refusals are counted."""

        async def counted(request: Request) -> Response:
            self.requests[kind] += 1
            try:
                return await endpoint(request)
            except Refused as refusal:
                self.refused[kind] += 1
                return refusal.answer

        return Route(path, counted, methods=[method])
