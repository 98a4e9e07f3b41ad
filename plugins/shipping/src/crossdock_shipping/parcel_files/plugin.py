"""The hooks of the connector for files of parcels."""

from typing import TYPE_CHECKING, Any

from crossdock import ConnectionContext, ConnectorInfo, Scenario, ShippingProvider, hookimpl

if TYPE_CHECKING:
    from crossdock_shipping.parcel_files.settings import ParcelFilesSettings


@hookimpl
def connector() -> ConnectorInfo:
    """CSV files that a shipping system writes, in a folder or on a file server."""
    from crossdock_shipping.parcel_files.server import endpoint, file_server
    from crossdock_shipping.parcel_files.settings import ParcelFilesSettings

    return ConnectorInfo(
        name="parcel_files",
        title="Parcels from files",
        settings=ParcelFilesSettings,
        endpoint=endpoint,
        requires_api=(1, 5),
        files=file_server,
    )


@hookimpl
def shipping_provider(ctx: "ConnectionContext[ParcelFilesSettings]") -> ShippingProvider:
    """The labels of which the files tell."""
    from crossdock_shipping.parcel_files.parcels import ParcelFiles

    return ParcelFiles(ctx)


@hookimpl
def sandbox(scenario: Scenario) -> Any:
    """A simulated shipping system that writes files into a folder."""
    from crossdock_shipping.parcel_files.sandbox import sandbox_app

    return sandbox_app(scenario)
