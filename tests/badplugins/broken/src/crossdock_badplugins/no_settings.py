"""Its settings are no pydantic model."""

from dataclasses import replace

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return replace(describe("no_settings"), settings=dict)  # type: ignore[arg-type]
