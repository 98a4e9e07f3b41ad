"""A factory is a coroutine, which pluggy would take for the answer itself."""

from typing import Any

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("async_hook")


@hookimpl
async def order_source(ctx: Any) -> Any:
    """Would be an order source."""
