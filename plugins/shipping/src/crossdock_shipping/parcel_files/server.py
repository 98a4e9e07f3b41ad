"""What the host must know of the place where the files lie."""

from crossdock import Endpoint, FileEndpoint, FixedHeaders
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings

NOWHERE = "https://parcel-files.invalid"
"""Files are all there is: nothing is called over HTTP."""


def endpoint(settings: ParcelFilesSettings) -> Endpoint:
    """No address: there is none."""
    return Endpoint(base_url=NOWHERE, authentication=FixedHeaders({}))


def file_server(settings: ParcelFilesSettings) -> FileEndpoint:
    """The folder, or the server that leads there."""
    files = settings.files
    return FileEndpoint(
        protocol=files.protocol,
        host=files.host,
        user=files.user,
        password=files.password.get_secret_value(),
        port=files.port,
        timeout=files.timeout,
        trusted=files.trusted,
        host_key=files.host_key,
        private_key=files.private_key.get_secret_value(),
        root=files.folder,
    )
