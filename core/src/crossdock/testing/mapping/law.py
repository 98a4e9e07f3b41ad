"""A law of mappings: what must hold for the rules of any pipeline, whatever they are asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from crossdock.testing.law import sentence_and_reason
from crossdock.testing.mapping.kinds import Kind
from crossdock.testing.mapping.subject import MappingSubject

T = TypeVar("T")


@dataclass(frozen=True)
class MappingLaw(Generic[T]):
    """One law: `id` is stable, `sentence` says what must hold, `why` what it costs an operator where it does not.

    `check` raises `AssertionError` with what was found for one thing of its kind. `judges`: it can find the operator's
    rules at fault, and is what the report of changed rules asks; the others guard crossdock itself. `cases` are all
    that it is tried with where that is known; else those of its kind, and what is drawn: `most` of them where each one
    takes long.
    """

    id: str
    sentence: str
    why: str
    kind: Kind[T]
    check: Callable[[MappingSubject, T], None]
    judges: bool = False
    cases: Callable[[MappingSubject], Iterable[T]] | None = None
    most: int | None = None


Check = Callable[[MappingSubject, T], None]
_LAWS: dict[str, MappingLaw[Any]] = {}


def mapping_law(
    id: str,
    kind: Kind[T],
    *,
    judges: bool = False,
    cases: Callable[[MappingSubject], Iterable[T]] | None = None,
    most: int | None = None,
) -> Callable[[Check[T]], Check[T]]:
    """Make a law of a check: the first paragraph of its docstring is the sentence, the rest says why it matters."""

    def keep(check: Check[T]) -> Check[T]:
        sentence, why = sentence_and_reason(check)
        if not sentence or not why or id in _LAWS:
            raise ValueError(f"law {id} needs a sentence, a reason, and an id of its own")
        _LAWS[id] = MappingLaw(id, sentence, why, kind, check, judges, cases, most)
        return check

    return keep


def mapping_laws() -> list[MappingLaw[Any]]:
    """Every law of mappings, by id."""
    import crossdock.testing.mapping.laws  # noqa: F401 (declares them)

    return [_LAWS[id] for id in sorted(_LAWS)]


def same(what: str, expected: object, found: object) -> None:
    """Raise `AssertionError` where what was found is not what was expected."""
    assert expected == found, f"{what}: expected {_shown(expected)}, got {_shown(found)}"


def names(what: str, told: str, *words: str) -> None:
    """Raise `AssertionError` where a sentence does not hold each of these words."""
    missing = [one for one in words if one not in told]
    assert not missing, f"{what} does not say '{missing[0] if missing else ''}': {told}"


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
