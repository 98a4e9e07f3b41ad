"""MiniCart as a cart: orders come from its API, and it is told what was taken and what was shipped."""

from typing import Any

from msgspec import Raw, json
from pydantic import BaseModel, Field, SecretStr

from crossdock import (
    ConnectionContext,
    ConnectorInfo,
    Cursor,
    Endpoint,
    FixedHeaders,
    Page,
    Rate,
    Receipt,
    Record,
    Scenario,
    hookimpl,
    reading,
)
from crossdock.domain import Address, Order, OrderLine, OrderStatus, PaymentStatus, ShipmentConfirmation


class Settings(BaseModel, extra="forbid"):
    """One MiniCart."""

    base_url: str = Field(description="Where it is, such as https://cart.example.")
    api_key: SecretStr = Field(description="Its key.")


class MiniCartOrders:
    def __init__(self, ctx: ConnectionContext[Settings]) -> None:
        self._http = ctx.http

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        answer = (await self._http.get("/orders", params={"after": cursor or "0"})).content
        with reading("MiniCart's list of orders"):
            records = tuple(Record(str(json.decode(it)["id"]), bytes(it)) for it in json.decode(answer, type=list[Raw]))
        return Page(records, cursor=records[-1].id if records else None, more=bool(records))

    def read_order(self, record: Record) -> Order:
        with reading("MiniCart order", record):
            sold = json.decode(record.data)
            return Order(
                external_id=record.id,
                number=sold["number"],
                placed_at=sold["placed_at"],
                payment=PaymentStatus.PAID if sold["paid"] else PaymentStatus.PENDING,
                status=OrderStatus.OPEN,
                ship_to=Address(**sold["ship_to"]),
                requested_service=sold["delivery"],
                lines=tuple(OrderLine(external_id=it["id"], sku=it["sku"], quantity=it["qty"]) for it in sold["rows"]),
            )

    async def acknowledge_order(self, order_external_id: str) -> Receipt:
        return await self._tell(f"/orders/{order_external_id}/taken", {}, repeatable=True)

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        rows = {line.order_line_id: line.quantity for line in confirmation.lines}
        told = {"id": confirmation.key, "tracking": confirmation.tracking_number, "rows": rows}
        return await self._tell(f"/orders/{confirmation.order_external_id}/shipments", told)

    async def _tell(self, path: str, told: dict[str, Any], *, repeatable: bool = False) -> Receipt:
        answer = await self._http.send("POST", path, content=json.encode(told), repeatable=repeatable)
        with reading(f"MiniCart's answer to {path}", written=True):
            return Receipt(str(json.decode(answer.content)["id"]))

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        told = await self._http.get(f"/orders/{confirmation.order_external_id}/shipments")
        with reading("MiniCart's list of shipments"):
            return Receipt(confirmation.key) if confirmation.key in told.json() else None


def endpoint(shop: Settings) -> Endpoint:
    return Endpoint(shop.base_url, FixedHeaders({"X-Api-Key": shop.api_key.get_secret_value()}), rates=(Rate(60, 1.0),))


@hookimpl
def connector() -> ConnectorInfo:
    return ConnectorInfo("minicart", "MiniCart", Settings, endpoint, requires_api=(1, 5))


@hookimpl
def order_source(ctx: ConnectionContext[Settings]) -> MiniCartOrders:
    return MiniCartOrders(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    from crossdock_minicart.sandbox import sandbox_app

    return sandbox_app(scenario)
