"""The API's endpoints around orders: what is read and what is done."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.catalogue import DISTRIBUTION_CENTERS, profile
from crossdock_channeladvisor.sandbox.counts import Counts, Endpoint
from crossdock_channeladvisor.sandbox.documents import NAVIGATIONS, DistributionCenter, OrderItem, Profile, SiteAccount
from crossdock_channeladvisor.sandbox.errors import no_route, no_such_row
from crossdock_channeladvisor.sandbox.odata.filter import required_value
from crossdock_channeladvisor.sandbox.odata.listing import order_answer, order_page, row_answer, row_page
from crossdock_channeladvisor.sandbox.orders import adjustments, fulfillments
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.editing import edit_order
from crossdock_channeladvisor.sandbox.orders.rows import ROWS, joined, with_fulfillment_items
from crossdock_channeladvisor.sandbox.orders.shipping import ship
from crossdock_channeladvisor.sandbox.orders.sites import SiteDocument, site_documents

Deed = Callable[[Account, int, bytes], None]
KINDS = {
    "OrderItems": "order_items",
    "Fulfillments": "fulfillments",
    "FulfillmentItems": "fulfillment_items",
    "OrderAdjustments": "order_adjustments",
    "OrderItemAdjustments": "order_item_adjustments",
}
"""Under which names the calls of the entity sets are counted."""


class Service:
    """Answers the calls of the API, and counts them by kind."""

    def __init__(self, account: Account, counts: Counts) -> None:
        self._account = account
        self._options = account.options
        self._counts = counts

    def routes(self) -> list[Route]:
        """Every path that is known."""
        return [*self._reading(), *self._doing(), *self._collections()]

    def _reading(self) -> list[Route]:
        route = self._counts.route
        named = [
            route("GET", "/v1/Profiles", "profiles", self._profiles),
            route("GET", "/v1/Profiles({row_id:int})", "profiles", self._profile),
            route("GET", "/v1/Profiles({row_id:int})/SiteAccounts", "profiles", self._site_accounts),
            route("GET", "/v1/DistributionCenters", "distribution_centers", self._centers),
            route("GET", "/v1/DistributionCenters({row_id})", "distribution_center", self._center),
            route("GET", "/v1/Sites", "sites", self._sites),
            route("GET", "/v1/Sites({row_id:int})", "site", self._site),
            route("GET", "/v1/Orders", "orders_list", self._orders),
            route("GET", "/v1/Orders({row_id:int})", "order", self._order),
        ]
        lists = [route("GET", f"/v1/{name}", kind, self._rows(name)) for name, kind in KINDS.items()]
        singles = [route("GET", f"/v1/{name}({{row_id:int}})", kind, self._row(name)) for name, kind in KINDS.items()]
        return [*named, *lists, *singles]

    def _doing(self) -> list[Route]:
        route = self._counts.route
        order, fulfillment = "/v1/Orders({row_id:int})", "/v1/Fulfillments({row_id:int})"
        deeds: tuple[tuple[str, str, str, Deed], ...] = (
            ("PATCH", order, "order_edit", edit_order),
            ("PUT", order, "order_edit", edit_order),
            ("POST", f"{order}/Ship", "ship", ship),
            ("POST", f"{order}/Adjust", "adjust", adjustments.adjust_order),
            ("POST", f"{order}/Confirm", "decide", fulfillments.confirm_order),
            ("POST", f"{order}/Deny", "decide", fulfillments.deny_order),
            ("POST", "/v1/OrderItems({row_id:int})/Adjust", "adjust", adjustments.adjust_line),
            ("PATCH", fulfillment, "fulfillment_edit", fulfillments.edit),
            ("PUT", fulfillment, "fulfillment_edit", fulfillments.edit),
            ("POST", f"{fulfillment}/Move", "fulfillment_move", fulfillments.move_all),
            ("POST", "/v1/FulfillmentItems({row_id:int})/Move", "fulfillment_move", fulfillments.move_item),
            ("POST", f"{fulfillment}/Confirm", "decide", fulfillments.confirm),
            ("POST", f"{fulfillment}/Deny", "decide", fulfillments.deny),
        )
        return [
            route("POST", f"{order}/Export", "export", self._export),
            route("DELETE", f"{order}/Export", "unexport", self._unexport),
            route("POST", "/v1/Fulfillments", "fulfillment_create", self._create_fulfillment),
            *(route(method, path, kind, self._call(deed)) for method, path, kind, deed in deeds),
        ]

    def _collections(self) -> list[Route]:
        path = "/v1/{entity_set}({row_id:int})/{name}"
        return [
            self._counts.route("GET", path.replace("{entity_set}", name), "collection", self._collection(name))
            for name in ("Orders", *KINDS)
        ]

    async def _profiles(self, request: Request) -> Response:
        rows = [profile(profile_id) for profile_id in self._options.profiles]
        return row_page(request, "Profiles", rows, self._options, Profile)

    async def _profile(self, request: Request) -> Response:
        return row_answer(request, "Profiles", self._known_profile(request))

    async def _site_accounts(self, request: Request) -> Response:
        rows = self._known_profile(request).SiteAccounts
        return row_page(request, "Profiles/SiteAccounts", rows, self._options, SiteAccount)

    def _known_profile(self, request: Request) -> Profile:
        row_id = request.path_params["row_id"]
        if row_id not in self._options.profiles:
            raise no_such_row("Profiles", row_id)
        return profile(row_id)

    async def _centers(self, request: Request) -> Response:
        rows = [center for center in DISTRIBUTION_CENTERS.values() if not center.IsDeleted]
        return row_page(request, "DistributionCenters", rows, self._options, DistributionCenter)

    async def _center(self, request: Request) -> Response:
        try:
            row_id = int(request.path_params["row_id"])
        except ValueError:
            return no_route(str(request.url))
        if row_id not in DISTRIBUTION_CENTERS:
            raise no_such_row("DistributionCenters", row_id)
        return row_answer(request, "DistributionCenters", DISTRIBUTION_CENTERS[row_id])

    async def _sites(self, request: Request) -> Response:
        return row_page(request, "Sites", site_documents(self._options).values(), self._options, SiteDocument)

    async def _site(self, request: Request) -> Response:
        sites, row_id = site_documents(self._options), request.path_params["row_id"]
        if row_id not in sites:
            raise no_such_row("Sites", row_id)
        return row_answer(request, "Sites", sites[row_id])

    async def _orders(self, request: Request) -> Response:
        return order_page(self._account, request)

    async def _order(self, request: Request) -> Response:
        return order_answer(self._account, self._account.sale(request.path_params["row_id"]), request)

    async def _export(self, request: Request) -> Response:
        self._account.export(request.path_params["row_id"], request.scope["application"])
        return Response(status_code=204)

    async def _unexport(self, request: Request) -> Response:
        self._account.unexport(request.path_params["row_id"], request.scope["application"])
        return Response(status_code=204)

    async def _create_fulfillment(self, request: Request) -> Response:
        made = fulfillments.create(self._account, await request.body())
        return row_answer(request, "Fulfillments", made, 201)

    def _call(self, deed: Deed) -> Endpoint:
        async def call(request: Request) -> Response:
            deed(self._account, request.path_params["row_id"], await request.body())
            return Response(status_code=204)

        return call

    def _rows(self, entity_set: str) -> Endpoint:
        async def rows(request: Request) -> Response:
            text = request.query_params.get("$filter")
            order_id = required_value(text, "OrderID") if text else None
            found = self._account.rows(entity_set, order_id)
            return row_page(request, entity_set, map(self._whole, found), self._options, ROWS[entity_set][0])

        return rows

    def _row(self, entity_set: str) -> Endpoint:
        async def row(request: Request) -> Response:
            _, found = self._account.row(entity_set, request.path_params["row_id"])
            return row_answer(request, entity_set, self._whole(found))

        return row

    def _collection(self, entity_set: str) -> Endpoint:
        async def collection(request: Request) -> Response:
            """The rows of one collection of one document, where the link of a cut collection leads."""
            sale, row = self._account.row(entity_set, request.path_params["row_id"])
            name, known = request.path_params["name"], NAVIGATIONS.get(type(row), {})
            if name not in known:
                return no_route(str(request.url))
            whole = joined(sale, exports=True, items=True) if row is sale.order else self._whole(row)
            return row_page(request, f"{entity_set}/{name}", getattr(whole, name), self._options, known[name])

        return collection

    def _whole(self, row: Any) -> Any:
        """The row with the collections that its document does not hold."""
        if isinstance(row, OrderItem):
            return with_fulfillment_items(row, self._account.sale(row.OrderID).order)
        return row
