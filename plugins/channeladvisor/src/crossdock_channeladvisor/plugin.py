"""The hooks of the ChannelAdvisor plugin."""

from typing import TYPE_CHECKING, Any

from crossdock import ConnectionContext, ConnectorInfo, OrderSource, Scenario, hookimpl

if TYPE_CHECKING:
    from crossdock_channeladvisor.settings import ChannelAdvisorSettings


@hookimpl
def connector() -> ConnectorInfo:
    """ChannelAdvisor, as a cart."""
    from crossdock_channeladvisor.client import endpoint
    from crossdock_channeladvisor.settings import ChannelAdvisorSettings

    return ConnectorInfo(
        name="channeladvisor",
        title="ChannelAdvisor (Rithum)",
        settings=ChannelAdvisorSettings,
        endpoint=endpoint,
        requires_api=(1, 0),
        docs="https://developer.channeladvisor.com",
    )


@hookimpl
def order_source(ctx: "ConnectionContext[ChannelAdvisorSettings]") -> OrderSource:
    """The orders of one account."""
    from crossdock_channeladvisor.orders import ChannelAdvisorOrders

    return ChannelAdvisorOrders(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated ChannelAdvisor."""
    from crossdock_channeladvisor.sandbox import sandbox_app

    return sandbox_app(scenario)
