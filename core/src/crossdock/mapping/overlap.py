"""Whether two patterns (`*`, `?`) can mean the same text."""

from functools import lru_cache

ANY = "x"


def common_text(one: str, other: str) -> str | None:
    """A text that fits both patterns, upper and lower case alike; None when there is none."""
    return _common(one.casefold(), other.casefold())


@lru_cache(maxsize=10_000)
def _common(one: str, other: str) -> str | None:
    if not one and not other:
        return ""
    if one.startswith("*"):
        return _after_star(one, other)
    if other.startswith("*"):
        return _after_star(other, one)
    if not one or not other or not ("?" in (one[0], other[0]) or one[0] == other[0]):
        return None
    letter = other[0] if one[0] == "?" else one[0]
    return _joined(letter, _common(one[1:], other[1:]))


def _after_star(star: str, other: str) -> str | None:
    """The star stands for nothing, or for the first letter of the other one and perhaps more."""
    without = _common(star[1:], other)
    if without is not None or not other:
        return without
    rest = _common(star, other[1:])
    return rest if other[0] == "*" else _joined(other[0], rest)


def _joined(letter: str, rest: str | None) -> str | None:
    return None if rest is None else (ANY if letter == "?" else letter) + rest
