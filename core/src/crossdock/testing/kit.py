"""One line that puts a plugin through every law that applies to it."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from crossdock.hooks.errors import CrossdockError
from crossdock.testing.law import Law
from crossdock.testing.subject import Subject, subject


def conformance(plugin: str, *, xfail: Mapping[str, str] | None = None) -> Callable[..., None]:
    """A test function with one case a law: `test_conformance = conformance("minicart")`.

    `xfail` names laws that the plugin is known to break, each with the reason; there is no other way out. Such a law
    must really fail: when it holds, the test fails until the reason is taken away. Raises `ValueError` for a law that
    does not exist or does not apply, and for a reason that is empty.
    """
    found = subject(plugin)
    known = dict(xfail or {})
    laws = found.laws()
    if strange := known.keys() - {law.id for law in laws}:
        raise ValueError(f"no law that applies to {plugin} is called {', '.join(sorted(strange))}")
    if silent := [id for id, reason in known.items() if not reason.strip()]:
        raise ValueError(f"say why {plugin} breaks {', '.join(sorted(silent))}: `xfail={{id: reason}}` needs a reason")

    @pytest.mark.crossdock(plugin=plugin, laws=tuple(law.id for law in laws))
    @pytest.mark.parametrize("law", [_case(law, known.get(law.id)) for law in laws])
    def test_law(law: Law) -> None:
        try_law(law, found)

    test_law.__doc__ = f"{plugin} keeps every law that applies to it."
    return test_law


def try_law(law: Law, plugin: Subject) -> None:
    """Check one law; raises `AssertionError` with the law's sentence above what was found."""
    try:
        _check(law, plugin)
    except AssertionError as breach:
        breach.add_note(f"{plugin.name} breaks the law {law.id}: {law.sentence}")
        raise


def _check(law: Law, plugin: Subject) -> None:
    try:
        outcome = law.check(plugin)
        if inspect.isawaitable(outcome):
            asyncio.run(_awaited(outcome))
    except CrossdockError as error:
        raise AssertionError(f"where all should go well, it raised {type(error).__name__}: {error}") from error


async def _awaited(outcome: Any) -> None:
    await outcome


def _case(law: Law, reason: str | None) -> Any:
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(law, id=law.id, marks=marks)
