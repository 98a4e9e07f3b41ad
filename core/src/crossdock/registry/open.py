"""Opens roles: the only place that calls a factory hook, and that says who broke it."""

from collections.abc import Collection, Generator, Sequence
from typing import Any

import pluggy

from crossdock.hooks.errors import CrossdockError, NeedsConfig
from crossdock.hooks.specs import hookimpl
from crossdock.registry.contract import lost_features, protocol_faults
from crossdock.registry.steps import describe


class PluginFault(NeedsConfig):
    """The contract was broken when a role was opened; `plugins` are the one or more that can have done it."""

    def __init__(self, plugins: Sequence[str], hook: str, reason: str) -> None:
        names = ", ".join(plugins)
        super().__init__(
            f"Plugin {names} broke hook '{hook}': {reason}. "
            f"Upgrade or remove the plugin; `crossdock plugins why {plugins[0]}` shows what it passed."
        )
        self.plugins = tuple(plugins)
        self.hook = hook
        self.reason = reason


class _Witness:
    """Sees what a connector itself returned, before the extensions decorate it."""

    asked = False
    bare: Any = None

    def forget(self) -> None:
        self.asked, self.bare = False, None

    def _watch(self) -> Generator[None, Any, Any]:
        self.asked = True
        self.bare = yield
        return self.bare

    order_source = fulfillment_target = shipping_provider = sandbox = hookimpl(wrapper=True, trylast=True)(_watch)
    inventory_sink = inventory_source = catalog_source = catalog_sink = order_source


class Opening:
    """Calls a factory of one connector, with every extension around it."""

    def __init__(self, host: pluggy.PluginManager, connectors: Collection[str]) -> None:
        self._host = host
        self._connectors = connectors
        self._witness = _Witness()
        host.register(self._witness)

    def open(self, connector: str, hook: str, protocol: type | None, arguments: dict[str, Any]) -> Any:
        """What the connector's factory returns; it follows the protocol and has kept every feature."""
        decorators = self._decorators(hook) or [connector]
        made, error = self._call(connector, hook, arguments)
        bare = self._witness.bare
        if error and self._witness.asked and bare is None:
            raise PluginFault([connector], hook, describe(error)) from error
        if self._witness.asked:
            _check([connector], hook, protocol, bare)
        if error:
            raise PluginFault(decorators, hook, describe(error)) from error
        if made is not bare:
            _check(decorators, hook, protocol, made)
            if lost := lost_features(bare, made):
                raise PluginFault(decorators, hook, f"what it returns hides {', '.join(lost)}")
        return made

    def _call(self, connector: str, hook: str, arguments: dict[str, Any]) -> tuple[Any, Exception | None]:
        others = [self._host.get_plugin(name) for name in self._connectors if name != connector]
        self._witness.forget()
        try:
            return self._host.subset_hook_caller(hook, others)(**arguments), None
        except CrossdockError:
            raise
        except Exception as error:
            return None, error

    def _decorators(self, hook: str) -> list[str]:
        impls = getattr(self._host.hook, hook).get_hookimpls()
        names = [impl.plugin_name for impl in impls if impl.plugin is not self._witness]
        return [name for name in names if name not in self._connectors]


def _check(guilty: Sequence[str], hook: str, protocol: type | None, made: object) -> None:
    if made is None:
        raise PluginFault(guilty, hook, "it returned nothing")
    if protocol is None:
        faults = [] if callable(made) else ["what it returned cannot be called"]
    else:
        faults = protocol_faults(made, protocol)
    if faults:
        raise PluginFault(guilty, hook, "; ".join(faults))
