"""The problem that both sides of a pipeline's stock differ: how much, why, and what was corrected by itself; pure."""

from collections import Counter

from crossdock.engine.problems import Code, Problem
from crossdock.engine.report import Cause, Discrepancy, Report

MOST_LISTED = 10


def differing_problem(report: Report, corrected: int = 0, why_not: str = "") -> Problem | None:
    """The problem of a report; None where both sides agree, or all that differs was corrected."""
    left = len(report.discrepancies) - corrected
    if left <= 0:
        return None
    places = "1 place" if len(report.discrepancies) == 1 else f"{len(report.discrepancies):,} places"
    causes = ", ".join(f"{number:,} {_words(cause)}" for cause, number in _by_cause(report))
    were = "1 was corrected by itself" if corrected == 1 else f"{corrected:,} were corrected by themselves"
    done = f"; {were}" if corrected else ""
    listed = sorted(report.discrepancies, key=lambda one: (-abs(one.difference), one.sku, one.center))[:MOST_LISTED]
    return Problem(
        Code.STOCK_DIFFERS,
        report.pipeline,
        f"The stock of the warehouse and the cart differs at {places}: {causes}{done}",
        detail="\n".join([*map(_line, listed), *([f"Not corrected by itself: {why_not}."] if why_not else [])]),
        action=(
            f"`crossdock reconcile show --pipeline {report.pipeline}` lists each with its cause, `crossdock reconcile "
            f"repair --pipeline {report.pipeline} --all` shows what can be corrected; with `--yes` it is. It closes "
            "when a report finds none."
        ),
        cause="stock differs",
    )


def _by_cause(report: Report) -> list[tuple[Cause, int]]:
    return Counter(one.cause for one in report.discrepancies).most_common()


def _words(cause: Cause) -> str:
    return cause.value.replace("_", " ")


def _line(one: Discrepancy) -> str:
    return f"{one.sku} at {one.center}: {one.difference:+,} ({_words(one.cause)})"
