"""Orders into WarehouseOS, packed boxes out of it."""

from collections.abc import Sequence

import httpx
import msgspec
from pydantic import ValidationError

from crossdock import (
    AlreadyThere,
    ConnectionContext,
    Cursor,
    NeedsConfig,
    OutcomeUnknown,
    Page,
    Receipt,
    Record,
    Rejected,
    error_text,
)
from crossdock.domain import FulfillmentRequest, Shipment
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.errors import explainer, not_as_promised, require_success
from crossdock_warehouseos.host_queue import UNNAMED, MessageReader
from crossdock_warehouseos.items import KnownItems
from crossdock_warehouseos.models import OrderFound, renamed
from crossdock_warehouseos.order_document import OrderWriter
from crossdock_warehouseos.settings import WarehouseOSSettings


class WarehouseOSOrders:
    """One tenant as a fulfillment target.

    WarehouseOS keeps order numbers unique and never updates an order, so a refused create is settled by reading the
    order that has the number, whatever words the refusal has. Host messages are taken to come at least once and in
    no order, and to stay until they are acknowledged (assumed).
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        settings = ctx.settings
        self._settings = settings
        self._profile = settings.profile
        self._http = ctx.http
        self._items = KnownItems(ctx)
        self._writer = OrderWriter(settings)
        self._messages = MessageReader(settings)
        self._explain = explainer(self._profile.answer)
        names = {**self._profile.order.model_dump(), "request_key": self._writer.key_field}
        self._found = renamed(OrderFound, names)

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        await self._require_items(request)
        document = self._writer.document(request)
        try:
            answer = await self._http.send("POST", self._profile.paths.create_order, content=document)
            return Receipt(self._created(request, answer))
        except Rejected as refusal:
            existing = await self.find_order(request)
            if existing is None:
                raise refusal from None
        raise AlreadyThere(existing.ref)

    async def _require_items(self, request: FulfillmentRequest) -> None:
        """Refuse here what WarehouseOS would skip in silence, or would answer with a new item."""
        bare = [line.id for line in request.lines if not line.sku.strip()]
        if bare or not request.lines:
            where = f"line {', '.join(bare)} has no SKU" if bare else "there are no lines"
            raise Rejected(f"order {request.number}: {where}, and WarehouseOS skips such an order as a whole")
        if self._settings.resolve_skus:
            missing = await self._items.missing(line.sku for line in request.lines)
            if missing:
                listed = ", ".join(dict.fromkeys(missing))
                raise Rejected(f"SKU {listed} is not an item in WarehouseOS; add it there, then retry")

    def _created(self, request: FulfillmentRequest, answer: httpx.Response) -> str:
        """The id of the order that was created."""
        told = fields(answer.content)
        if told is None:
            raise OutcomeUnknown(
                f"WarehouseOS answered the order {request.number} with something unexpected: "
                f"{error_text(answer.content, 120) or 'nothing'}"
            )
        if told.get(self._profile.answer.success) is False:
            raise Rejected(self._explain(answer.status_code, answer.content))
        return str(told.get(self._profile.order.id) or request.number)

    async def find_order(self, request: FulfillmentRequest) -> Receipt | None:
        found = await self._order_with(request.number)
        if found is None:
            return None
        if found.request_key != request.key:
            field = self._writer.key_field
            raise Rejected(
                f"order number {request.number} belongs to another order in WarehouseOS: its {field} is "
                f"'{found.request_key or ''}', ours is '{request.key}'; renumber or delete one of them, then retry"
            )
        return Receipt(found.id or request.number, found.status or "")

    async def _order_with(self, number: str) -> OrderFound | None:
        profile = self._profile
        answer = await self._http.get(profile.paths.get_order, params={profile.query.order_number: number}, raw=True)
        if answer.status_code == 404:
            return None
        require_success(answer, "paths.get_order")
        found = self._read_found(answer.content)
        if found is None or found.number is None:
            return None
        if found.number != number:
            raise NeedsConfig(
                f"WarehouseOS was asked for order {number} and gave {found.number}; "
                "compare profile.query.order_number in the settings with Admin > API Docs of the tenant"
            )
        return found

    def _read_found(self, body: bytes) -> OrderFound | None:
        """The order in an answer; None for an answer of `null`, or nothing at all."""
        if body.strip() in (b"", b"null"):
            return None
        try:
            return self._found.model_validate_json(body)
        except ValidationError:
            raise not_as_promised("the look-up of an order", body) from None

    async def fetch_shipments(self, cursor: Cursor | None) -> Page:
        profile = self._profile
        size = self._settings.queue_page_size
        answer = await self._http.get(profile.paths.get_messages, params={profile.query.count: str(size)}, raw=True)
        require_success(answer, "paths.get_messages")
        records = self._messages.records(answer.content)
        if records is None:
            raise not_as_promised("the host queue", answer.content)
        return Page(records, more=len(records) >= size)

    def read_shipment(self, record: Record) -> Shipment | None:
        return self._messages.shipment(record)

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        named = [id_ for id_ in ids if not id_.startswith(UNNAMED)]
        if named:
            body = msgspec.json.encode({self._profile.message.ids: named})
            path = self._profile.paths.acknowledge_messages
            answer = await self._http.send("POST", path, content=body, repeatable=True, raw=True)
            require_success(answer, "paths.acknowledge_messages")

    async def check(self) -> Sequence[str]:
        items = await self._items.read_page(1, 1)
        first = f"items are listed, the first is {items[0].number}" if items else "no item is listed yet"
        return [f"WarehouseOS at {self._settings.base_url} takes the key", first]
