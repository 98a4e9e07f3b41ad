"""The HTTP side of a simulated tenant."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock.sandbox import Memory, about_route
from crossdock_warehouseos.sandbox.options import SandboxOptions, Shift
from crossdock_warehouseos.sandbox.shift import work
from crossdock_warehouseos.sandbox.warehouse import Order, Refused, Warehouse

Handler = Callable[[Request], Awaitable[Any]]
LARGEST_PAGE = 1000


class Tenant:
    """Answers the calls of a host and of a test."""

    def __init__(self, options: SandboxOptions, seed: int) -> None:
        self._options = options
        self._profile = options.profile
        self._warehouse = Warehouse(options, seed)
        self._counts = self._warehouse.counts
        self._memory = Memory(options.state_file)
        if (state := self._memory.recall()) is not None:
            self._warehouse.restore(state)

    def app(self) -> Starlette:
        """The endpoints of the profile and the control endpoints."""
        paths = self._profile.paths
        return Starlette(
            routes=[
                self._call("POST", paths.create_order, self._create_order),
                self._call("GET", paths.get_order, self._get_order),
                self._call("DELETE", paths.delete_order, self._delete_order),
                self._call("GET", paths.list_items, self._list_items),
                self._call("GET", paths.get_messages, self._get_messages),
                self._call("POST", paths.acknowledge_messages, self._acknowledge_messages),
                _control("POST", "/_shift", self._shift),
                _control("POST", "/_set", self._set),
                _control("POST", "/_items", self._add_items),
                _control("GET", "/_truth", self._truth),
                self._memory.route(self._warehouse.state),
                about_route(self._about()),
            ]
        )

    def _about(self) -> str:
        key, header, items = self._options.api_key, self._profile.auth.key_header, self._profile.paths.list_items
        return f"api_key  {key}\n\n  curl -H '{header}: {key}' '{{url}}{items}'"

    def _call(self, method: str, path: str, handler: Handler) -> Route:
        """One call of the API: counted, only with the key, writes only as JSON."""
        action = path.rsplit("/", 1)[-1]

        async def answer(request: Request) -> Response:
            self._counts[action] += 1
            try:
                self._require_key(request)
                if method == "POST" and not request.headers.get("content-type", "").startswith("application/json"):
                    raise Refused(415, "The request must be application/json.")
                return _json(await handler(request))
            except Refused as refusal:
                return self._refusal(refusal)

        return Route(path, answer, methods=[method])

    def _require_key(self, request: Request) -> None:
        given = request.headers.get(self._profile.auth.key_header)
        if given is None:
            raise Refused(401, "An API key is required.")
        if given != self._options.api_key:
            raise Refused(403, "The API key is not valid.")

    def _refusal(self, refusal: Refused) -> Response:
        self._counts["refused"] += 1
        names = self._profile.answer
        return _json({names.success: False, names.message: str(refusal)}, refusal.status)

    async def _create_order(self, request: Request) -> Any:
        order = self._warehouse.create(await request.body())
        return {self._profile.answer.success: True, self._profile.order.id: order.id}

    async def _get_order(self, request: Request) -> Any:
        order = self._warehouse.order(self._asked_number(request))
        names = self._profile.order
        state = {names.id: order.id, names.status: order.status, "Packed": order.packed, "Verified": False}
        return {**msgspec.json.decode(order.document), **state}

    async def _delete_order(self, request: Request) -> Any:
        self._warehouse.delete(self._asked_number(request))
        return {self._profile.answer.success: True}

    def _asked_number(self, request: Request) -> str:
        return request.query_params.get(self._profile.query.order_number, "")

    async def _list_items(self, request: Request) -> Any:
        size = min(_whole(request, self._profile.query.page_size, LARGEST_PAGE), LARGEST_PAGE)
        start = (_whole(request, self._profile.query.page, 1) - 1) * size
        numbers = list(self._warehouse.items)[start : start + size]
        names = self._profile.item
        return {names.list: [{names.number: number, names.aliases: []} for number in numbers]}

    async def _get_messages(self, request: Request) -> bytes:
        count = min(_whole(request, self._profile.query.count, 100), LARGEST_PAGE)
        return self._warehouse.queue.pull(count)

    async def _acknowledge_messages(self, request: Request) -> Any:
        told = await _body(request)
        keys = told.get(self._profile.message.ids) if isinstance(told, dict) else None
        if not isinstance(keys, list):
            raise Refused(400, f"{self._profile.message.ids} must be a list.")
        self._warehouse.queue.acknowledge(str(key) for key in keys)
        return {self._profile.answer.success: True}

    async def _shift(self, request: Request) -> Any:
        try:
            return work(self._warehouse, Shift.model_validate_json(await request.body() or b"{}"))
        except ValidationError as error:
            raise Refused(400, str(error)) from None

    async def _set(self, request: Request) -> Any:
        told = await _body(request)
        order = self._warehouse.order(told["number"])
        order.status = told.get("status", order.status)
        order.batched = told.get("batched", order.batched)
        return {}

    async def _add_items(self, request: Request) -> Any:
        self._warehouse.items.update(dict.fromkeys(await _body(request)))
        return {}

    async def _truth(self, request: Request) -> Any:
        orders = self._warehouse.orders.values()
        creates = self._warehouse.creates
        return {
            "orders": [{**_told(order), "creates": creates[order.number]} for order in orders],
            "counts": self._counts,
            "queue": len(self._warehouse.queue),
        }


def _control(method: str, path: str, handler: Handler) -> Route:
    async def answer(request: Request) -> Response:
        try:
            return _json(await handler(request))
        except Refused as refusal:
            return _json({"error": str(refusal)}, refusal.status)

    return Route(path, answer, methods=[method])


def _told(order: Order) -> dict[str, Any]:
    shown = ("number", "key", "status", "area", "carrier", "service", "batched", "packed", "lines", "boxes")
    return {name: getattr(order, name) for name in shown}


def _json(content: Any, status: int = 200) -> Response:
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(body, status, media_type="application/json")


async def _body(request: Request) -> Any:
    try:
        return msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise Refused(400, f"The body is not JSON: {error}") from None


def _whole(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name, str(default))
    if not given.isdecimal() or int(given) < 1:
        raise Refused(400, f"{name} must be a whole number from 1.")
    return int(given)
