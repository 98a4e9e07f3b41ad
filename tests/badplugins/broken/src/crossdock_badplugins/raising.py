"""Every hook raises."""

from typing import Any

from crossdock import hookimpl


def _raise(hook: str) -> Any:
    raise RuntimeError(f"{hook} does not work")


@hookimpl
def connector() -> Any:
    """What this plugin is."""
    return _raise("connector")


@hookimpl
def order_source(ctx: Any) -> Any:
    """A cart."""
    return _raise("order_source")


@hookimpl
def fulfillment_target(ctx: Any) -> Any:
    """A warehouse."""
    return _raise("fulfillment_target")


@hookimpl
def shipping_provider(ctx: Any) -> Any:
    """A shipping system."""
    return _raise("shipping_provider")


@hookimpl
def sandbox(scenario: Any) -> Any:
    """A simulator."""
    return _raise("sandbox")


@hookimpl
def order_received(pipeline: str, order: Any) -> Any:
    """A filter."""
    return _raise("order_received")


@hookimpl
def pipeline_opened(pipeline: str) -> None:
    """A listener."""
    _raise("pipeline_opened")


@hookimpl
def connection_paused(connection: str, reason: str) -> None:
    """A listener."""
    _raise("connection_paused")
