"""It is described well; every other hook and every role method raises."""

from typing import Any

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


class RaisingCart:
    """An order source of which nothing works."""

    async def fetch_orders(self, cursor: Any) -> Any:
        raise RuntimeError("fetch_orders does not work")

    def read_order(self, record: Any) -> Any:
        raise RuntimeError("read_order does not work")

    async def acknowledge_order(self, order_external_id: str) -> Any:
        raise RuntimeError("acknowledge_order does not work")

    async def confirm_shipment(self, confirmation: Any) -> Any:
        raise RuntimeError("confirm_shipment does not work")

    async def find_shipment(self, confirmation: Any) -> Any:
        raise RuntimeError("find_shipment does not work")


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("raising_later")


@hookimpl
def order_source(ctx: Any) -> Any:
    """A cart of which nothing works."""
    return RaisingCart()


@hookimpl
def fulfillment_target(ctx: Any) -> Any:
    """A warehouse that cannot be opened."""
    raise RuntimeError("fulfillment_target does not work")


@hookimpl
def shipping_provider(ctx: Any) -> Any:
    """A shipping system that is none."""


@hookimpl
def sandbox(scenario: Any) -> Any:
    """A simulator that cannot be built."""
    raise RuntimeError("sandbox does not work")


@hookimpl
def order_received(order: Any) -> Any:
    """A filter that cannot decide."""
    raise RuntimeError("order_received does not work")


@hookimpl
def pipeline_opened(pipeline: str) -> None:
    """A listener that fails."""
    raise RuntimeError("pipeline_opened does not work")


@hookimpl
def connection_paused(connection: str, reason: str) -> None:
    """A listener that fails."""
    raise RuntimeError("connection_paused does not work")
