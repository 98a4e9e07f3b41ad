"""One line that puts a plugin through every law that applies to it."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import pytest

from crossdock.registry import installed_plugins
from crossdock.testing.law import Law, NothingToJudge
from crossdock.testing.subject import Subject, subject


def conformance(plugin: str, *, xfail: Mapping[str, str] | None = None) -> Callable[..., None]:
    """A test function with one case a law: `test_conformance = conformance("minicart")`.

    `xfail` names laws that the plugin is known to break, each with the reason; there is no other way out. Such a law
    must really fail: when it holds, the test fails until the reason is taken away. Raises `ValueError` for a plugin
    that is not installed, for a law that does not exist or does not apply, and for a reason that is empty.
    """
    found = installed_subject(plugin)
    known = dict(xfail or {})
    laws = found.laws()
    if strange := known.keys() - {law.id for law in laws}:
        raise ValueError(f"no law that applies to {plugin} is called {_nearest(sorted(strange), laws)}")
    if silent := [id for id, reason in known.items() if not reason.strip()]:
        raise ValueError(f"say why {plugin} breaks {', '.join(sorted(silent))}: `xfail={{id: reason}}` needs a reason")

    @pytest.mark.crossdock(plugin=plugin, laws=tuple(law.id for law in laws))
    @pytest.mark.parametrize("law", [_case(law, known.get(law.id)) for law in laws])
    def test_law(law: Law) -> None:
        __tracebackhide__ = True
        try_law(law, found)

    test_law.__doc__ = f"{plugin} keeps every law that applies to it."
    return test_law


def installed_subject(plugin: str) -> Subject:
    """The plugin of this name; raises `ValueError` if nothing that is installed bears it."""
    found = subject(plugin)
    if plugin not in installed_plugins():
        raise ValueError(f"{found.unplayable}. `crossdock plugins list` shows what is installed")
    return found


def try_law(law: Law, plugin: Subject) -> None:
    """Check one law; raises `AssertionError` with the law's sentence above what was found, or skips the test."""
    __tracebackhide__ = True  # who reads a breach looks for the law and for his own lines
    try:
        _check(law, plugin)
    except AssertionError as breach:
        breach.add_note(f"{plugin.name} breaks the law {law.id}: {law.sentence}")
        raise


def _check(law: Law, plugin: Subject) -> None:
    __tracebackhide__ = True
    try:
        outcome = law.check(plugin)
        if inspect.isawaitable(outcome):
            asyncio.run(_awaited(outcome))
    except AssertionError:
        raise
    except NothingToJudge as nothing:
        pytest.skip(f"{plugin.name}, {law.id}: {nothing}")
    except Exception as error:
        raise AssertionError(f"where all should go well, it raised {type(error).__name__}: {error}") from error


async def _awaited(outcome: Any) -> None:
    __tracebackhide__ = True
    await outcome


def _nearest(strange: list[str], laws: list[Law]) -> str:
    ids = [law.id for law in laws]
    near = [(id, get_close_matches(id, ids, 1)) for id in strange]
    named = [f"{id} (did you mean {found[0]}?)" if found else id for id, found in near]
    return f"{', '.join(named)}; docs/reference/laws.md lists all of them"


def _case(law: Law, reason: str | None) -> Any:
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(law, id=law.id, marks=marks)
