"""A factory asks for an argument that the hook does not have."""

from typing import Any

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("wrong_signature")


@hookimpl
def order_source(ctx: Any, database: Any) -> Any:
    """Would be an order source."""
