"""The way to the Host Agent of one connection."""

from crossdock import ConnectionContext, FileDrop, NeedsConfig
from crossdock_warehouseos.files.box import Box
from crossdock_warehouseos.files.settings import FileSettings
from crossdock_warehouseos.settings import WarehouseOSSettings


class AgentFolder:
    """The folders that the agent watches."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self.drop, files = _required(ctx)
        self.orders = Box(self.drop, files, files.orders)
        self.items = Box(self.drop, files, files.items)
        self.picks = Box(self.drop, files, files.picks)


def _required(ctx: ConnectionContext[WarehouseOSSettings]) -> tuple[FileDrop, FileSettings]:
    if ctx.files is None or ctx.settings.files is None:
        raise NeedsConfig("transport = 'files' needs the table `files`, which says where the Host Agent's folder is")
    return ctx.files, ctx.settings.files
