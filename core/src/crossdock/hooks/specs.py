"""The hooks: every place where a plugin meets crossdock.

Rules: no hook is a coroutine, no hook does I/O. The noun factories are addressed to one plugin and return objects that
follow the protocols in `crossdock.hooks.roles`; a wrapper (`@hookimpl(wrapper=True)`) can decorate what another plugin
returns. The broadcasts go to all plugins.
"""

from collections.abc import Callable
from typing import Any

import pluggy

from crossdock.domain import Order
from crossdock.hooks.context import ConnectionContext, ConnectorInfo, Scenario
from crossdock.hooks.roles import (
    CatalogSink,
    CatalogSource,
    FulfillmentTarget,
    InventorySink,
    InventorySource,
    OrderSource,
    ShippingProvider,
)

API_VERSION = (1, 5)
"""Version of this contract: the minor number grows with every addition, the major one when something breaks."""

PROJECT = "crossdock"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Context = ConnectionContext[Any]
ASGIApp = Callable[..., Any]


@hookspec(firstresult=True)
def connector() -> ConnectorInfo:
    """What I am: name, title, settings model, contract version. Called once, when the plugin is loaded."""


@hookspec(firstresult=True)
def order_source(ctx: Context) -> OrderSource:
    """Give the order source of this connection (a cart or marketplace hub)."""


@hookspec(firstresult=True)
def fulfillment_target(ctx: Context) -> FulfillmentTarget:
    """Give the fulfillment target of this connection (a warehouse)."""


@hookspec(firstresult=True)
def shipping_provider(ctx: Context) -> ShippingProvider:
    """Give the shipping provider of this connection (a system that knows tracking numbers)."""


@hookspec(firstresult=True)
def inventory_sink(ctx: Context) -> InventorySink:
    """Give the inventory sink of this connection (a cart that is told what there is of each product)."""


@hookspec(firstresult=True)
def inventory_source(ctx: Context) -> InventorySource:
    """Give the inventory source of this connection (a warehouse that tells how its stock moves)."""


@hookspec(firstresult=True)
def catalog_source(ctx: Context) -> CatalogSource:
    """Give the catalog source of this connection (a system that knows products)."""


@hookspec(firstresult=True)
def catalog_sink(ctx: Context) -> CatalogSink:
    """Give the catalog sink of this connection (a system that is told of products)."""


@hookspec(firstresult=True)
def sandbox(scenario: Scenario) -> ASGIApp:
    """Give my remote system, simulated, as an ASGI application with its state inside."""


@hookspec
def order_received(pipeline: str, order: Order) -> str | None:
    """Look at an order that was just translated; text is a reason to skip it, None lets it pass. Pure and quick."""


@hookspec
def pipeline_opened(pipeline: str) -> None:
    """A pipeline was opened; its connections are ready."""


@hookspec
def connection_paused(connection: str, reason: str) -> None:
    """A connection was paused because a person must act."""
