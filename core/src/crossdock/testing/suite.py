"""The tests that `pytest --crossdock-plugin` runs."""

import pytest

from crossdock.testing.kit import installed_subject, try_law
from crossdock.testing.law import Law
from crossdock.testing.subject import subject


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case for every law that applies to a plugin that was asked for."""
    if "law" in metafunc.fixturenames:
        cases = []
        for name in metafunc.config.option.crossdock_plugin:
            try:
                laws = installed_subject(name).laws()
            except ValueError as error:
                raise pytest.UsageError(f"--crossdock-plugin {name}: {error}") from None
            mark = pytest.mark.crossdock(plugin=name, laws=tuple(law.id for law in laws))
            cases += [pytest.param(name, law, id=f"{name}-{law.id}", marks=mark) for law in laws]
        metafunc.parametrize(("plugin", "law"), cases)


def test_conformance(plugin: str, law: Law) -> None:
    """The plugin keeps the law."""
    __tracebackhide__ = True
    try_law(law, subject(plugin))
