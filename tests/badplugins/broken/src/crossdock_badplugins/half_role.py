"""Its order source lacks methods, or has them in another shape or colour."""

from typing import Any

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


class HalfCart:
    """Half an order source."""

    async def fetch_orders(self) -> Any:
        """Takes no cursor."""

    async def read_order(self, record: Any) -> Any:
        """Is async, and must not be."""

    def acknowledge_order(self, order_external_id: str) -> Any:
        """Is not async, and must be."""

    async def confirm_shipment(self, confirmation: Any) -> Any:
        """Is as it should be."""


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("half_role")


@hookimpl
def order_source(ctx: Any) -> Any:
    """Half a cart."""
    return HalfCart()
