"""Takes its time to be imported."""

import time

from crossdock import ConnectorInfo, hookimpl
from crossdock_badplugins.description import describe

time.sleep(0.05)


@hookimpl
def connector() -> ConnectorInfo:
    """What this plugin is."""
    return describe("slow")
