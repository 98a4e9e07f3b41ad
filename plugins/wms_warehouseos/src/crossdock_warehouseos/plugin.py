"""The hooks of the WarehouseOS connector."""

from typing import TYPE_CHECKING, Any

from crossdock import (
    CatalogSink,
    ConnectionContext,
    ConnectorInfo,
    FulfillmentTarget,
    InventorySource,
    NeedsConfig,
    Scenario,
    hookimpl,
)

if TYPE_CHECKING:
    from crossdock_warehouseos.settings import WarehouseOSSettings


@hookimpl
def connector() -> ConnectorInfo:
    """WarehouseOS, a warehouse management system."""
    from crossdock_warehouseos.client import endpoint
    from crossdock_warehouseos.files.server import file_server
    from crossdock_warehouseos.settings import WarehouseOSSettings

    return ConnectorInfo(
        name="warehouseos",
        title="WarehouseOS",
        settings=WarehouseOSSettings,
        endpoint=endpoint,
        requires_api=(1, 3),
        files=file_server,
    )


@hookimpl
def fulfillment_target(ctx: "ConnectionContext[WarehouseOSSettings]") -> FulfillmentTarget:
    """Orders into one tenant, packed boxes out of it."""
    if ctx.settings.transport == "files":
        from crossdock_warehouseos.files.orders import WarehouseOSFileOrders

        return WarehouseOSFileOrders(ctx)
    from crossdock_warehouseos.orders.target import WarehouseOSOrders

    return WarehouseOSOrders(ctx)


@hookimpl
def inventory_source(ctx: "ConnectionContext[WarehouseOSSettings]") -> InventorySource:
    """Stock that moves in one tenant, and what lies where."""
    if not ctx.settings.base_url:
        raise NeedsConfig("stock is told by the API alone, not by files: set base_url and api_key as well")
    from crossdock_warehouseos.inventory.source import WarehouseOSInventory

    return WarehouseOSInventory(ctx)


@hookimpl
def catalog_sink(ctx: "ConnectionContext[WarehouseOSSettings]") -> CatalogSink:
    """Items of one tenant, to be created and changed."""
    if ctx.settings.transport == "files":
        from crossdock_warehouseos.files.items import WarehouseOSFileItems

        return WarehouseOSFileItems(ctx)
    from crossdock_warehouseos.catalog.items import WarehouseOSItems

    return WarehouseOSItems(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated tenant."""
    from crossdock_warehouseos.sandbox import sandbox_app

    return sandbox_app(scenario)
