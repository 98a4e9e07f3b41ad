"""MiniCart as a cart: orders come from its API, and it is told what was taken and what was shipped."""

import json

from pydantic import BaseModel, SecretStr

from crossdock import ConnectionContext, ConnectorInfo, Cursor, Endpoint, FixedHeaders, Page, Receipt, Record, hookimpl
from crossdock.domain import Address, Order, OrderLine, OrderStatus, PaymentStatus, ShipmentConfirmation
from crossdock_minicart.sandbox import sandbox as sandbox


class Settings(BaseModel):
    base_url: str
    api_key: SecretStr


class MiniCartOrders:
    def __init__(self, ctx: ConnectionContext[Settings]) -> None:
        self._http = ctx.http

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        lines = (await self._http.get("/orders", params={"after": cursor or "0"})).content.splitlines()
        records = tuple(Record(str(json.loads(line)["id"]), line) for line in lines)
        return Page(records, cursor=records[-1].id if records else None, more=bool(records))

    def read_order(self, record: Record) -> Order:
        sold = json.loads(record.data)
        return Order(
            external_id=record.id,
            number=sold["number"],
            placed_at=sold["placed_at"],
            payment=PaymentStatus.PAID if sold["paid"] else PaymentStatus.PENDING,
            status=OrderStatus.OPEN,
            ship_to=Address(**sold["ship_to"]),
            requested_service=sold["delivery"],
            lines=tuple(OrderLine(external_id=row["id"], sku=row["sku"], quantity=row["qty"]) for row in sold["rows"]),
        )

    async def acknowledge_order(self, order_external_id: str) -> Receipt:
        await self._http.send("POST", f"/orders/{order_external_id}/taken", repeatable=True)
        return Receipt(order_external_id)

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        rows = {line.order_line_id: line.quantity for line in confirmation.lines}
        told = {"id": confirmation.key, "tracking": confirmation.tracking_number, "rows": rows}
        path = f"/orders/{confirmation.order_external_id}/shipments"
        await self._http.send("POST", path, content=json.dumps(told).encode())
        return Receipt(confirmation.key)

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        told = await self._http.get(f"/orders/{confirmation.order_external_id}/shipments")
        return Receipt(confirmation.key) if confirmation.key in told.json() else None


def endpoint(settings: Settings) -> Endpoint:
    return Endpoint(settings.base_url, FixedHeaders({"X-Api-Key": settings.api_key.get_secret_value()}))


@hookimpl
def connector() -> ConnectorInfo:
    return ConnectorInfo("minicart", "MiniCart", Settings, endpoint, requires_api=(1, 0))


@hookimpl
def order_source(ctx: ConnectionContext[Settings]) -> MiniCartOrders:
    return MiniCartOrders(ctx)
