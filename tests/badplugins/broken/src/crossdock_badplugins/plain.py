"""A good connector: a cart with one order after the other, and a queue that wants its records acknowledged."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from crossdock import (
    ConnectionContext,
    ConnectorInfo,
    Cursor,
    OrderSource,
    Page,
    Receipt,
    Record,
    Scenario,
    hookimpl,
)
from crossdock.domain import Address, Order, OrderLine, OrderStatus, PaymentStatus, ShipmentConfirmation
from crossdock_badplugins.description import describe


class PlainCart:
    """Two orders, then no more."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        number = int(cursor or 0) + 1
        return Page((Record(str(number), b"{}"),), cursor=str(number), more=number < 2)

    def read_order(self, record: Record) -> Order:
        return Order(
            external_id=record.id,
            number=f"P-{record.id}",
            placed_at=datetime(2026, 1, 1, tzinfo=UTC),
            payment=PaymentStatus.PAID,
            status=OrderStatus.OPEN,
            ship_to=Address(name="Ada"),
            lines=(OrderLine(external_id="1", sku="0012", quantity=1),),
        )

    async def acknowledge_order(self, order_external_id: str) -> Receipt:
        return Receipt(order_external_id)

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        return Receipt(confirmation.key)

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        return None

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        """A feature beside the role."""


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("plain")


@hookimpl
def order_source(ctx: ConnectionContext[Any]) -> OrderSource:
    """A cart."""
    return PlainCart()


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulator that answers nothing."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        """Play the cart."""

    return app
