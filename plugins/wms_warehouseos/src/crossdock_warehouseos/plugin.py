"""The hooks of the WarehouseOS connector."""

from typing import Any

from crossdock import ConnectionContext, ConnectorInfo, FulfillmentTarget, Scenario, hookimpl
from crossdock_warehouseos.client import endpoint
from crossdock_warehouseos.settings import WarehouseOSSettings


@hookimpl
def connector() -> ConnectorInfo:
    """WarehouseOS, a warehouse management system."""
    return ConnectorInfo(
        name="warehouseos",
        title="WarehouseOS",
        settings=WarehouseOSSettings,
        endpoint=endpoint,
        requires_api=(1, 0),
    )


@hookimpl
def fulfillment_target(ctx: ConnectionContext[WarehouseOSSettings]) -> FulfillmentTarget:
    """Orders into one tenant, packed boxes out of it."""
    from crossdock_warehouseos.orders import WarehouseOSOrders

    return WarehouseOSOrders(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated tenant."""
    from crossdock_warehouseos.sandbox import sandbox_app

    return sandbox_app(scenario)
