"""A simulated MiniCart: its orders, which of them were taken, and the packages that it was told of."""

from collections.abc import Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock import Scenario
from crossdock.sandbox import Effect, EffectKind, Faults, KeyGate, Rehearsal, about_route, rehearsal_routes

ACCOUNT = Rehearsal(settings={"base_url": "{url}", "api_key": "mini-key"}, carrier="UPS", service="Ground")
HOME = {"name": "Ada Lovelace", "line1": "1 Analytical Way", "city": "London", "country": "GB"}


def sandbox_app(scenario: Scenario) -> Faults:
    return Faults(KeyGate(MiniCart(scenario).app(), "X-Api-Key", "mini-key"))


class MiniCart:
    def __init__(self, scenario: Scenario) -> None:
        self._orders = {number: an_order(number, scenario.seed) for number in range(1, scenario.orders + 1)}
        self._taken: set[int] = set()
        self._told: dict[int, dict[str, Any]] = {number: {} for number in self._orders}

    def app(self) -> Starlette:
        calls = [
            Route("/orders", self._list),
            Route("/orders/{id:int}/taken", self._take, methods=["POST"]),
            Route("/orders/{id:int}/shipments", self._ship, methods=["GET", "POST"]),
        ]
        control = [about_route("api_key  mini-key"), *rehearsal_routes(ACCOUNT, self._effects)]
        return Starlette(routes=[*calls, *control])

    async def _list(self, request: Request) -> Response:
        after = int(request.query_params.get("after", "0"))
        listed = [order for id, order in self._orders.items() if id > after and id not in self._taken]
        return JSONResponse(listed[:10])

    async def _take(self, request: Request) -> Response:
        self._taken |= self._orders.keys() & {request.path_params["id"]}
        return JSONResponse(dict(request.path_params), 200 if request.path_params["id"] in self._taken else 404)

    async def _ship(self, request: Request) -> Response:
        told = self._told.get(request.path_params["id"])
        if told is None or request.method == "GET":
            return JSONResponse([*(told or ())], 404 if told is None else 200)
        package, sold = await request.json(), units_of(self._orders[request.path_params["id"]])
        if any(pieces > sold.get(row, 0) for row, pieces in package["rows"].items()):
            return JSONResponse({"error": "more than was sold"}, 422)
        return JSONResponse({"id": package["id"]}, 201 if told.setdefault(package["id"], package) is package else 409)

    def _effects(self) -> Iterable[Effect]:
        for id, order in self._orders.items():
            yield Effect(kind=EffectKind.SALE, key=str(id), units=units_of(order))
            for told in self._told[id].values():
                yield Effect(kind=EffectKind.SHIPMENT, key=told["tracking"], of=str(id), units=told["rows"])
        yield from (Effect(kind=EffectKind.ACKNOWLEDGEMENT, key=str(id)) for id in self._taken)


def units_of(order: dict[str, Any]) -> dict[str, int]:
    return {row["id"]: row["qty"] for row in order["rows"]}


def an_order(number: int, seed: int) -> dict[str, Any]:
    rows = [{"id": f"{number}-{row}", "sku": f"SKU-{(seed + number * row) % 400 + 1:04}", "qty": row} for row in (1, 2)]
    about = {"id": number, "number": f"MINI-{number}", "placed_at": "2026-03-01T12:00:00Z", "paid": True}
    return {**about, "delivery": "standard", "ship_to": HOME, "rows": rows}
