"""The hooks of the ChannelAdvisor plugin."""

from typing import TYPE_CHECKING, Any

from crossdock import (
    CatalogSink,
    CatalogSource,
    ConnectionContext,
    ConnectorInfo,
    InventorySink,
    OrderSource,
    Scenario,
    hookimpl,
)

if TYPE_CHECKING:
    from crossdock_channeladvisor.settings import ChannelAdvisorSettings


@hookimpl
def connector() -> ConnectorInfo:
    """ChannelAdvisor, as a cart."""
    from crossdock_channeladvisor.client import endpoint
    from crossdock_channeladvisor.connecting import STEPS
    from crossdock_channeladvisor.files import file_server
    from crossdock_channeladvisor.settings import ChannelAdvisorSettings

    return ConnectorInfo(
        name="channeladvisor",
        title="ChannelAdvisor (Rithum)",
        settings=ChannelAdvisorSettings,
        endpoint=endpoint,
        requires_api=(1, 4),
        docs="https://developer.channeladvisor.com",
        connecting=STEPS,
        files=file_server,
        needs_tracking=True,
    )


@hookimpl
def order_source(ctx: "ConnectionContext[ChannelAdvisorSettings]") -> OrderSource:
    """The orders of one account."""
    from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders

    return ChannelAdvisorOrders(ctx)


@hookimpl
def inventory_sink(ctx: "ConnectionContext[ChannelAdvisorSettings]") -> InventorySink:
    """The stock of one account."""
    from crossdock_channeladvisor.inventory.sink import ChannelAdvisorStock

    return ChannelAdvisorStock(ctx)


@hookimpl
def catalog_source(ctx: "ConnectionContext[ChannelAdvisorSettings]") -> CatalogSource:
    """The products of one account."""
    from crossdock_channeladvisor.catalog.source import ChannelAdvisorCatalog

    return ChannelAdvisorCatalog(ctx)


@hookimpl
def catalog_sink(ctx: "ConnectionContext[ChannelAdvisorSettings]") -> CatalogSink:
    """The products of one account, to be created and changed."""
    from crossdock_channeladvisor.catalog.sink import ChannelAdvisorCatalogSink

    return ChannelAdvisorCatalogSink(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated ChannelAdvisor."""
    from crossdock_channeladvisor.sandbox import sandbox_app

    return sandbox_app(scenario)
