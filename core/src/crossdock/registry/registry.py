"""The plugins of one process: what they are, their roles, and the hooks that all of them hear."""

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, cast

import pluggy
from pydantic import BaseModel

from crossdock.domain import Order
from crossdock.hooks.context import ConnectorInfo, Logger, Scenario
from crossdock.hooks.errors import CrossdockError, Unreadable
from crossdock.hooks.files import FileEndpoint
from crossdock.hooks.http import Endpoint
from crossdock.hooks.specs import ASGIApp, Context
from crossdock.registry.contract import ROLES
from crossdock.registry.discover import Installed
from crossdock.registry.open import Opening, PluginFault
from crossdock.registry.steps import Check, Plugin, State, Step, describe, life_of, not_reached

Listener = tuple[str, Callable[..., Any]]


class Registry:
    """The plugins that were named, ready or in quarantine, and the typed way to every hook."""

    def __init__(
        self,
        host: pluggy.PluginManager,
        plugins: Mapping[str, Plugin],
        installed: Mapping[str, tuple[Installed, ...]],
        log: Logger,
    ) -> None:
        self.plugins = plugins
        self.installed = installed
        self.connectors: Mapping[str, ConnectorInfo] = {name: one.info for name, one in plugins.items() if one.info}
        self._log = log
        self._opening = Opening(host, self.connectors)
        self._opened: dict[str, list[Step]] = {}
        self._order_received = _listeners(host, "order_received")
        self._pipeline_opened = _listeners(host, "pipeline_opened")
        self._connection_paused = _listeners(host, "connection_paused")

    @property
    def quarantined(self) -> Mapping[str, Step]:
        """The plugins that were named and cannot be used, with the step that failed."""
        return {name: plugin.failure for name, plugin in self.plugins.items() if plugin.failure}

    def roles(self, name: str) -> frozenset[str]:
        """The roles that a connector can have: those whose factory it implements."""
        return frozenset(ROLES) & self._hooks(name)

    def has_sandbox(self, name: str) -> bool:
        """Whether a connector brings a simulator of its remote system."""
        return "sandbox" in self._hooks(name)

    def why(self, name: str) -> list[Step]:
        """The life of a plugin as a checklist, with every role that it opened or failed to open."""
        plugin = self.plugins.get(name)
        steps = plugin.steps if plugin else life_of(name, self.installed)
        return [*steps, *not_reached(steps), *self._opened.get(name, ())]

    def endpoint(self, connector: str, settings: BaseModel) -> Endpoint:
        """What the transport must know of one connection; raises `PluginFault` when the plugin cannot say it."""
        info = self.connectors[connector]
        return cast(Endpoint, _made(connector, "endpoint", info.endpoint, settings, (Endpoint,)))

    def files(self, connector: str, settings: BaseModel) -> FileEndpoint | None:
        """The file server of one connection, if it has one; raises `PluginFault` when the plugin cannot say it."""
        files = self.connectors[connector].files
        allowed = (FileEndpoint, NoneType)
        return cast(FileEndpoint | None, _made(connector, "files", files, settings, allowed)) if files else None

    def open_role(self, connector: str, role: str, ctx: Context) -> Any:
        """A role of one connection, by its name in the config; raises `PluginFault` when the plugin breaks its promise.

        What comes back follows the protocol that `ROLES` names for the role.
        """
        return self._open(connector, role, ROLES[role], ctx=ctx)

    def open_sandbox(self, connector: str, scenario: Scenario) -> ASGIApp:
        """The simulator of a connector's remote system, as an ASGI application."""
        return cast(ASGIApp, self._open(connector, "sandbox", None, scenario=scenario))

    @property
    def wants_orders(self) -> bool:
        """Whether any plugin looks at received orders; if none does, `order_received` need not be called."""
        return bool(self._order_received)

    def order_received(self, pipeline: str, order: Order) -> str | None:
        """A plugin's reason to skip the order, or None.

        A plugin that fails to decide makes the order a problem (`Unreadable`): an order that a filter was to stop is
        not shipped because the filter is broken, and it is not lost either.
        """
        for plugin, look_at in self._order_received:
            try:
                reason = look_at(pipeline=pipeline, order=order)
            except Exception as error:
                raise self._undecided(plugin, order, describe(error)) from error
            if reason is not None and not isinstance(reason, str):
                raise self._undecided(plugin, order, f"it returned {type(reason).__name__} and not text")
            if reason:
                return reason
        return None

    def pipeline_opened(self, pipeline: str) -> None:
        """Tell every plugin that a pipeline was opened."""
        self._tell(self._pipeline_opened, "pipeline_opened", pipeline=pipeline)

    def connection_paused(self, connection: str, reason: str) -> None:
        """Tell every plugin that a connection was paused."""
        self._tell(self._connection_paused, "connection_paused", connection=connection, reason=reason)

    def _hooks(self, name: str) -> frozenset[str]:
        plugin = self.plugins.get(name)
        return plugin.hooks if plugin and plugin.info else frozenset()

    def _open(self, connector: str, hook: str, protocol: type | None, **arguments: Any) -> Any:
        if hook not in self._hooks(connector):
            raise PluginFault([connector], hook, self._cannot_open(connector))
        try:
            made = self._opening.open(connector, hook, protocol, arguments)
        except PluginFault as fault:
            self._log.warning("plugin fault", plugins=fault.plugins, hook=hook, reason=fault.reason)
            self._note_fault(connector, fault)
            raise
        self._note(connector, Step(Check.OPENED, State.PASSED, hook))
        return made

    def _cannot_open(self, connector: str) -> str:
        failure = next((step for step in self.why(connector) if step.state is State.FAILED), None)
        return str(failure) if failure else f"it has {', '.join(sorted(self._hooks(connector)))} and not this one"

    def _note_fault(self, connector: str, fault: PluginFault) -> None:
        for plugin in fault.plugins:
            self._note(plugin, Step(Check.OPENED, State.FAILED, f"{fault.hook}: {fault.reason}", "Upgrade the plugin."))
        if connector not in fault.plugins:
            guilty = ", ".join(fault.plugins)
            advice = f"See `crossdock plugins why {fault.plugins[0]}`."
            self._note(connector, Step(Check.OPENED, State.FAILED, f"{fault.hook}: broken by {guilty}", advice))

    def _note(self, plugin: str, step: Step) -> None:
        opened = self._opened.setdefault(plugin, [])
        if step not in opened:
            opened.append(step)

    def _undecided(self, plugin: str, order: Order, reason: str) -> Unreadable:
        self._log.warning("plugin fault", plugin=plugin, hook="order_received", reason=reason)
        return Unreadable(
            f"Plugin '{plugin}' could not say whether to take order {order.number}: {reason}. "
            "Repair the plugin or take it out of the config, then retry the order."
        )

    def _tell(self, listeners: list[Listener], hook: str, **news: str) -> None:
        for plugin, hear in listeners:
            try:
                hear(**news)
            except Exception as error:
                self._log.warning("plugin fault", plugin=plugin, hook=hook, reason=describe(error))


def _made(
    connector: str, what: str, make: Callable[[Any], object], settings: BaseModel, allowed: tuple[type, ...]
) -> object:
    """What a connector makes from settings, if it is of an allowed type."""
    try:
        made = make(settings)
    except CrossdockError:
        raise
    except Exception as error:
        raise PluginFault([connector], "connector", f"{what}() failed with {describe(error)}") from error
    if not isinstance(made, allowed):
        raise PluginFault([connector], "connector", f"{what}() returned {type(made).__name__}")
    return made


def _listeners(host: pluggy.PluginManager, hook: str) -> list[Listener]:
    """Every plugin that hears a broadcast, each called apart so that one which raises silences no other."""
    caller: pluggy.HookCaller = getattr(host.hook, hook)
    return [(impl.plugin_name, _by_name(impl)) for impl in reversed(caller.get_hookimpls())]


def _by_name(impl: pluggy.HookImpl) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        return impl.function(*(arguments[name] for name in impl.argnames))

    return call
