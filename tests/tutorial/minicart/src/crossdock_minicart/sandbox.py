"""A simulated MiniCart: a list of open orders, a mark for those that were taken, and the shipments it was told.

    GET  /orders?after=ID        open orders that nobody has taken yet, by id, ten at most, one JSON document a line
    POST /orders/ID/taken        marks an order as taken; twice does no harm
    POST /orders/ID/shipments    one package: `id`, `tracking`, `rows`; the same id twice is refused with 409
    GET  /orders/ID/shipments    the ids of the packages it was told

Each call needs the header `X-Api-Key`; the option `api_key` of the scenario says which (`mini-key`).
`GET /_truth` shows what was taken and what was told, without the key.
"""

import json
from random import Random
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from crossdock import Scenario, hookimpl
from crossdock.sandbox import Faults, about_route

PAGE = 10


@hookimpl
def sandbox(scenario: Scenario) -> ASGIApp:
    """MiniCart with its state inside; the same scenario has the same orders."""
    return Faults(MiniCart(scenario).app())


class MiniCart:
    """The shop and its three lists."""

    def __init__(self, scenario: Scenario) -> None:
        self._key = scenario.options.get("api_key", "mini-key")
        dice = Random(scenario.seed)
        self._orders = {number: _order(number, dice) for number in range(1, scenario.orders + 1)}
        self._taken: set[int] = set()
        self._shipments: dict[int, dict[str, Any]] = {number: {} for number in self._orders}

    def app(self) -> Starlette:
        """Its API."""
        calls = [
            Route("/orders", self._list),
            Route("/orders/{id:int}/taken", self._take, methods=["POST"]),
            Route("/orders/{id:int}/shipments", self._ship, methods=["POST"]),
            Route("/orders/{id:int}/shipments", self._shipped),
        ]
        about = about_route(f"api_key  {self._key}\n\n  curl -H 'X-Api-Key: {self._key}' '{{url}}/orders'")
        return Starlette(routes=[*calls, Route("/_truth", self._truth), about])

    async def _list(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        after = int(request.query_params.get("after", "0"))
        listed = [order for id_, order in self._orders.items() if id_ > after and id_ not in self._taken]
        return PlainTextResponse("\n".join(map(json.dumps, listed[:PAGE])))

    async def _take(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        self._taken.add(request.path_params["id"])
        return JSONResponse({})

    async def _ship(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        told, shipments = await request.json(), self._shipments[request.path_params["id"]]
        if told["id"] in shipments:
            return JSONResponse({"error": f"shipment {told['id']} is known already"}, 409)
        shipments[told["id"]] = told
        return JSONResponse({}, 201)

    async def _shipped(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse(list(self._shipments[request.path_params["id"]]))

    async def _truth(self, request: Request) -> Response:
        return JSONResponse({"taken": sorted(self._taken), "shipments": self._shipments})

    def _refusal(self, request: Request) -> Response | None:
        """401 without the key, 404 for an order that is not there."""
        if request.headers.get("X-Api-Key") != self._key:
            return JSONResponse({"error": "this key is not known"}, 401)
        if request.path_params.get("id", 1) not in self._orders:
            return JSONResponse({"error": "there is no such order"}, 404)
        return None


def _order(number: int, dice: Random) -> dict[str, Any]:
    rows = [
        {"id": f"{number}-{row}", "sku": f"SKU-{dice.randint(1, 400):04}", "qty": dice.randint(1, 3)} for row in (1, 2)
    ]
    home = {"name": "Ada Lovelace", "line1": f"{number} Analytical Way", "city": "London", "country": "GB"}
    return {
        "id": number,
        "number": f"MINI-{number}",
        "placed_at": "2026-03-01T12:00:00Z",
        "paid": True,
        "delivery": "standard",
        "ship_to": home,
        "rows": rows,
    }
