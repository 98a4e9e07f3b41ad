"""Was written for a contract that does not exist yet."""

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("future_api", requires_api=(99, 0))
