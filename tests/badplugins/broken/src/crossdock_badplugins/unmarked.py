"""A factory lacks its mark, so that pluggy passes it over."""

from typing import Any

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("unmarked")


def order_source(ctx: Any) -> Any:
    """Would be an order source."""
