"""The API's endpoints."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.account import Account
from crossdock_channeladvisor.sandbox.catalogue import DISTRIBUTION_CENTERS, profile
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.documents import NAVIGATIONS, Fulfillment, Order
from crossdock_channeladvisor.sandbox.errors import Refused, no_route, odata_error
from crossdock_channeladvisor.sandbox.expand import read_expand
from crossdock_channeladvisor.sandbox.filter import compile_filter, required_value
from crossdock_channeladvisor.sandbox.gate import Tokens
from crossdock_channeladvisor.sandbox.listing import (
    base_of,
    check_options,
    json_answer,
    order_page,
    render_whole,
    row_page,
)
from crossdock_channeladvisor.sandbox.shipping import ship

Endpoint = Callable[[Request], Awaitable[Response]]


class Service:
    """Answers the calls of the API, and counts them by kind."""

    def __init__(self, account: Account, tokens: Tokens, counts: Counts) -> None:
        self._account = account
        self._options = account.options
        self._tokens = tokens
        self._counts = counts

    def routes(self) -> list[Route]:
        """Every path that is known."""
        order = "/v1/Orders({order_id:int})"
        return [
            self._route("POST", "/oauth2/token", "token", self._tokens.grant),
            self._route("GET", "/v1/Profiles", "profiles", self._profiles),
            self._route("GET", "/v1/DistributionCenters", "distribution_centers", self._centers),
            self._route("GET", "/v1/Orders", "orders_list", self._orders),
            self._route("GET", order, "order", self._order),
            self._route("POST", f"{order}/Export", "export", self._export),
            self._route("DELETE", f"{order}/Export", "unexport", self._unexport),
            self._route("POST", f"{order}/Ship", "ship", self._ship),
            self._route("GET", "/v1/Fulfillments", "fulfillments", self._fulfillments),
            self._route("GET", "/v1/{entity_set}({row_id:int})/{name}", "collection", self._collection),
        ]

    def _route(self, method: str, path: str, kind: str, endpoint: Endpoint) -> Route:
        async def counted(request: Request) -> Response:
            self._counts.requests[kind] += 1
            try:
                return await endpoint(request)
            except Refused as refusal:
                self._counts.refused[kind] += 1
                return refusal.answer

        return Route(path, counted, methods=[method])

    async def _profiles(self, request: Request) -> Response:
        return row_page(request, "Profiles", [profile(self._options.profile)], self._options)

    async def _centers(self, request: Request) -> Response:
        return row_page(request, "DistributionCenters", DISTRIBUTION_CENTERS, self._options)

    async def _orders(self, request: Request) -> Response:
        return order_page(self._account, request)

    async def _order(self, request: Request) -> Response:
        sale = self._account.sale(request.path_params["order_id"])
        check_options(request.query_params, {"$expand"})
        shape = read_expand(request.query_params.get("$expand"), Order)
        return json_answer(render_whole(sale, shape, base_of(request)))

    async def _export(self, request: Request) -> Response:
        self._account.export(request.path_params["order_id"], request.scope["application"])
        return Response(status_code=204)

    async def _unexport(self, request: Request) -> Response:
        self._account.unexport(request.path_params["order_id"], request.scope["application"])
        return Response(status_code=204)

    async def _ship(self, request: Request) -> Response:
        ship(self._account, request.path_params["order_id"], await request.body())
        return Response(status_code=204)

    async def _fulfillments(self, request: Request) -> Response:
        rows = self._account.fulfillments(None)
        if text := request.query_params.get("$filter"):
            matches = compile_filter(text, Fulfillment)
            rows = filter(matches, self._account.fulfillments(required_value(text, "OrderID")))
        return row_page(request, "Fulfillments", list(rows), self._options, Fulfillment, {"$filter"})

    async def _collection(self, request: Request) -> Response:
        """The rows of one collection of one document, where the link of a cut collection leads."""
        entity_set, name = request.path_params["entity_set"], request.path_params["name"]
        row = self._document(entity_set, request.path_params["row_id"])
        if row is None:
            return odata_error(404, "The row was not found.")
        known = NAVIGATIONS[type(row)]
        if name not in known:
            return no_route(str(request.url))
        return row_page(request, f"{entity_set}/{name}", getattr(row, name), self._options, known[name])

    def _document(self, entity_set: str, row_id: int) -> Struct | None:
        rows: Iterable[Any] = (sale.order for sale in self._account.sales)
        if entity_set == "Fulfillments":
            rows = self._account.fulfillments(None)
        elif entity_set == "OrderItems":
            rows = (item for order in rows for item in order.Items)
        elif entity_set != "Orders":
            return None
        return next((row for row in rows if row_id == row.ID), None)
