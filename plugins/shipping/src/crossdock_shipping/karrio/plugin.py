"""The hooks of the karrio connector."""

from typing import TYPE_CHECKING, Any

from crossdock import ConnectionContext, ConnectorInfo, Scenario, ShippingProvider, hookimpl

if TYPE_CHECKING:
    from crossdock_shipping.karrio.settings import KarrioSettings


@hookimpl
def connector() -> ConnectorInfo:
    """A karrio server, which finds, buys and takes back labels of many carriers."""
    from crossdock_shipping.karrio.client import endpoint
    from crossdock_shipping.karrio.settings import KarrioSettings

    return ConnectorInfo(
        name="karrio",
        title="karrio",
        settings=KarrioSettings,
        endpoint=endpoint,
        requires_api=(1, 5),
        docs="https://karrio.io/docs",
    )


@hookimpl
def shipping_provider(ctx: "ConnectionContext[KarrioSettings]") -> ShippingProvider:
    """The labels of one server."""
    from crossdock_shipping.karrio.labels import KarrioLabels

    return KarrioLabels(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated karrio server."""
    from crossdock_shipping.karrio.sandbox import sandbox_app

    return sandbox_app(scenario)
