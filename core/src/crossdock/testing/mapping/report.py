"""Who would notice: for each rule of a config how much reaches it, and which law finds it taken out or changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crossdock.testing.mapping.changes import Change, changes_of
from crossdock.testing.mapping.examples import Saved
from crossdock.testing.mapping.kinds import AREA, HAPPENING, ORDER, SKU, WAY
from crossdock.testing.mapping.law import MappingLaw, mapping_laws
from crossdock.testing.mapping.outcome import outcome
from crossdock.testing.mapping.reach import reach
from crossdock.testing.mapping.subject import MappingSubject
from crossdock.testing.mapping.trial import Trial, first_breach

MOST_SHOWN = 4
"""So many differences of an outcome are kept in an example."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One change of one rule: how many of the things that were tried `reached` the rule, and the law that noticed the
    change (empty: none). `pin` is an example by which it would be noticed, where one was found."""

    pipeline: str
    rule: str
    says: str
    reached: int
    change: str
    noticed_by: str
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """An example by which a change would be noticed."""

    said: str
    example: Saved


def report_of(trial: Trial) -> list[tuple[RuleRow, Unnoticed | None]]:
    """A row for each change of each rule, with the example that would notice what no law does."""
    reached, laws = reach(trial), _judges(trial.subject)
    return [_row(trial, change, reached.get(change.rule, 0), laws) for change in changes_of(trial.subject.rules)]


def _judges(subject: MappingSubject) -> Sequence[MappingLaw[object]]:
    """The laws that judge the operator's rules, and hold as long as nothing is changed."""
    return [
        law
        for law in mapping_laws()
        if law.judges and law.cases and first_breach(law, subject, law.cases(subject)) is None
    ]


def _row(
    trial: Trial, change: Change, reached: int, laws: Sequence[MappingLaw[object]]
) -> tuple[RuleRow, Unnoticed | None]:
    changed = trial.subject.with_rules(change.rules)
    by = _noticed_by(changed, laws)
    missed = None if by else _telling(trial, changed)
    pin = missed.said if missed else ""
    return RuleRow(trial.subject.name, change.rule, change.says, reached, change.what, by, pin), missed


def _noticed_by(changed: MappingSubject, laws: Sequence[MappingLaw[object]]) -> str:
    """The first law that finds the change."""
    found = (law.id for law in laws if law.cases and first_breach(law, changed, law.cases(changed)))
    return next(found, "")


def _telling(trial: Trial, changed: MappingSubject) -> Unnoticed | None:
    """The first thing of which something else comes since the change."""
    for kind in (WAY, AREA, HAPPENING, SKU, ORDER):
        for one in trial.tried(kind):
            before, now = outcome(trial.subject, kind.name, one), outcome(changed, kind.name, one)
            if before != now:
                differing = [name for name in before if before[name] != now.get(name)][:MOST_SHOWN]
                expect = {name: before[name] for name in differing or [*before][:1]}
                return Unnoticed(kind.said(one), Saved(trial.subject.name, kind, one, expect))
    return None


def pins(rows: Sequence[tuple[RuleRow, Unnoticed | None]]) -> Iterator[Saved]:
    """The examples that would notice what no law does, each once."""
    seen: list[Saved] = []
    for _, missed in rows:
        if missed and missed.example not in seen:
            seen.append(missed.example)
            yield missed.example
