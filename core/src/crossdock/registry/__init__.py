"""Finds the installed plugins, loads those the config names, and keeps the broken ones away from the rest."""

from crossdock.registry.discover import GROUP, Installed, installed_plugins
from crossdock.registry.load import load_plugins
from crossdock.registry.open import Opening, PluginFault
from crossdock.registry.registry import Registry
from crossdock.registry.steps import Check, Plugin, State, Step

__all__ = [
    "GROUP",
    "Check",
    "Installed",
    "Opening",
    "Plugin",
    "PluginFault",
    "Registry",
    "State",
    "Step",
    "installed_plugins",
    "load_plugins",
]
