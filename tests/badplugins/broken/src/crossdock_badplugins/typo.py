"""A hook name is misspelt."""

from typing import Any

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("typo")


@hookimpl
def order_sorce(ctx: Any) -> Any:
    """Would be an order source."""
