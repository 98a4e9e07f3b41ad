"""Pages: what a list call asks for, and the bytes of the answer."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from crossdock_channeladvisor.sandbox.documents import Order
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.odata.disorder import disordered, drifted, renamed
from crossdock_channeladvisor.sandbox.odata.expand import Shape, read_shape, shaped
from crossdock_channeladvisor.sandbox.odata.filter import compile_filter
from crossdock_channeladvisor.sandbox.odata.ordering import in_order, read_order_by
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.rows import joined
from crossdock_channeladvisor.sandbox.orders.sale import Sale
from crossdock_channeladvisor.sandbox.orders.views import Selection

encode = msgspec.json.Encoder().encode
_MEDIA_TYPE = "application/json; odata.metadata=minimal; odata.streaming=true"
SHAPE_OPTIONS = {"$select", "$expand"}
LIST_OPTIONS = {"$top", "$skip", "$count", "$filter", "$orderby", *SHAPE_OPTIONS}


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for."""

    skip: int
    top: int | None
    size: int

    @classmethod
    def of(cls, params: QueryParams, page_size: int) -> "Window":
        """The part named by `$skip` and `$top`; a `$top` above the page size is cut without a word."""
        skip, top = _whole_number(params, "$skip") or 0, _whole_number(params, "$top")
        return cls(skip, top, page_size if top is None else min(top, page_size))

    def next_options(self, total: int) -> dict[str, int]:
        """The options of the page after this one; none if there is none."""
        end = self.skip + self.size
        left = None if self.top is None else self.top - self.size
        if end >= total or left == 0:
            return {}
        return {"$skip": end} if left is None else {"$top": left, "$skip": end}


def _whole_number(params: QueryParams, name: str) -> int | None:
    text = params.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise BadQuery(f"Invalid value '{text}' for {name} query option found. It must be a non-negative integer.")
    return int(text)


def base_of(request: Request) -> str:
    """Where the API begins, as the caller reached it."""
    return f"{request.url.scheme}://{request.url.netloc}/v1"


def json_answer(body: bytes, status: int = 200) -> Response:
    """An answer of the OData layer."""
    return Response(body, status, headers={"OData-Version": "4.0"}, media_type=_MEDIA_TYPE)


def order_page(account: Account, request: Request) -> Response:
    """One page of orders."""
    params, options = request.query_params, account.options
    shape = read_shape(params, Order)
    positions = account.view(_selection(params, request.scope["application"])).positions
    window = Window.of(params, options.page_size)
    if options.first_page_again and window.skip >= len(positions):
        window = Window(0, window.top, window.size)
    chosen = disordered(positions[window.skip : window.skip + window.size], options)
    base = base_of(request)
    rows = [render(account.sales[position], shape, options.expanded_rows, base, options) for position in chosen]
    return page(request, "Orders", rows, len(positions), window)


def row_page(
    request: Request, entity_set: str, rows: Iterable[Any], options: SandboxOptions, document: type[Struct]
) -> Response:
    """One page of other rows, all of which are documents of one kind."""
    params = request.query_params
    check_options(params, LIST_OPTIONS)
    shape = read_shape(params, document)
    kept = in_order(_kept(rows, params, document), read_order_by(params.get("$orderby"), document), document)
    window = Window.of(params, options.page_size)
    chosen = disordered(kept[window.skip : window.skip + window.size], options)
    shown = [encode(shaped(row, shape, options.expanded_rows, base_of(request))) for row in chosen]
    return page(request, entity_set, shown, len(kept), window)


def _kept(rows: Iterable[Any], params: QueryParams, document: type[Struct]) -> Sequence[Any]:
    condition = params.get("$filter")
    return list(filter(compile_filter(condition, document), rows) if condition else rows)


def row_answer(request: Request, entity_set: str, row: Struct, status: int = 200) -> Response:
    """One row by itself: nothing is cut."""
    check_options(request.query_params, SHAPE_OPTIONS)
    base = base_of(request)
    shown = encode(shaped(row, read_shape(request.query_params, type(row)), None, base))
    context = encode(f"{base}/$metadata#{entity_set}/$entity")
    return json_answer(b'{"@odata.context":' + context + b"," + shown[1:], status)


def page(request: Request, entity_set: str, rows: Iterable[bytes], total: int, window: Window) -> Response:
    """The answer around the rows: context, count if asked for, the link to the next page if there is one."""
    parts = [b'{"@odata.context":', encode(f"{base_of(request)}/$metadata#{entity_set}")]
    if request.query_params.get("$count") == "true":
        parts.append(b',"@odata.count":%d' % total)
    parts += [b',"value":[', b",".join(rows), b"]"]
    if options := window.next_options(total):
        parts += [b',"@odata.nextLink":', encode(_link(request, options))]
    return json_answer(b"".join([*parts, b"}"]))


def _link(request: Request, options: dict[str, int]) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("$skip", "$top")]
    query = urlencode([*kept, *options.items()], safe="$(),':=", quote_via=quote)
    return f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{query}"


def render(sale: Sale, shape: Shape, cut: int | None, base: str, options: SandboxOptions) -> bytes:
    """The bytes of one order, its collections cut after `cut` rows."""
    if sale.raw is not None:
        return sale.raw
    order = joined(sale, exports=shape.wants("Exports"), items=shape.wants("Items", "FulfillmentItems"))
    return drifted(encode(shaped(renamed(order, options), shape, cut, base)), options)


def order_answer(account: Account, sale: Sale, request: Request) -> Response:
    """One order by itself: nothing is cut."""
    check_options(request.query_params, SHAPE_OPTIONS)
    shape, base = read_shape(request.query_params, Order), base_of(request)
    shown = render(sale, shape, None, base, account.options)
    if sale.raw is not None:
        return json_answer(shown)
    context = encode(f"{base}/$metadata#Orders/$entity")
    return json_answer(b'{"@odata.context":' + context + b"," + shown[1:])


def _selection(params: QueryParams, application: str) -> Selection:
    check_options(params, LIST_OPTIONS)
    exported = params.get("exported")
    if exported not in (None, "true", "false"):
        raise BadQuery(f"exported must be true or false, not '{exported}'.")
    return Selection(
        filter=params.get("$filter") or None,
        exported=None if exported is None else exported == "true",
        application="" if exported is None else application,
        order_by=read_order_by(params.get("$orderby"), Order),
    )


def check_options(params: QueryParams, known: Collection[str]) -> None:
    """Refuse a system query option that is not known here."""
    for name in params:
        if name.startswith("$") and name not in known:
            raise BadQuery(f"The query parameter '{name}' is not supported.")
