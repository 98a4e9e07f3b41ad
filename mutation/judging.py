"""How tests judge a mutant: nothing remembered from before it, the quickest first, the same examples in every run.

A plugin of pytest (`-p mutation.judging`), which mutmut starts in `mutants/` once to see what each test runs, and
then, in a fork of the same process, once for every mutant.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import Phase, settings

STATS = Path("mutmut-stats.json")
"""Where mutmut keeps how long each test takes; there is none while it finds that out."""

settings.register_profile(
    "mutants",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # that a test fails is enough: nobody reads the smallest example
    report_multiple_bugs=False,
)


def pytest_configure() -> None:
    """Let test modules be imported anew: what they made while all was well knows nothing of the mutant."""
    tests = Path("tests").resolve()
    for module in [module for module in _modules() if tests in Path(module.__file__ or "/").parents]:
        del sys.modules[module.__name__]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the quickest tests have the first word: most mutants end there."""
    if STATS.is_file():
        seconds = json.loads(STATS.read_bytes())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Before tests are imported, but after conftest.py: from now on examples follow from the test alone."""
    settings.load_profile("mutants")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget all answers that a function keeps: the mutant must find its own."""
    for cached in _caches():
        cached.cache_clear()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tests that cannot even be loaded have noticed the mutant."""
    if session.exitstatus == pytest.ExitCode.INTERRUPTED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _modules() -> list[ModuleType]:
    return [module for module in [*sys.modules.values()] if getattr(module, "__file__", None)]


def _caches() -> Iterator[object]:
    """Every function of what is mutated that remembers its answers."""
    here = Path("src").resolve()
    for module in _modules():
        if here in Path(module.__file__ or "/").parents and not module.__name__.startswith("crossdock.testing"):
            yield from (one for one in vars(module).values() if hasattr(one, "cache_clear"))
