"""What `crossdock check` finds, as data for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.config import Config, Mistake
    from crossdock.registry import Registry


def check_as_data(
    config: "Config", registry: "Registry", mistakes: "Sequence[Mistake]", *, connect: bool
) -> dict[str, Any]:
    """Every mistake, every plugin that cannot be used, the store, and with `connect` every connection; `well` is
    whether nothing was found."""
    plugins = {name: str(failure) for name, failure in registry.quarantined.items()}
    store = {"found": "", "error": ""} if mistakes else _store(config)
    connections = _connections(config) if connect else []
    return {
        "well": not (mistakes or plugins or store["error"] or any(one["failed"] for one in connections)),
        "file": config.file,
        "mistakes": [asdict(one) for one in mistakes],
        "plugins": plugins,
        "store": store,
        "connections": connections,
    }


def _store(config: "Config") -> dict[str, str]:
    from crossdock.config import store_url
    from crossdock.hooks.errors import CrossdockError
    from crossdock.store.look import describe_database

    try:
        return {"found": describe_database(store_url(config)), "error": ""}
    except CrossdockError as error:
        return {"found": "", "error": str(error)}


def _connections(config: "Config") -> list[dict[str, Any]]:
    import asyncio

    from crossdock.runtime.connect import try_connections

    return [asdict(one) for one in asyncio.run(try_connections(config))]
