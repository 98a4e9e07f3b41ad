"""Whether a plugin keeps the contract: its hooks when it is loaded, its role objects when they are opened."""

import inspect
from collections.abc import Iterator
from difflib import get_close_matches
from types import FunctionType
from typing import Any

import pluggy

from crossdock.deprecation import FORMER_NAMES, Deprecated
from crossdock.hooks import features, specs
from crossdock.hooks.context import ConnectorInfo
from crossdock.hooks.roles import (
    CatalogSink,
    CatalogSource,
    FulfillmentTarget,
    InventorySink,
    InventorySource,
    OrderSource,
    ShippingProvider,
)
from crossdock.registry.steps import Refused

ROLES: dict[str, type] = {
    "order_source": OrderSource,
    "fulfillment_target": FulfillmentTarget,
    "shipping_provider": ShippingProvider,
    "inventory_sink": InventorySink,
    "inventory_source": InventorySource,
    "catalog_source": CatalogSource,
    "catalog_sink": CatalogSink,
}
"""The noun factories and the protocol that each must return."""

FEATURES: tuple[type, ...] = tuple(
    one for one in vars(features).values() if inspect.isclass(one) and one.__module__ == features.__name__
)
"""Everything that a role object can be able to do beside its role."""

SEE_HOOKS = "Compare with crossdock.hooks.specs and release the plugin again, or take it out of the config."


def new_host() -> pluggy.PluginManager:
    """A plugin manager that knows the hooks of crossdock and no plugin yet."""
    host = pluggy.PluginManager(specs.PROJECT)
    host.add_hookspecs(specs)
    return host


def hook_names(host: pluggy.PluginManager) -> list[str]:
    """The names of all hooks that crossdock has."""
    return [name for name, hook in vars(host.hook).items() if isinstance(hook, pluggy.HookCaller) and hook.has_spec()]


def deprecations() -> list[Deprecated]:
    """Everything of the contract that still works and will be gone, hooks' arguments first."""
    host = new_host()
    specs_of_hooks = [getattr(host.hook, name).spec for name in hook_names(host)]
    arguments = [one for spec in specs_of_hooks for one in (spec.warn_on_impl_args or {}).values()]
    return [*arguments, *(deprecated for _, deprecated in FORMER_NAMES.values())]


def register(host: pluggy.PluginManager, plugin: Any, name: str) -> frozenset[str]:
    """Register a plugin whose hooks are all valid; gives the names of the hooks that it offers itself."""
    try:
        host.register(plugin, name)
        faults = [*_hook_faults(host, plugin), *_unmarked(host, plugin)]
    except (pluggy.PluginValidationError, ValueError) as error:
        faults = [" ".join(str(error).split())]
    if faults:
        raise Refused("; ".join(faults), SEE_HOOKS)
    return frozenset(hook.name for hook, impl in _implementations(host, plugin) if not _wraps(impl))


def wrapped_hooks(host: pluggy.PluginManager, plugin: Any) -> list[str]:
    """The names of the hooks that a plugin decorates for others."""
    return [hook.name for hook, impl in _implementations(host, plugin) if _wraps(impl)]


def check_info(info: object, name: str) -> ConnectorInfo:
    """What `connector()` returned, if it is a description of the plugin with this entry point name."""
    if not isinstance(info, ConnectorInfo):
        raise Refused(f"connector() returned {type(info).__name__}", "Return a crossdock.ConnectorInfo.")
    if info.name != name:
        raise Refused(
            f"the entry point is called '{name}' and connector() says '{info.name}'", "Give both the same name."
        )
    return info


def check_api(info: ConnectorInfo) -> None:
    """Refuse a plugin written for a contract that this crossdock does not keep."""
    try:
        major, minor = map(int, info.requires_api)
    except (TypeError, ValueError):
        raise Refused(
            f"requires_api is {info.requires_api!r}", "Make it a pair of whole numbers, such as (1, 0)."
        ) from None
    ours = ".".join(map(str, specs.API_VERSION))
    if major == specs.API_VERSION[0] and minor <= specs.API_VERSION[1]:
        return
    newer = (major, minor) > specs.API_VERSION
    advice = "Upgrade crossdock, or install an older release of the plugin." if newer else "Upgrade the plugin."
    raise Refused(f"written for version {major}.{minor} of the plugin contract; this crossdock keeps {ours}", advice)


def protocol_faults(given: object, protocol: type) -> list[str]:
    """Every way in which an object does not follow a protocol: methods missing, of another shape or colour."""
    promised = [(name, method) for name, method in vars(protocol).items() if _is_promise(name, method)]
    return [fault for name, method in promised if (fault := _method_fault(getattr(given, name, None), method))]


def lost_features(bare: object, decorated: object) -> list[str]:
    """The features that an object had before it was decorated and has no more."""
    return [one.__name__ for one in FEATURES if isinstance(bare, one) and not isinstance(decorated, one)]


def _implementations(host: pluggy.PluginManager, plugin: Any) -> Iterator[tuple[pluggy.HookCaller, pluggy.HookImpl]]:
    for hook in host.get_hookcallers(plugin) or ():
        yield from ((hook, impl) for impl in hook.get_hookimpls() if impl.plugin is plugin)


def _wraps(impl: pluggy.HookImpl) -> bool:
    return impl.wrapper or impl.hookwrapper


def _hook_faults(host: pluggy.PluginManager, plugin: Any) -> Iterator[str]:
    for hook, impl in _implementations(host, plugin):
        if hook.spec is None:
            yield _unknown_hook(hook.name, hook_names(host))
        elif inspect.iscoroutinefunction(impl.function) or inspect.isasyncgenfunction(impl.function):
            yield f"hook '{hook.name}' is async: a hook is a plain function, the methods of what it returns are async"
        elif _wraps(impl) and not hook.spec.opts["firstresult"]:
            yield f"hook '{hook.name}' is a broadcast and cannot be wrapped"


def _unknown_hook(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"there is no hook '{name}'" + (f": did you mean '{near[0]}'?" if near else "")


def _unmarked(host: pluggy.PluginManager, plugin: Any) -> Iterator[str]:
    """Functions with the name of a hook that pluggy passes over in silence because the mark is missing."""
    marked = {hook.name for hook, _ in _implementations(host, plugin)}
    for name in sorted(set(hook_names(host)) - marked):
        function = inspect.getattr_static(plugin, name, None)
        if isinstance(function, FunctionType) and function.__module__ == getattr(plugin, "__name__", None):
            yield f"function '{name}' has the name of a hook and lacks @hookimpl"


def _is_promise(name: str, method: object) -> bool:
    return inspect.isfunction(method) and not name.startswith("_")


def _method_fault(given: Any, promised: FunctionType) -> str:
    name, shape = promised.__name__, _without_self(promised)
    if not callable(given):
        return f"{name}{shape} is missing"
    if inspect.iscoroutinefunction(promised) != _is_async(given):
        return f"{name} is {'not ' if inspect.iscoroutinefunction(promised) else ''}async"
    if not _accepts(given, shape):
        return f"{name} takes {inspect.signature(given)} and must take {shape}"
    return ""


def _without_self(method: FunctionType) -> inspect.Signature:
    signature = inspect.signature(method)
    parameters = list(signature.parameters.values())[1:]
    return inspect.Signature([one.replace(annotation=inspect.Parameter.empty) for one in parameters])


def _is_async(given: Any) -> bool:
    function = inspect.unwrap(given)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def _accepts(given: Any, shape: inspect.Signature) -> bool:
    """Whether a call by position and a call by name both fit."""
    try:
        signature = inspect.signature(given)
        signature.bind(*shape.parameters)
        signature.bind(**dict.fromkeys(shape.parameters))
    except (TypeError, ValueError):
        return False
    return True
