"""What a pattern (`*`, `?`) means, written anew from the documentation: the laws trust nothing that they judge."""

from collections.abc import Iterator, Sequence

WILD = "*?"
FILLS = ("", "x", "9 z", "Ωß")
"""What stands in the place of a star when a pattern is turned into a text that fits it."""


def is_wild(pattern: str) -> bool:
    """Whether it is more than a text."""
    return any(sign in pattern for sign in WILD)


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits, upper and lower case alike: a star stands for any text, a question mark for one letter."""
    places = {0}
    signs, letters = pattern.casefold(), text.casefold()
    for sign in signs:
        if sign == "*":
            places = set(range(min(places), len(letters) + 1)) if places else set()
        else:
            places = {at + 1 for at in places if at < len(letters) and sign in ("?", letters[at])}
    return len(letters) in places


def texts_for(pattern: str) -> Sequence[str]:
    """Texts that fit a pattern; for one that is none, the text itself."""
    return list(dict.fromkeys(_filled(pattern, fill) for fill in FILLS)) if is_wild(pattern) else [pattern]


def spellings(text: str) -> Iterator[str]:
    """The text in other letters, and what looks like it and is something else: with blanks, with more, with less."""
    yield from dict.fromkeys(
        (text, text.upper(), text.lower(), text.swapcase(), f" {text}", f"{text} ", f"{text}s", text[:-1], text[1:])
    )


def is_within(narrow: str, wide: str) -> bool:
    """Whether all that fits one pattern fits the other one, as far as the texts tell that a pattern is tried with."""
    strange = ("", "\ue000", "\ue001\ue000")
    return all(matches(wide, _filled(narrow, fill)) for fill in strange)


def _filled(pattern: str, fill: str) -> str:
    return pattern.replace("?", fill[:1] or "x").replace("*", fill)
