"""Orders into WarehouseOS, packed boxes out of it."""

from collections.abc import Collection, Mapping, Sequence

import httpx

from crossdock import (
    AlreadyThere,
    ConnectionContext,
    Cursor,
    OrderField,
    OutcomeUnknown,
    Page,
    Receipt,
    Rejected,
    Withdrawal,
    error_text,
)
from crossdock.domain import BundleComponent, FulfillmentRequest
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.catalog.known_items import KnownItems
from crossdock_warehouseos.errors import refusal_of
from crossdock_warehouseos.orders.comparison import contradictions
from crossdock_warehouseos.orders.document import OrderWriter, require_clear
from crossdock_warehouseos.orders.found import OrderReader
from crossdock_warehouseos.orders.interventions import Interventions
from crossdock_warehouseos.orders.lookup import OrderLookup
from crossdock_warehouseos.orders.order_fields import order_fields
from crossdock_warehouseos.probe import check_tenant
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.queue import HostQueue, TellsWork


class WarehouseOSOrders(TellsWork):
    """One tenant as a fulfillment target.

    WarehouseOS keeps order numbers unique and never updates an order, so a refused create is settled by reading the
    order that has the number, whatever words the refusal has.
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._ctx = ctx
        self._profile = ctx.settings.profile
        self._items = KnownItems(ctx)
        self._writer = OrderWriter(ctx.settings)
        reader = OrderReader(ctx.settings, self._writer.key_field)
        self._lookup = OrderLookup(ctx, reader)
        self._interventions = Interventions(ctx, reader, self._lookup)
        self._queue = HostQueue(ctx)

    async def bundle_parts(self, skus: Collection[str]) -> Mapping[str, Sequence[BundleComponent]]:
        return await self._items.bundle_parts(skus)

    def order_fields(self) -> Sequence[OrderField]:
        return order_fields(self._ctx.settings)

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        await self._require_items(request)
        document = self._writer.document(request)
        try:
            answer = await self._ctx.http.send("POST", self._profile.paths.create_order, content=document)
            return Receipt(self._created(request, answer))
        except Rejected as refusal:
            existing = await self.find_order(request)
            if existing is None:
                raise refusal from None
        raise AlreadyThere(existing.ref)

    async def _require_items(self, request: FulfillmentRequest) -> None:
        """Refuse here what WarehouseOS would skip in silence, or would answer with a new item."""
        require_clear(request)
        refusals = await self._items.refusals(line.sku for line in request.lines)
        if refusals:
            raise Rejected(*refusals)

    def _created(self, request: FulfillmentRequest, answer: httpx.Response) -> str:
        """The id of the order that was created."""
        told = fields(answer.content)
        if told is None:
            raise OutcomeUnknown(
                f"WarehouseOS answered the order {request.number} with something unexpected: "
                f"{error_text(answer.content, 120) or 'nothing'}"
            )
        if told.get(self._profile.answer.success) is False:
            raise Rejected(refusal_of(answer, self._profile.answer))
        return str(told.get(self._profile.order.id) or request.number)

    async def find_order(self, request: FulfillmentRequest) -> Receipt | None:
        found = await self._lookup.standing(request)
        if found is None:
            return None
        if found.lines:
            matches = await self._items.matches(line.sku for line in request.lines)
            if differences := contradictions(request.lines, found.lines, matches):
                raise Rejected(
                    f"WarehouseOS has order {request.number} as it was sent before, not as it is now: "
                    f"{'; '.join(differences)}; take it back or delete it there, then retry"
                )
        return Receipt(found.id or request.number, found.status or "")

    async def hold_order(self, request: FulfillmentRequest) -> Receipt:
        return await self._interventions.hold(request)

    async def resume_order(self, request: FulfillmentRequest) -> Receipt:
        return await self._interventions.resume(request)

    async def withdraw_order(self, request: FulfillmentRequest) -> Withdrawal:
        return await self._interventions.withdraw(request)

    async def fetch_shipments(self, cursor: Cursor | None) -> Page:
        return await self._queue.fetch()

    async def check(self) -> Sequence[str]:
        return await check_tenant(self._ctx)
