"""The API's endpoints for products and stock.

Rows of products are entity sets of their own: `/v1/ProductLabels?$filter=Name eq 'x'`, `POST /v1/AttributeValues` (both
seen in client code). Annotations such as `@odata.type` in a body are passed over, as OData wants it.

Assumed: a page of products shows expanded collections whole (the cut after 20 rows is documented for orders only); POST
answers with the whole product.
"""

import json
from typing import Any

from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.counts import Counts, Endpoint
from crossdock_channeladvisor.sandbox.errors import BadQuery, no_route
from crossdock_channeladvisor.sandbox.odata.bodies import read_body
from crossdock_channeladvisor.sandbox.odata.disorder import disordered
from crossdock_channeladvisor.sandbox.odata.expand import Shape, read_shape, shaped
from crossdock_channeladvisor.sandbox.odata.filter import possible_values
from crossdock_channeladvisor.sandbox.odata.listing import (
    LIST_OPTIONS,
    Window,
    base_of,
    check_options,
    encode,
    page,
    row_answer,
    row_page,
)
from crossdock_channeladvisor.sandbox.odata.ordering import read_order_by
from crossdock_channeladvisor.sandbox.products.documents import PRODUCT_COLLECTIONS, DCQuantity, Product
from crossdock_channeladvisor.sandbox.products.products import Products
from crossdock_channeladvisor.sandbox.products.quantities import QuantityList
from crossdock_channeladvisor.sandbox.products.rows import ATTRIBUTES, ROW_KINDS, RowKind, find_row, put_row, remove_row
from crossdock_channeladvisor.sandbox.products.views import ProductSelection

_DONE = 204
_WRITES = ("PUT", "PATCH")
_QUANTITIES = frozenset(name for name in Product.__struct_fields__ if name.endswith(("Quantity", "QuantityPooled")))
_SHORT = frozenset({"ID", "Sku"})
_ROW_SETS = {kind.entity_set: kind.collection for kind in ROW_KINDS} | {
    "Children": "Children",
    "AliasRelationships": "AliasRelationships",
}


class DCxQtyUpdate(Struct, forbid_unknown_fields=True):
    """A number for one distribution centre."""

    # A client writes the centre as text.
    DistributionCenterID: int | str
    Quantity: int


class QuantityUpdateRequest(Struct, forbid_unknown_fields=True):
    """Numbers for several distribution centres, and what they mean."""

    UpdateType: str
    Updates: list[DCxQtyUpdate]
    CompleteDCList: bool | None = None


class QuantityCall(Struct, forbid_unknown_fields=True):
    """The body of UpdateQuantity."""

    Value: QuantityUpdateRequest


class AttributeUpdate(Struct, forbid_unknown_fields=True):
    """An attribute to write."""

    Name: str
    Value: str | None = None


class AttributesUpdateRequest(Struct, forbid_unknown_fields=True):
    """Attributes to write."""

    Attributes: list[AttributeUpdate]


class AttributesCall(Struct, forbid_unknown_fields=True):
    """The body of UpdateAttributes."""

    Value: AttributesUpdateRequest


class ChildrenRemoveRequest(Struct, forbid_unknown_fields=True):
    """Children that shall stand alone."""

    ChildProductIDList: list[int]


class ChildrenCall(Struct, forbid_unknown_fields=True):
    """The body of RemoveChildren."""

    Value: ChildrenRemoveRequest


class ProductService:
    """Answers the calls about products and stock, and counts them by kind."""

    def __init__(self, products: Products, counts: Counts) -> None:
        self._products = products
        self._options = products.options
        self._counts = counts
        self._quantity_list = QuantityList(products)

    def routes(self) -> list[Route]:
        """Every path about products and stock."""
        one, route = "/v1/Products({product_id:int})", self._counts.route
        return [
            route("GET", "/v1/Products", "products_list", self._list),
            route("GET", "/v1/Products/$count", "products_count", self._count),
            route("POST", "/v1/Products", "product_create", self._create),
            route("GET", one, "product", self._product),
            *(route(method, one, "product_update", self._update) for method in _WRITES),
            route("DELETE", one, "product_delete", self._delete),
            route("POST", f"{one}/UpdateQuantity", "update_quantity", self._update_quantity),
            route("POST", f"{one}/UpdateAttributes", "update_attributes", self._update_attributes),
            route("POST", f"{one}/RemoveChildren", "remove_children", self._remove_children),
            route("GET", "/v1/DCQuantities", "dc_quantities", self._quantities),
            *(each for kind in ROW_KINDS for each in self._row_routes(kind)),
            *(route("GET", f"/v1/{name}", "product_rows", self._rows(name, kind)) for name, kind in _ROW_SETS.items()),
            route("POST", f"/v1/{ATTRIBUTES.entity_set}", "product_row_create", self._add_attribute),
            route("GET", f"{one}/{{collection}}", "product_rows", self._collection),
        ]

    def _row_routes(self, kind: RowKind) -> list[Route]:
        below = f"/v1/Products({{product_id:int}})/{kind.collection}({{key:path}})"
        in_the_set = f"/v1/{kind.entity_set}({{keys:path}})"
        show, write, remove = self._row_endpoints(kind)
        return [
            self._counts.route(method, path, f"product_row_{what}", endpoint)
            for path in (below, in_the_set)
            for method, what, endpoint in (
                ("GET", "read", show),
                *((method, "update", write) for method in _WRITES),
                ("DELETE", "delete", remove),
            )
        ]

    def _row_endpoints(self, kind: RowKind) -> tuple[Endpoint, Endpoint, Endpoint]:
        async def show(request: Request) -> Response:
            product_id, key = _keys(kind, request)
            return row_answer(request, kind.entity_set, find_row(self._products.find(product_id), kind, key))

        async def write(request: Request) -> Response:
            product_id, key = _keys(kind, request)
            product = self._products.change(product_id)
            put_row(product, kind, key, await _fields(request))
            self._products.save(product)
            return Response(status_code=_DONE)

        async def remove(request: Request) -> Response:
            product_id, key = _keys(kind, request)
            product = self._products.change(product_id)
            remove_row(product, kind, key)
            self._products.save(product)
            return Response(status_code=_DONE)

        return show, write, remove

    def _rows(self, entity_set: str, collection: str) -> Endpoint:
        async def rows(request: Request) -> Response:
            """The rows of one collection of all products, or of those that the filter names."""
            products, condition = self._products, request.query_params.get("$filter")
            ids = possible_values(condition, "ProductID") if condition else None
            positions = products.all_positions() if ids is None else products.positions_of_ids(ids)
            found = (row for each in positions for row in getattr(products.at(each, quantities=False), collection))
            return row_page(request, entity_set, found, self._options, PRODUCT_COLLECTIONS[collection])

        return rows

    async def _add_attribute(self, request: Request) -> Response:
        fields = await _fields(request)
        product_id, name = fields.get("ProductID"), fields.get("Name")
        if not isinstance(product_id, int) or not isinstance(name, str):
            raise BadQuery("The request is invalid. ProductID and Name are required.")
        product = self._products.change(product_id)
        put_row(product, ATTRIBUTES, name, fields)
        self._products.save(product)
        return row_answer(request, ATTRIBUTES.entity_set, find_row(product, ATTRIBUTES, name), 201)

    async def _list(self, request: Request) -> Response:
        params = request.query_params
        check_options(params, LIST_OPTIONS)
        shape, positions = read_shape(params, Product), self._products.positions(_selection(params))
        window = Window.of(params, self._page_size(params))
        if self._options.first_page_again and window.skip >= len(positions):
            window = Window(0, window.top, window.size)
        base = base_of(request)
        chosen = disordered(positions[window.skip : window.skip + window.size], self._options)
        rows = [encode(shaped(self._row(position, shape), shape, None, base)) for position in chosen]
        return page(request, _entity_set(params), rows, len(positions), window)

    def _page_size(self, params: QueryParams) -> int:
        names = {name.strip() for name in params.get("$select", "").split(",")}
        return self._options.short_page_size if names <= _SHORT and "$expand" not in params else self._options.page_size

    def _row(self, position: int, shape: Shape) -> Product:
        collections = bool(shape.expand.keys() - {"DCQuantities"})
        quantities = "DCQuantities" in shape.expand or not shape.hidden.keys() >= _QUANTITIES
        return self._products.at(position, collections=collections, quantities=quantities)

    async def _count(self, request: Request) -> Response:
        check_options(request.query_params, {"$filter"})
        return PlainTextResponse(str(len(self._products.positions(_selection(request.query_params)))))

    async def _create(self, request: Request) -> Response:
        return row_answer(request, "Products", self._products.create(await _fields(request)), 201)

    async def _product(self, request: Request) -> Response:
        return row_answer(request, "Products", self._products.find(request.path_params["product_id"]))

    async def _update(self, request: Request) -> Response:
        self._products.patch(request.path_params["product_id"], await _fields(request))
        return Response(status_code=_DONE)

    async def _delete(self, request: Request) -> Response:
        self._products.delete(request.path_params["product_id"])
        return Response(status_code=_DONE)

    async def _update_quantity(self, request: Request) -> Response:
        call = read_body(await request.body(), QuantityCall).Value
        numbers = {_center(update): update.Quantity for update in call.Updates}
        if not numbers or len(numbers) < len(call.Updates):
            raise BadQuery("The request is invalid. Updates must name one or more distribution centers, each once.")
        product_id, complete = request.path_params["product_id"], bool(call.CompleteDCList)
        self._products.set_quantity(product_id, call.UpdateType, numbers, complete=complete)
        return Response(status_code=_DONE)

    async def _update_attributes(self, request: Request) -> Response:
        call = read_body(await request.body(), AttributesCall).Value
        product = self._products.change(request.path_params["product_id"])
        for attribute in call.Attributes:
            put_row(product, ATTRIBUTES, attribute.Name, {"Value": attribute.Value})
        self._products.save(product)
        return Response(status_code=_DONE)

    async def _remove_children(self, request: Request) -> Response:
        call = read_body(await request.body(), ChildrenCall).Value
        self._products.remove_children(request.path_params["product_id"], call.ChildProductIDList)
        return Response(status_code=_DONE)

    async def _collection(self, request: Request) -> Response:
        name = request.path_params["collection"]
        product = self._products.find(request.path_params["product_id"])
        if name not in PRODUCT_COLLECTIONS:
            return no_route(str(request.url))
        rows = getattr(product, name)
        return row_page(request, f"Products({product.ID})/{name}", rows, self._options, PRODUCT_COLLECTIONS[name])

    async def _quantities(self, request: Request) -> Response:
        params = request.query_params
        check_options(params, LIST_OPTIONS)
        shape, window = read_shape(params, DCQuantity), Window.of(params, self._options.page_size)
        order_by = read_order_by(params.get("$orderby"), DCQuantity)
        rows, total = self._quantity_list.part(params.get("$filter"), order_by, window.skip, window.size)
        shown = [encode(shaped(row, shape, None, base_of(request))) for row in disordered(list(rows), self._options)]
        return page(request, "DCQuantities", shown, total, window)


def _center(update: DCxQtyUpdate) -> int:
    try:
        return int(update.DistributionCenterID)
    except ValueError as error:
        raise BadQuery(f"The request is invalid. DistributionCenterID '{update.DistributionCenterID}'.") from error


def _selection(params: QueryParams) -> ProductSelection:
    return ProductSelection(params.get("$filter") or None, read_order_by(params.get("$orderby"), Product))


def _entity_set(params: QueryParams) -> str:
    return f"Products({params['$select'].replace(' ', '')})" if params.get("$select") else "Products"


def _keys(kind: RowKind, request: Request) -> tuple[int, str | int]:
    if "keys" in request.path_params:
        return kind.read_keys(request.path_params["keys"])
    return request.path_params["product_id"], kind.read_key(request.path_params["key"])


async def _fields(request: Request) -> dict[str, Any]:
    try:
        fields = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise BadQuery(f"The request is invalid. {error}") from error
    if not isinstance(fields, dict):
        raise BadQuery("The request is invalid. The body must be an object.")
    return {name: value for name, value in fields.items() if "@" not in name}
