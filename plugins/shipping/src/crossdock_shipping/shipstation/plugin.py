"""The hooks of the ShipStation connector."""

from typing import Any

from crossdock import ConnectionContext, ConnectorInfo, Scenario, ShippingProvider, hookimpl
from crossdock_shipping.shipstation.client import endpoint
from crossdock_shipping.shipstation.settings import ShipStationSettings


@hookimpl
def connector() -> ConnectorInfo:
    """One account of ShipStation."""
    return ConnectorInfo(
        name="shipstation",
        title="ShipStation",
        settings=ShipStationSettings,
        endpoint=endpoint,
        requires_api=(1, 5),
        docs="https://docs.shipstation.com",
    )


@hookimpl
def shipping_provider(ctx: ConnectionContext[ShipStationSettings]) -> ShippingProvider:
    """Labels as they are made in one account, and labels bought there."""
    from crossdock_shipping.shipstation.labels import ShipStationLabels

    return ShipStationLabels(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated account."""
    from crossdock_shipping.shipstation.sandbox import sandbox_app

    return sandbox_app(scenario)
