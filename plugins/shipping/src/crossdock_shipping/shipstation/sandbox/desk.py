"""The calls of the simulated account over HTTP."""

import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock.sandbox import about_route, rehearsal_routes
from crossdock_shipping.shipstation.client import KEY_HEADER
from crossdock_shipping.shipstation.sandbox.account import CARRIERS, Account, Json, Refused
from crossdock_shipping.shipstation.sandbox.documents import (
    AddressSent,
    LabelMade,
    PurchaseSent,
    RatesSent,
    ShipmentSent,
    ShipmentsSent,
)
from crossdock_shipping.shipstation.sandbox.options import SandboxOptions
from crossdock_shipping.shipstation.sandbox.playing import effects_of, rehearsal_of, work_of

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Call = Callable[[Request], Awaitable[Response]]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_LABELS = TypeAdapter(list[LabelMade])
_ADDRESSES = TypeAdapter(list[AddressSent])
_MINUTE = 60.0
_MOST = 500
_FILES = {
    "pdf": (b"%PDF-1.4\n% label ", "application/pdf"),
    "png": (b"\x89PNG\r\n\x1a\n label ", "image/png"),
    "zpl": (b"^XA^FO50,50^FD label ", "application/zpl"),
}


class Desk:
    """Answers for one account."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._account = Account(options)
        self._calls: Counter[str] = Counter()
        self._recent: deque[float] = deque()

    def app(self) -> Starlette:
        """The API and the control calls."""
        calls: list[tuple[str, str, Call]] = [
            ("GET", "/v2/carriers", self._carriers),
            ("POST", "/v2/shipments", self._create),
            ("GET", "/v2/shipments", self._shipments),
            ("GET", "/v2/shipments/external_shipment_id/{name}", self._named),
            ("GET", "/v2/shipments/{id}", self._shipment),
            ("PUT", "/v2/shipments/{id}", self._update),
            ("PUT", "/v2/shipments/{id}/cancel", self._cancel),
            ("POST", "/v2/rates", self._rates),
            ("POST", "/v2/labels/rates/{id}", self._buy),
            ("GET", "/v2/labels", self._labels),
            ("GET", "/v2/labels/{id}", self._label),
            ("PUT", "/v2/labels/{id}/void", self._void),
            ("POST", "/v2/addresses/validate", self._addresses),
        ]
        control: list[tuple[str, str, Call]] = [
            ("GET", "/v2/downloads/{dir}/{subdir}/{filename}", self._download),
            ("POST", "/_labels", self._make),
            ("POST", "/_void", self._take_back),
            ("POST", "/_finish", self._finish),
            ("POST", "/_late", self._set_late),
            ("GET", "/_truth", self._truth),
        ]
        keyed = [Route(path, self._guarded(call), methods=[method]) for method, path, call in calls]
        told = [Route(path, _told(call), methods=[method]) for method, path, call in control]
        playing = rehearsal_routes(rehearsal_of(self._options), effects_of(self._account), work_of(self._account))
        return Starlette(routes=[*keyed, *told, *playing, about_route(f"api_key  {self._options.api_key}")])

    def _guarded(self, call: Call) -> Call:
        async def answered(request: Request) -> Response:
            if request.headers.get(KEY_HEADER) != self._options.api_key:
                raise Refused(401, "unauthorized", "The API key is invalid.", "security")
            if wait := self._wait():
                refused = _refusal(Refused(429, "rate_limit_exceeded", "Too many requests.", "system"))
                refused.headers["Retry-After"] = str(wait)
                return refused
            self._calls[f"{request.method} {request.scope['route'].path}"] += 1
            return await call(request)

        return _told(answered)

    def _wait(self) -> int:
        """Whole seconds until another call is allowed; 0: now."""
        limit, now = self._options.requests_per_minute, time.monotonic()
        while self._recent and self._recent[0] <= now - _MINUTE:
            self._recent.popleft()
        if limit is not None and len(self._recent) >= limit:
            return int(_MINUTE - (now - self._recent[0])) + 1
        self._recent.append(now)
        return 0

    async def _carriers(self, request: Request) -> Response:
        held = [{"carrier_id": name, "carrier_code": code, "friendly_name": code} for name, code in CARRIERS.items()]
        return _json({"carriers": held})

    async def _create(self, request: Request) -> Response:
        answers: list[Json] = []
        for sent in (await _sent(request, ShipmentsSent)).shipments:
            try:
                made = self._account.create(sent)
                answers.append(made | {"errors": []} | _validated(sent))
            except Refused as refused:
                answers.append({"errors": [refused.message]})
        return _json({"has_errors": any(answer["errors"] for answer in answers), "shipments": answers})

    async def _shipments(self, request: Request) -> Response:
        query = request.query_params
        held = list(self._account.shipments.values())
        for name in ("shipment_number", "external_shipment_id", "shipment_status"):
            if name in query:
                held = [shipment for shipment in held if shipment[name] == query[name]]
        return _json(_page(request, "shipments", [self._account.seen(shipment) for shipment in held]))

    async def _named(self, request: Request) -> Response:
        return _json(self._account.seen(self._account.named(request.path_params["name"])))

    async def _shipment(self, request: Request) -> Response:
        return _json(self._account.seen(self._account.shipment(request.path_params["id"])))

    async def _update(self, request: Request) -> Response:
        return _json(self._account.update(request.path_params["id"], await _sent(request, ShipmentSent)))

    async def _cancel(self, request: Request) -> Response:
        self._account.cancel(request.path_params["id"])
        return Response(status_code=204)

    async def _rates(self, request: Request) -> Response:
        sent = await _sent(request, RatesSent)
        return _json(self._account.shipment(sent.shipment_id) | {"rate_response": self._account.offers(sent)})

    async def _buy(self, request: Request) -> Response:
        label = self._account.buy(request.path_params["id"], await _sent(request, PurchaseSent))
        return _json(self._outside(request, label))

    async def _labels(self, request: Request) -> Response:
        query, held = request.query_params, self._account.shown()
        for name, field in (("shipment_id", "shipment_id"), ("label_status", "status")):
            if name in query:
                held = [label for label in held if label[field] == query[name]]
        if start := query.get("created_at_start"):
            since = _moment(start)
            held = [label for label in held if datetime.fromisoformat(label["created_at"]) >= since]
        newest_first = query.get("sort_dir", "desc") == "desc"
        held = sorted(held, key=lambda label: str(label["created_at"]), reverse=newest_first)
        return _json(_page(request, "labels", [self._outside(request, label) for label in held]))

    async def _label(self, request: Request) -> Response:
        return _json(self._outside(request, self._account.label(request.path_params["id"])))

    async def _void(self, request: Request) -> Response:
        return _json(self._account.void(request.path_params["id"]))

    async def _addresses(self, request: Request) -> Response:
        return _json([_checked(address) for address in _parsed(_ADDRESSES, await request.body())])

    async def _download(self, request: Request) -> Response:
        name, _, kind = request.path_params["filename"].partition(".")
        if kind not in _FILES:
            raise Refused(404, "invalid_identifier", "There is no such file")
        content, media_type = _FILES[kind]
        return Response(content + self._account.label(name)["tracking_number"].encode(), media_type=media_type)

    async def _make(self, request: Request) -> Response:
        made = [self._account.make(label) for label in _parsed(_LABELS, await request.body())]
        return _json({"label_ids": [label["label_id"] for label in made]})

    async def _take_back(self, request: Request) -> Response:
        self._account.take_back(self._account.label((await request.json())["label_id"]))
        return _json({"voided": True})

    async def _finish(self, request: Request) -> Response:
        label = self._account.label((await request.json())["label_id"])
        label |= {"status": "completed", "tracking_number": label["packages"][0]["tracking_number"]}
        return _json(label)

    async def _set_late(self, request: Request) -> Response:
        self._account.late = int((await request.json())["look_ups"])
        return _json({"late": self._account.late})

    async def _truth(self, request: Request) -> Response:
        account = self._account
        bought = Counter(label["external_shipment_id"] for label in account.labels.values())
        return _json(
            {
                "shipments": list(account.shipments.values()),
                "labels": list(account.labels.values()),
                "bought": bought,
                "spent": str(account.spent),
                "calls": self._calls,
            }
        )

    def _outside(self, request: Request, label: Json) -> Json:
        address = f"{str(request.base_url).rstrip('/')}/v2/downloads/1/labels/{label['label_id']}"
        files = {kind: f"{address}.{kind}" for kind in _FILES}
        return self._account.outside(label) | {"label_download": files | {"href": files[label["label_format"]]}}


def _told(call: Call) -> Call:
    """The call with its refusals as the reference tells them."""

    async def answered(request: Request) -> Response:
        try:
            return await call(request)
        except Refused as refused:
            return _refusal(refused)

    return answered


def _refusal(refused: Refused) -> Response:
    error = {"error_source": "ShipStation", "error_type": refused.kind}
    error |= {"error_code": refused.code, "message": refused.message}
    return _json({"request_id": str(uuid4()), "errors": [error]}, refused.status)


def _json(document: object, status: int = 200) -> Response:
    return Response(_ENCODER.encode(document), status, media_type="application/json")


async def _sent(request: Request, model: type[M]) -> M:
    body = await request.body()
    if not body:
        raise Refused(400, "request_body_required", "A request body is required")
    return _parsed(TypeAdapter(model), body)


def _parsed(shape: TypeAdapter[T], body: bytes) -> T:
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        code = "field_value_required" if fault["type"] == "missing" else "invalid_field_value"
        raise Refused(400, code, f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None


def _page(request: Request, name: str, rows: list[Json]) -> Json:
    """A page of a list; one behind the last is empty."""
    page, size = _whole(request, "page", 1), _whole(request, "page_size", 25)
    if size > _MOST:
        raise Refused(400, "invalid_field_value", f"page_size must not be above {_MOST}")
    pages = max(1, -(-len(rows) // size))
    return {name: rows[(page - 1) * size : page * size], "total": len(rows), "page": page, "pages": pages, "links": {}}


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise Refused(400, "invalid_field_value", f"{name} must be a number from 1 on")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise Refused(400, "invalid_field_value", f"{text} is no date-time")
    return moment


def _validated(sent: ShipmentSent) -> Json:
    return {} if sent.validate_address == "no_validation" else {"address_validation": _checked(sent.ship_to)}


def _checked(address: AddressSent) -> Json:
    """What the account thinks of an address: a code that begins with 000 is nowhere, and streets are in capitals."""
    told = address.model_dump(exclude_none=True)
    if (address.postal_code or "").startswith("000"):
        message = {"code": "a1002", "message": "Address not found", "type": "error", "detail_code": "address_not_found"}
        return {"status": "error", "original_address": told, "matched_address": None, "messages": [message]}
    matched = told | {"address_line1": address.address_line1.upper()}
    return {"status": "verified", "original_address": told, "matched_address": matched, "messages": []}
