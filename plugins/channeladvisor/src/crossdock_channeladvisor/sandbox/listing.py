"""Pages: what a list call asks for, and the bytes of the answer."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, structs
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from crossdock_channeladvisor.sandbox.account import Account, Sale, Selection
from crossdock_channeladvisor.sandbox.documents import Order
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.expand import Shape, read_expand, shaped
from crossdock_channeladvisor.sandbox.options import SandboxOptions

encode = msgspec.json.Encoder().encode
_MEDIA_TYPE = "application/json; odata.metadata=minimal; odata.streaming=true"
_PAGING = {"$top", "$skip", "$count"}
_ORDER_OPTIONS = {*_PAGING, "$filter", "$expand", "$orderby"}


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


def json_answer(body: bytes) -> Response:
    """An answer of the OData layer."""
    return Response(body, headers={"OData-Version": "4.0"}, media_type=_MEDIA_TYPE)


def order_page(account: Account, request: Request) -> Response:
    """One page of orders."""
    params = request.query_params
    shape = read_expand(params.get("$expand"), Order)
    positions = account.view(_selection(params, request.scope["application"])).positions
    window = Window.of(params, account.options.page_size)
    if account.options.first_page_again and window.skip >= len(positions):
        window = Window(0, window.top, window.size)
    sales = [account.sales[position] for position in positions[window.skip : window.skip + window.size]]
    base = base_of(request)
    rows = [_render(sale, shape, account.options.expanded_rows, base) for sale in sales]
    return page(request, "Orders", rows, len(positions), window)


def row_page(
    request: Request,
    entity_set: str,
    rows: Sequence[Any],
    options: SandboxOptions,
    document: type[Struct] | None = None,
    known: Collection[str] = (),
) -> Response:
    """One page of other rows; `document` is what can be expanded in them, `known` the options beside paging."""
    params = request.query_params
    check_options(params, {*_PAGING, *known} if document is None else {*_PAGING, *known, "$expand"})
    shape = {} if document is None else read_expand(params.get("$expand"), document)
    window = Window.of(params, options.page_size)
    chosen = rows[window.skip : window.skip + window.size]
    shown = [encode(shaped(row, shape, options.expanded_rows, base_of(request))) for row in chosen]
    return page(request, entity_set, shown, len(rows), window)


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


def _render(sale: Sale, shape: Shape, cut: int, base: str) -> bytes:
    return sale.raw if sale.raw is not None else encode(shaped(sale.order, shape, cut, base))


def render_whole(sale: Sale, shape: Shape, base: str) -> bytes:
    """The bytes of one order by itself: nothing is cut."""
    if sale.raw is not None:
        return sale.raw
    alone = structs.replace(sale.order, context=f"{base}/$metadata#Orders/$entity")
    return encode(shaped(alone, shape, None, base))


def _selection(params: QueryParams, application: str) -> Selection:
    check_options(params, _ORDER_OPTIONS)
    exported = params.get("exported")
    if exported not in (None, "true", "false"):
        raise BadQuery(f"exported must be true or false, not '{exported}'.")
    return Selection(
        filter=params.get("$filter") or None,
        exported=None if exported is None else exported == "true",
        application="" if exported is None else application,
        order_by=_order_by(params.get("$orderby")),
    )


def check_options(params: QueryParams, known: Collection[str]) -> None:
    """Refuse a system query option that is not known here."""
    for name in params:
        if name.startswith("$") and name not in known:
            raise BadQuery(f"The query parameter '{name}' is not supported.")


def _order_by(text: str | None) -> tuple[str, bool] | None:
    if not text:
        return None
    name, _, direction = text.partition(" ")
    if direction.strip() not in ("", "asc", "desc"):
        raise BadQuery(f"Syntax error in $orderby '{text}': one property, then asc or desc.")
    return name, direction.strip() == "desc"
