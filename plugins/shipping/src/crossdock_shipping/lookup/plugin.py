"""The hooks of the shipping connector."""

from typing import Any

from crossdock import ConnectionContext, ConnectorInfo, Scenario, ShippingProvider, hookimpl
from crossdock_shipping.lookup.client import endpoint
from crossdock_shipping.lookup.settings import ShippingSettings


@hookimpl
def connector() -> ConnectorInfo:
    """A service that looks parcels up."""
    return ConnectorInfo(
        name="shipping",
        title="Parcel look-up",
        settings=ShippingSettings,
        endpoint=endpoint,
        requires_api=(1, 5),
    )


@hookimpl
def shipping_provider(ctx: ConnectionContext[ShippingSettings]) -> ShippingProvider:
    """The tracking numbers that the warehouse does not know."""
    from crossdock_shipping.lookup.parcels import ListedParcels, ShippingParcels

    return ListedParcels(ctx) if ctx.settings.lists else ShippingParcels(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated look-up service."""
    from crossdock_shipping.lookup.sandbox import sandbox_app

    return sandbox_app(scenario)
