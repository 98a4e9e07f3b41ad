"""The law of saved examples: what was expected once comes out."""

from collections.abc import Iterator

from crossdock.testing.mapping.kinds import RULE
from crossdock.testing.mapping.law import mapping_law
from crossdock.testing.mapping.outcome import outcome
from crossdock.testing.mapping.subject import MappingSubject


def _expecting(subject: MappingSubject) -> Iterator[str]:
    return (one.file for one in subject.examples if one.expect)


@mapping_law("mapping.examples.expected", RULE, judges=True, cases=_expecting)
def what_was_expected_comes_out(subject: MappingSubject, file: str) -> None:
    """What a saved example expects comes out.

    It is the operator's own word: what the rules were written for.
    """
    for one in subject.examples:
        if one.file == file:
            found = outcome(subject, one.kind.name, one.given)
            wrong = {name: text for name, text in one.expect.items() if found.get(name) != text}
            told = (f"{name}: expected '{text}', got '{found.get(name, 'nothing')}'" for name, text in wrong.items())
            assert not wrong, f"{one.kind.said(one.given)}: {'; '.join(told)}"
