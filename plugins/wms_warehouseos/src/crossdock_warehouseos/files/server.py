"""What the host must know of the server where the agent's files lie."""

from crossdock import FileEndpoint
from crossdock_warehouseos.settings import WarehouseOSSettings


def file_server(settings: WarehouseOSSettings) -> FileEndpoint | None:
    """The file server, where files are the transport."""
    files = settings.files
    if settings.transport != "files" or files is None:
        return None
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
