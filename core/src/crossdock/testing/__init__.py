"""The conformance kit: laws for plugins and for an operator's mapping, state machines, campaigns of faults.

    test_conformance = conformance("minicart")      in a test file of the plugin
    pytest --crossdock-plugin minicart              without one
    pytest --crossdock-config crossdock.toml        the mapping of every pipeline of a config

It needs the extra `testing`: `pip install 'crossdock[testing]'`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.testing.kit import conformance
    from crossdock.testing.law import Grade, Law, all_laws

__all__ = ["Grade", "Law", "all_laws", "conformance"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use: pytest loads this package in every run."""
    from importlib import import_module

    homes = {"conformance": "kit", "Grade": "law", "Law": "law", "all_laws": "law"}
    if name not in homes:
        return import_module("crossdock.deprecation").former_name(__name__, name)
    return getattr(import_module(f"crossdock.testing.{homes[name]}"), name)
