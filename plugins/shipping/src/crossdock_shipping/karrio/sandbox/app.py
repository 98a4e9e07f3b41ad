"""The server's API, and who may call it how often."""

import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock.sandbox import Memory, about_route, rehearsal_routes
from crossdock_shipping.karrio.sandbox.answers import Refused, error
from crossdock_shipping.karrio.sandbox.books import Books, encoded, require_draft, with_file
from crossdock_shipping.karrio.sandbox.control import Control, wrong_order
from crossdock_shipping.karrio.sandbox.listing import page_of, wanted_by
from crossdock_shipping.karrio.sandbox.playing import effects_of, rehearsal_of, work_of

Handler = Callable[[Request], Awaitable[Response]]
MINUTE = 60.0


class KarrioApp:
    """Answers as the server does."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._calls: deque[float] = deque()

    def app(self) -> Starlette:
        """The API and the control calls."""
        shipments, one = "/v1/shipments", "/v1/shipments/{id}"
        routes = [
            Route("/", self._about, methods=["GET"]),
            Route("/v1/connections", self._guarded(self._connections, "connections"), methods=["GET"]),
            Route(shipments, self._guarded(self._list, "list"), methods=["GET"]),
            Route(shipments, self._guarded(self._create, "draft"), methods=["POST"]),
            Route(one, self._guarded(self._show, "show"), methods=["GET"]),
            Route(one + "/rates", self._guarded(self._rates, "rates"), methods=["POST"]),
            Route(one + "/purchase", self._guarded(self._purchase, "purchase"), methods=["POST"]),
            Route(one + "/cancel", self._guarded(self._cancel, "cancel"), methods=["POST"]),
            Route(one + "/documents/label", self._guarded(self._label, "label"), methods=["POST"]),
            *Control(self._books).routes(),
            Memory(self._books.options.state_file).route(self._books.state),
            about_route(f"api_key  {self._books.options.api_key}"),
            *rehearsal_routes(rehearsal_of(self._books.options), effects_of(self._books), work_of(self._books)),
        ]
        handlers: dict[Any, Any] = {Refused: lambda _, refused: refused.answer, ValidationError: wrong_order}
        return Starlette(routes=routes, exception_handlers=handlers)

    def _guarded(self, handler: Handler, call: str) -> Handler:
        """Lets in who bears the key, and not too often; counts who was let in."""

        async def guarded(request: Request) -> Response:
            self._require_key(request.headers.get("authorization"))
            self._require_pace()
            self._books.counts[call] += 1
            answer = await handler(request)
            answer.headers["X-test-mode"] = str(self._books.options.test_mode)
            return answer

        return guarded

    def _require_key(self, header: str | None) -> None:
        scheme, _, key = (header or "").partition(" ")
        if scheme.lower() != "token":
            raise error(401, "not_authenticated", "Authentication credentials were not provided.")
        if key != self._books.options.api_key:
            raise error(401, "invalid_token", "Given token not valid for any token type")

    def _require_pace(self) -> None:
        most, now = self._books.options.requests_per_minute, time.monotonic()
        while self._calls and self._calls[0] <= now - MINUTE:
            self._calls.popleft()
        if most is not None and len(self._calls) >= most:
            wait = int(self._calls[0] + MINUTE - now) + 1
            words = f"Request was throttled. Expected available in {wait} seconds."
            raise error(429, "throttled", words, headers={"Retry-After": str(wait)})
        self._calls.append(now)

    async def _about(self, request: Request) -> JSONResponse:
        return JSONResponse({"VERSION": "2026.1.32", "APP_NAME": "Karrio", "HOST": str(request.base_url)})

    async def _connections(self, request: Request) -> JSONResponse:
        rows = [
            {
                "id": f"car_{one.carrier_id}",
                "object_type": "carrier-connection",
                "carrier_name": one.carrier_name,
                "display_name": one.carrier_id,
                "carrier_id": one.carrier_id,
                "capabilities": ["shipping", "rating"],
                "active": True,
                "test_mode": self._books.options.test_mode,
            }
            for one in self._books.options.carriers
        ]
        return JSONResponse(page_of(rows, request.url, request.query_params))

    async def _list(self, request: Request) -> JSONResponse:
        query = request.query_params
        for name in ("reference", "order_id"):
            if query.get(name):
                self._books.look_ups[query[name]] += 1
        wanted = wanted_by(query)
        rows = [one.look() for one in self._books.newest_first() if wanted(one.document)]
        return JSONResponse(page_of(rows, request.url, query))

    async def _create(self, request: Request) -> JSONResponse:
        asked = await _body(request)
        shipment = self._books.draft(asked, request.headers.get("x-request-id") or f"req_{self._books.hex()}")
        if asked.get("service"):
            shipment = await self._books.buy(shipment.document["id"], asked)
        return JSONResponse(with_file(shipment), 201)

    async def _show(self, request: Request) -> JSONResponse:
        shipment = self._books.shipment(request.path_params["id"])
        return JSONResponse(shipment.look())

    async def _rates(self, request: Request) -> JSONResponse:
        shipment = self._books.shipment(request.path_params["id"])
        require_draft(shipment)
        rates, messages = self._books.rates((await _body(request)).get("carrier_ids") or ())
        shipment.document |= {"rates": rates, "messages": messages}
        return JSONResponse(shipment.document)

    async def _purchase(self, request: Request) -> JSONResponse:
        shipment = await self._books.buy(request.path_params["id"], await _body(request))
        return JSONResponse(with_file(shipment))

    async def _cancel(self, request: Request) -> JSONResponse:
        shipment, now = self._books.cancel(request.path_params["id"])
        return JSONResponse(shipment.document, 200 if now else 202)

    async def _label(self, request: Request) -> JSONResponse:
        shipment = self._books.shipments.get(id := request.path_params["id"])
        if shipment is None or not shipment.label:
            raise error(404, "not_found", f"Shipment '{id}' not found or has no label")
        (document,) = shipment.document["shipping_documents"]
        return JSONResponse({**document, "print_format": None, "base64": encoded(shipment)})


async def _body(request: Request) -> dict[str, Any]:
    try:
        body: Any = json.loads(await request.body() or b"{}")
    except ValueError as fault:
        raise error(400, "parse_error", f"JSON parse error - {fault}") from None
    if not isinstance(body, dict):
        raise error(500, "", f"'{type(body).__name__}' object has no attribute 'get'")
    return body
