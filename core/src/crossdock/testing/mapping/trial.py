"""Trying laws on a pipeline: saved examples first, then what aims at each rule, then what is drawn.

What is drawn is drawn once for all laws of its kind; only for one that is broken, the smallest breach is looked for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.strategies import SearchStrategy

from crossdock.testing.mapping.examples import Saved
from crossdock.testing.mapping.kinds import Kind
from crossdock.testing.mapping.law import MappingLaw, mapping_laws
from crossdock.testing.mapping.subject import MappingSubject

DRAWN = 30


@dataclass(frozen=True, slots=True)
class Breach:
    """What breaks a law: the smallest thing that does, in the operator's words, and what was found.

    `example` is what `crossdock test-mappings --save` writes.
    """

    said: str
    found: str
    example: Saved


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one law for one pipeline; `known` is the reason why it may be broken."""

    pipeline: str
    law: str
    sentence: str
    breach: Breach | None = None
    known: str = ""

    @property
    def holds(self) -> bool:
        """Whether all is as it should be; a breach that is known must really be there."""
        return (self.breach is None) == (not self.known)

    def __str__(self) -> str:
        if self.breach is None:
            return (
                f"pipeline {self.pipeline}: it holds, and is known as broken ({self.known}): take it out of known.toml"
            )
        return f"pipeline {self.pipeline}, {self.breach.said}: {self.breach.found}"


class Trial:
    """The trial of one pipeline: what is drawn follows from `starting_at` alone."""

    def __init__(self, subject: MappingSubject, *, drawn: int = DRAWN, starting_at: int = 1) -> None:
        self.subject = subject
        self._drawn, self._starting_at = drawn, starting_at
        self._pools: dict[str, Sequence[Any]] = {}

    def verdicts(self, only: str = "") -> Iterator[Verdict]:
        """The verdict of every law (whose id contains `only`), one after the other."""
        for law in mapping_laws():
            if only in law.id:
                yield self.verdict(law)

    def verdict(self, law: MappingLaw[Any]) -> Verdict:
        """What comes of one law."""
        known = self.subject.known.get(law.id, "")
        return Verdict(self.subject.name, law.id, law.sentence, self._broken(law), known)

    def tried(self, kind: Kind[Any]) -> Sequence[Any]:
        """What the laws of a kind are tried with: saved, aimed and drawn."""
        if kind.name not in self._pools:
            saved = (one.given for one in self.subject.examples if one.kind is kind)
            drawn = self._sample(kind.drawn(self.subject)) if self._drawn else []
            self._pools[kind.name] = [*saved, *kind.aimed(self.subject), *drawn]
        return self._pools[kind.name]

    def _broken(self, law: MappingLaw[Any]) -> Breach | None:
        """The smallest thing that was found to break a law; None if nothing was."""
        first = first_breach(law, self.subject, law.cases(self.subject) if law.cases else self._some(law))
        if first is None or law.cases is not None:
            return first
        smaller = self._smaller(law) if self._drawn else None
        return min(filter(None, (first, smaller)), key=lambda one: len(one.said))

    def _some(self, law: MappingLaw[Any]) -> Sequence[Any]:
        """What a law without cases of its own is tried with: what was saved, and some from all over the others."""
        all_of_them = self.tried(law.kind)
        saved = sum(one.kind is law.kind for one in self.subject.examples)
        others = all_of_them[saved:]
        step = -(-len(others) // law.most) if law.most else 1
        return [*all_of_them[:saved], *others[:: max(step, 1)]]

    def _sample(self, drawn: SearchStrategy[Any]) -> Sequence[Any]:
        found: list[Any] = []

        def keep(one: Any) -> None:
            found.append(one)

        _quietly(keep, drawn, self._drawn, self._starting_at)
        return found

    def _smaller(self, law: MappingLaw[Any]) -> Breach | None:
        """The smallest breach among things that are drawn for this config."""
        last: list[Breach] = []

        def check(one: Any) -> None:
            if breach := _breach(law, self.subject, one):
                last.append(breach)
                raise AssertionError(breach.found)

        try:
            _quietly(check, law.kind.drawn(self.subject), self._drawn, self._starting_at)
        except AssertionError:
            return last[-1]
        return None


def first_breach(law: MappingLaw[Any], subject: MappingSubject, tried: Iterable[Any]) -> Breach | None:
    """The first of these things that breaks a law."""
    return next((breach for one in tried if (breach := _breach(law, subject, one))), None)


def _breach(law: MappingLaw[Any], subject: MappingSubject, one: Any) -> Breach | None:
    try:
        law.check(subject, one)
    except AssertionError as found:
        return _told(law, subject, one, str(found).partition("\nassert ")[0])
    except Exception as error:  # that nothing is raised is a part of every law
        return _told(law, subject, one, f"{type(error).__name__}: {error}")
    return None


def _told(law: MappingLaw[Any], subject: MappingSubject, one: Any, found: str) -> Breach:
    return Breach(law.kind.said(one), found, Saved(subject.name, law.kind, one, law=law.id))


def _quietly(check: Callable[[Any], None], drawn: SearchStrategy[Any], many: int, starting_at: int) -> None:
    quiet = settings(
        max_examples=many,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        verbosity=Verbosity.quiet,
        print_blob=False,
        suppress_health_check=[*HealthCheck],
        report_multiple_bugs=False,
    )
    seed(starting_at)(quiet(given(drawn)(check)))()
