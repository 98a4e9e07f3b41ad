"""A law: one thing that every plugin must keep, with an id, a sentence, and the check that finds a breach."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossdock.testing.subject import Subject

Check = Callable[["Subject"], Awaitable[None] | None]


class Grade(IntEnum):
    """How much of the laws a plugin keeps; a grade needs every law that applies up to it.

    * BRONZE: it loads, its settings are sound, it keeps secrets, its translation is pure and total.
    * SILVER: its roles keep what the protocols promise while nothing goes wrong.
    * GOLD: also when answers are lost, systems fail and records are hostile.
    * PLATINUM: and within the budgets of requests, memory and start-up.
    """

    BRONZE = 1
    SILVER = 2
    GOLD = 3
    PLATINUM = 4

    def __str__(self) -> str:
        return self.name.lower()


class NothingToJudge(Exception):
    """The simulator shows nothing of what a law is about; the message says what is missing. The law is skipped."""


@dataclass(frozen=True)
class Law:
    """One law.

    `id` is stable (`area.what`), `sentence` says what must hold. `of` is the role that it is about, `feature` the
    feature; a law without either is about the plugin as a whole. `check` raises `AssertionError` with what was found,
    or `NothingToJudge`.
    """

    id: str
    sentence: str
    grade: Grade
    check: Check
    of: type | None = None
    feature: type | None = None
    why: str = ""


_LAWS: dict[str, Law] = {}


def law(id: str, grade: Grade, *, of: type | None = None, feature: type | None = None) -> Callable[[Check], Check]:
    """Make a law of a check: the first paragraph of its docstring is the sentence, the rest says why it matters."""

    def keep(check: Check) -> Check:
        sentence, why = sentence_and_reason(check)
        if not sentence or id in _LAWS:
            raise ValueError(f"law {id} needs a sentence, and an id of its own")
        _LAWS[id] = Law(id, sentence, grade, check, of, feature, why)
        return check

    return keep


def all_laws() -> list[Law]:
    """Every law of the kit, by id."""
    import crossdock.testing.laws  # noqa: F401 (declares them)

    return [_LAWS[id] for id in sorted(_LAWS)]


def grade_of(held: Iterable[tuple[Grade, bool]]) -> Grade | None:
    """The best grade up to which every law was held; None if not even bronze, or where no law was tried."""
    tried = [*held]
    if not tried:
        return None
    broken = min((grade for grade, was_held in tried if not was_held), default=None)
    if broken is None:
        return Grade.PLATINUM
    return Grade(broken - 1) if broken > Grade.BRONZE else None


def sentence_and_reason(check: object) -> tuple[str, str]:
    """The first paragraph of a check's docstring and the rest of it, each on one line; empty where there is none."""
    sentence, _, why = (check.__doc__ or "").partition("\n\n")
    return " ".join(sentence.split()), " ".join(why.split())
