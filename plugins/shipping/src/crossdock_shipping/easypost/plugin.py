"""The hooks of the EasyPost connector."""

from typing import TYPE_CHECKING, Any

from crossdock import ConnectionContext, ConnectorInfo, Scenario, ShippingProvider, hookimpl

if TYPE_CHECKING:
    from crossdock_shipping.easypost.settings import EasyPostSettings


@hookimpl
def connector() -> ConnectorInfo:
    """EasyPost, which sells labels of many carriers."""
    from crossdock_shipping.easypost.client import endpoint
    from crossdock_shipping.easypost.settings import EasyPostSettings

    return ConnectorInfo(
        name="easypost",
        title="EasyPost",
        settings=EasyPostSettings,
        endpoint=endpoint,
        requires_api=(1, 5),
    )


@hookimpl
def shipping_provider(ctx: "ConnectionContext[EasyPostSettings]") -> ShippingProvider:
    """Labels of one account, bought here or by others."""
    from crossdock_shipping.easypost.parcels import EasyPostParcels

    return EasyPostParcels(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated account."""
    from crossdock_shipping.easypost.sandbox import sandbox_app

    return sandbox_app(scenario)
