"""Writes down which laws each plugin kept, when the kit is run with `--crossdock-evidence`."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from crossdock import __version__
from crossdock.registry import installed_plugins
from crossdock.testing.evidence import ENDING, Evidence, Tried, digest_of, home_of
from crossdock.testing.law import Law

PROPERTY = "crossdock"


def describe(item: pytest.Item) -> None:
    """Note on a test of the kit which law of which plugin it tries; it travels with the test's report."""
    mark = item.get_closest_marker("crossdock")
    if mark is not None and isinstance(item, pytest.Function):
        law = cast(Law, item.callspec.params["law"])
        item.user_properties.append(
            (PROPERTY, (mark.kwargs["plugin"], law.id, str(law.grade), len(mark.kwargs["laws"])))
        )


@dataclass(eq=False)
class Recorder:
    """Collects what every law came to; a plugin of which all laws were tried gets its evidence written."""

    _tried: dict[str, dict[str, Tried]] = field(default_factory=dict)
    _wanted: dict[str, int] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how one law came out."""
        described: Any = dict(report.user_properties).get(PROPERTY)
        if described is None or (report.when != "call" and report.passed):
            return
        plugin, law, grade, wanted = described
        self._wanted[plugin] = wanted
        self._tried.setdefault(plugin, {})[law] = Tried(grade=grade, held=_held(report), reason=_reason(report, law))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the evidence, and say so."""
        for plugin, laws in sorted(self._tried.items()):
            if len(laws) < self._wanted[plugin]:
                missing = f"{len(laws)} of its {self._wanted[plugin]} laws were tried"
                terminalreporter.write_line(f"{plugin}: nothing is written down, because only {missing}")
                continue
            evidence = _write(plugin, laws)
            grade, count = evidence.grade or "no grade", Counter(law.held for law in laws.values())
            unjudged = f", {count[None]} with nothing to judge" if count[None] else ""
            terminalreporter.write_line(f"{plugin}: {grade}, {len(laws)} laws, {count[False]} broken{unjudged}")


def _held(report: pytest.TestReport) -> bool | None:
    """Whether the law was held; None where there was nothing to judge. A known breach is reported as skipped too."""
    return None if report.skipped and not hasattr(report, "wasxfail") else report.passed


def _reason(report: pytest.TestReport, law: str) -> str:
    """Why a law is known to be broken, or what there was not to be judged; empty where it was held."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail).removeprefix("reason: ")
    return str(report.longrepr[-1]).partition(f"{law}: ")[2] if isinstance(report.longrepr, tuple) else ""


def _write(plugin: str, laws: dict[str, Tried]) -> Evidence:
    [offer] = installed_plugins()[plugin]
    home = home_of(offer.entry_point)
    assert home is not None, f"the package of {plugin} was not found"
    tried = {law: laws[law] for law in sorted(laws)}
    evidence = Evidence(plugin=plugin, kit=__version__, files=digest_of(offer.entry_point), laws=tried)
    (home / f"{plugin}{ENDING}").write_text(evidence.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return evidence
