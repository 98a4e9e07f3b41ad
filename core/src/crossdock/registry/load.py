"""Loads the plugins that the config names; a broken one is put into quarantine and the rest is loaded."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any, NoReturn

import pluggy
import structlog
from pydantic import BaseModel
from stevedore import NamedExtensionManager

from crossdock.deprecation import deprecations_used
from crossdock.hooks.context import ConnectorInfo, Logger
from crossdock.registry.contract import ROLES, check_api, check_info, new_host, register, wrapped_hooks
from crossdock.registry.discover import Installed, installed_plugins
from crossdock.registry.registry import Registry
from crossdock.registry.steps import Check, Checklist, Note, Plugin, Refused, State, Stopped, only_offer


def load_plugins(names: Iterable[str], *, log: Logger | None = None, slow_after: float = 5.0) -> Registry:
    """A registry of exactly these plugins, each of them ready or in quarantine with a reason."""
    log = log or structlog.get_logger("crossdock.registry")
    host, installed = new_host(), installed_plugins()
    plugins = {name: _load(name, installed, host, slow_after) for name in dict.fromkeys(names)}
    for plugin in plugins.values():
        if plugin.failure:
            log.warning("plugin quarantined", plugin=plugin.name, reason=str(plugin.failure))
        for step in plugin.steps:
            if step.state is State.WARNED:
                log.warning("plugin warned", plugin=plugin.name, reason=str(step))
    return Registry(host, plugins, installed, log)


class _OnePlugin(NamedExtensionManager[Any]):
    """Loads the one entry point that it is given.

    stevedore's own list is kept for the life of the process and, on disk, under file times rounded to about two
    minutes; it does not know distributions either.
    """

    def __init__(self, chosen: Installed) -> None:
        self._chosen = chosen
        super().__init__(chosen.entry_point.group, [chosen.name], on_load_failure_callback=_let_through)

    def list_entry_points(self) -> list[EntryPoint]:
        return [self._chosen.entry_point]


def _let_through(manager: object, entry_point: EntryPoint, error: BaseException) -> NoReturn:
    raise error


def _load(
    name: str, installed: Mapping[str, tuple[Installed, ...]], host: pluggy.PluginManager, slow_after: float
) -> Plugin:
    checklist = Checklist(slow_after)
    offer: Installed | None = None
    with suppress(Stopped):
        with checklist.step(Check.INSTALLED) as note:
            offer = only_offer(name, installed)
            note.detail = str(offer)
        checklist.passed(Check.NAMED)
        return _walk(offer, host, checklist)
    if host.has_plugin(name):
        host.unregister(name=name)
    return Plugin(name, offer, tuple(checklist.steps))


def _walk(offer: Installed, host: pluggy.PluginManager, checklist: Checklist) -> Plugin:
    with checklist.step(Check.IMPORTED) as note:
        note.detail = offer.entry_point.value
        note.advice = (
            f"Reinstall or upgrade {offer.distribution}, or take '{offer.name}' out of the config. If it is your own: "
            "mend the module, or the entry point in its pyproject.toml, and install it again."
        )
        with deprecations_used() as told:
            module = _OnePlugin(offer)[offer.name].plugin
        note.warning = "; ".join(told)
    with checklist.step(Check.HOOKS) as note:
        with deprecations_used() as told:
            hooks = register(host, module, offer.name)
        note.warning = "; ".join(told)
        note.detail = ", ".join(sorted(hooks)) or "no factory of its own"
    with checklist.step(Check.DESCRIBED) as note:
        info = _describe(offer.name, module, hooks, host, note)
    if info:
        with checklist.step(Check.API) as note:
            check_api(info)
            note.detail = ".".join(map(str, info.requires_api))
        with checklist.step(Check.SETTINGS) as note:
            note.detail = _settings(info)
    return Plugin(offer.name, offer, tuple(checklist.steps), info, hooks)


def _describe(
    name: str, module: Any, hooks: frozenset[str], host: pluggy.PluginManager, note: Note
) -> ConnectorInfo | None:
    """What `connector()` says; None for an extension, which only decorates or listens."""
    if "connector" in hooks:
        others = [other for other in host.get_plugins() if other is not module]
        note.advice = "Report it to the authors of the plugin: connector() must do no work that can fail."
        info = check_info(host.subset_hook_caller("connector", others)(), name)
        note.detail = info.title
        return info
    if factories := hooks & {*ROLES, "sandbox"}:
        raise Refused(f"offers {', '.join(sorted(factories))} and has no connector()", "Add the hook connector().")
    wrapped = wrapped_hooks(host, module)
    if not wrapped and not hooks:
        raise Refused("has no hooks at all", "Mark the functions of the plugin with @crossdock.hookimpl.")
    note.detail = f"an extension that uses {', '.join(sorted({*wrapped, *hooks}))}"
    return None


def _settings(info: ConnectorInfo) -> str:
    if not (isinstance(info.settings, type) and issubclass(info.settings, BaseModel)):
        raise Refused(f"settings is {info.settings!r}", "Make it a pydantic model class.")
    if not callable(info.endpoint):
        raise Refused("endpoint cannot be called", "Make it a function from settings to crossdock.Endpoint.")
    _describe_settings(info.settings)
    return ", ".join(info.settings.model_fields) or "none"


@cache  # it takes as long as all other steps together
def _describe_settings(model: type[BaseModel]) -> None:
    """Raise what keeps the settings from being described to an editor."""
    model.model_json_schema()
