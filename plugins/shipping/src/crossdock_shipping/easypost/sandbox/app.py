"""The account over HTTP."""

import json
import zlib
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import format_datetime
from struct import pack
from time import monotonic
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock.sandbox import Rehearsal, about_route, rehearsal_routes
from crossdock_shipping.easypost.push import signature_of
from crossdock_shipping.easypost.sandbox.account import Account, now, shows_sale
from crossdock_shipping.easypost.sandbox.options import LabelByHand, RefundDecided, SandboxOptions
from crossdock_shipping.easypost.sandbox.playing import effects_of, made_by_hand, rehearsal_of, taken_back
from crossdock_shipping.easypost.sandbox.refusals import Refused, no_such_thing, unwanted
from crossdock_shipping.easypost.sandbox.shipments import TYPES, Shipment, document, made_id, stamp
from crossdock_shipping.easypost.sandbox.wishes import address_in, body_of, shipment_in

HOOK_PATH = "/webhooks/easypost/secret"
"""Where events are said to be sent to: part of what the second signature covers."""
_ABOUT = 'A simulated EasyPost account. base_url = "{url}/v2"; the key is in the option api_key ("sandbox-key").'
_LABELS = TypeAdapter(list[LabelByHand])
_DECISIONS = TypeAdapter(list[RefundDecided])
_Call = Callable[[Request], Awaitable[Response]]


def account_app(options: SandboxOptions, seed: int) -> Starlette:
    """The API and the control calls of one account."""
    return Desk(options, seed).app()


class Desk:
    """Answers for an account."""

    def __init__(self, options: SandboxOptions, seed: int) -> None:
        self._options = options
        self._account = Account(options, seed)
        self._seed = seed
        self._lists: deque[float] = deque()
        self._calls: Counter[str] = Counter()
        self._events: list[dict[str, Any]] = []

    def app(self) -> Starlette:
        """All routes."""
        one = "/v2/shipments/{name:path}"
        return Starlette(
            routes=[
                Route("/v2/shipments", self._guarded("draft", self._draft), methods=["POST"]),
                Route("/v2/shipments", self._guarded("list", self._list), methods=["GET"]),
                Route(f"{one}/rerate", self._guarded("rerate", self._rerate), methods=["POST"]),
                Route(f"{one}/buy", self._guarded("buy", self._buy), methods=["POST"]),
                Route(f"{one}/refund", self._guarded("refund", self._refund), methods=["POST"]),
                Route(f"{one}/label", self._guarded("label", self._label), methods=["GET"]),
                Route(one, self._guarded("look_up", self._look_up), methods=["GET"]),
                Route("/v2/addresses", self._guarded("address", self._address), methods=["POST"]),
                Route("/files/{name}", self._file, methods=["GET"]),
                Route("/_labels", self._by_hand, methods=["POST"]),
                Route("/_refunds", self._decide, methods=["POST"]),
                Route("/_events", self._show_events, methods=["GET"]),
                Route("/_truth", self._truth, methods=["GET"]),
                about_route(_ABOUT),
                *rehearsal_routes(self._rehearsal(), effects_of(self._account), self._work),
            ]
        )

    def _guarded(self, name: str, call: _Call) -> _Call:
        async def guarded(request: Request) -> Response:
            self._calls[name] += 1
            try:
                self._require_key(request)
                return await call(request)
            except Refused as refused:
                return refused.answer

        return guarded

    def _require_key(self, request: Request) -> None:
        scheme, _, proof = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            proof = b64decode(proof + "==").decode("utf-8", "replace").partition(":")[0]
        if scheme not in ("Basic", "Bearer") or proof != self._options.api_key:
            raise Refused(401, "UNAUTHORIZED", "This api key is not valid.")

    async def _draft(self, request: Request) -> Response:
        shipment = self._account.draft(shipment_in(await body_of(request)))
        return self._shown(request, shipment, sold=False, status=201)

    async def _list(self, request: Request) -> Response:
        self._require_pace()
        rows, more = self._account.listed(request.query_params)
        sold = request.query_params.get("purchased") != "false"
        shown = [self._document(request, one, sold=sold) for one in rows]
        return JSONResponse({"shipments": shown, "has_more": more})

    async def _look_up(self, request: Request) -> Response:
        shipment = self._named(request)
        return self._shown(request, shipment, sold=shows_sale(shipment))

    async def _rerate(self, request: Request) -> Response:
        shipment = self._named(request)
        self._account.rate_again(shipment)
        return JSONResponse({"rates": shipment.rates})

    async def _buy(self, request: Request) -> Response:
        asked = (await body_of(request)).get("rate")
        if not isinstance(asked, dict) or not asked.get("id"):
            raise unwanted("PARAMETER.REQUIRED", "rate", "cannot be blank")
        shipment = self._named(request)
        self._account.buy(shipment, asked["id"])
        return self._shown(request, shipment, sold=True)

    async def _refund(self, request: Request) -> Response:
        shipment = self._named(request)
        self._account.refund(shipment)
        return self._shown(request, shipment, sold=True)

    async def _label(self, request: Request) -> Response:
        shipment = self._named(request)
        wanted = request.query_params.get("file_format", "")
        if not shipment.bought:
            raise Refused(422, "SHIPMENT.POSTAGE.REQUIRED", "There is no postage for this shipment.")
        if wanted not in TYPES:
            raise Refused(422, "SHIPMENT.POSTAGE.INVALID_FORMAT", f"{wanted} is no format.")
        if wanted not in shipment.formats:
            if shipment.formats[0] != "PNG":
                raise Refused(422, "SHIPMENT.POSTAGE.FORMAT_UNAVAILABLE", "Only PNG labels can be converted.")
            shipment.formats.append(wanted)
        return self._shown(request, shipment, sold=True)

    async def _address(self, request: Request) -> Response:
        asked = await body_of(request)
        address = address_in(asked.get("address"), "address")
        shown: dict[str, Any] = {"id": made_id("adr", self._seed, self._calls["address"]), "object": "Address"}
        verified = bool({"verify", "verify_strict"} & set(asked))
        return JSONResponse(shown | address | (_verified(address) if verified else {"verifications": {}}), 201)

    async def _file(self, request: Request) -> Response:
        name, _, ending = request.path_params["name"].rpartition(".")
        shipment = self._account.shipments.get(name)
        if shipment is None or ending.upper() not in shipment.formats:
            return Response(status_code=404)
        return Response(_printed(shipment, ending.upper()), media_type=TYPES[ending.upper()])

    async def _by_hand(self, request: Request) -> Response:
        try:
            labels = _LABELS.validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        made = [self._account.by_hand(label) for label in labels]
        return JSONResponse([{"id": one.id, "tracking_code": one.tracking_code} for one in made])

    async def _decide(self, request: Request) -> Response:
        try:
            decisions = _DECISIONS.validate_json(await request.body())
            asked = [(self._account.find(one.shipment_id), one.status) for one in decisions]
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        except Refused as refused:
            return refused.answer
        self._decided(asked)
        return JSONResponse({"decided": len(asked)})

    def _decided(self, asked: Sequence[tuple[Shipment, str]]) -> None:
        refunds = [self._account.decide(shipment, status) for shipment, status in asked]
        self._events += [self._event("refund.successful", refund) for refund in refunds]

    def _rehearsal(self) -> Rehearsal:
        told = {"tracking_code": "9400111", "shipment_id": "shp_told", "status": "refunded", "carrier": "USPS"}
        return rehearsal_of(self._options, self._event("refund.successful", {"object": "Refund", **told}))

    def _work(self, seed: int) -> Mapping[str, int]:
        """A shift: carriers decide on refunds, people buy labels on the website and want some of theirs refunded."""
        waiting = [one for one in self._account.sold() if one.refund_status == "submitted"]
        self._decided([(one, "refunded") for one in waiting])
        made, voided = made_by_hand(self._account, seed), taken_back(self._account, seed)
        return {"labels": made, "voided": voided, "refunded": len(waiting)}

    async def _show_events(self, request: Request) -> Response:
        return JSONResponse(self._events)

    async def _truth(self, request: Request) -> Response:
        labels = [
            {
                "id": one.id,
                "reference": one.reference,
                "tracking_code": one.tracking_code,
                "carrier": one.bought["carrier"],
                "cost": one.bought["rate"],
                "refund": one.refund_status,
            }
            for one in self._account.sold()
            if one.bought
        ]
        drafts = len(self._account.shipments) - len(labels)
        truth = {"labels": labels, "spent": str(self._account.spent()), "drafts": drafts, "calls": self._calls}
        return JSONResponse(truth)

    def _event(self, description: str, result: dict[str, Any]) -> dict[str, Any]:
        """An event as it is sent to a webhook, with both of its signatures."""
        told = {
            "id": made_id("evt", self._seed, len(self._events)),
            "object": "Event",
            "mode": self._options.mode,
            "description": description,
            "created_at": stamp(now()),
            "previous_attributes": {},
            "status": "pending",
            "result": result,
        }
        body, sent = json.dumps(told), format_datetime(now())
        secret = self._options.webhook_secret
        headers = {
            "x-hmac-signature": signature_of(secret, body.encode()),
            "x-timestamp": sent,
            "x-path": HOOK_PATH,
            "x-hmac-signature-v2": signature_of(secret, f"{sent}POST{HOOK_PATH}".encode(), body.encode()),
        }
        return {"headers": headers, "body": body}

    def _require_pace(self) -> None:
        most, moment = self._options.lists_per_second, monotonic()
        while self._lists and self._lists[0] <= moment - 1:
            self._lists.popleft()
        if most and len(self._lists) >= most:
            raise Refused(429, "RATE_LIMITED", "You have sent too many requests; slow down.")
        self._lists.append(moment)

    def _named(self, request: Request) -> Shipment:
        name = request.path_params["name"]
        if not name or "/" in name:
            raise no_such_thing()
        return self._account.find(name)

    def _shown(self, request: Request, shipment: Shipment, *, sold: bool, status: int = 200) -> Response:
        return JSONResponse(self._document(request, shipment, sold=sold), status)

    def _document(self, request: Request, shipment: Shipment, *, sold: bool) -> dict[str, Any]:
        files = f"{str(request.base_url).rstrip('/')}/files"
        return document(shipment, self._options.mode, files, sold=sold)


def _verified(address: dict[str, Any]) -> dict[str, Any]:
    """The address with its verifications; what is found is spelt in capitals."""
    if "unknown" in address["street1"].lower():
        fault = {"code": "E.ADDRESS.NOT_FOUND", "field": "address", "message": "Address not found", "suggestion": None}
        return {"verifications": {"delivery": {"success": False, "errors": [fault], "details": {}}}}
    spelt = {name: text.upper() if isinstance(text, str) else text for name, text in address.items()}
    return {**spelt, "verifications": {"delivery": {"success": True, "errors": [], "details": {}}}}


def _printed(shipment: Shipment, wanted: str) -> bytes:
    """A file that says which parcel it is for."""
    code = shipment.tracking_code or ""
    if wanted == "ZPL":
        return f"^XA^FO50,50^A0N,36,20^FD{code}^FS^XZ".encode()
    if wanted == "PDF":
        return f"%PDF-1.4\n% label of {code}\n%%EOF\n".encode()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            (b"tEXt", b"Title\0" + code.encode()),
            (b"IDAT", zlib.compress(b"\0\0")),
            (b"IEND", b""),
        )
    )
