"""What many problems have in common, so that one correction settles them: pure."""

import re

QUOTED = r"""(?<!\w)(?:'[^'\n]*'|"[^"\n]*"|`[^`\n]*`|“[^”\n]*”|«[^»\n]*»)(?!\w)"""
WITH_DIGITS = r"(?<!\w)(?!(?:ship_to\.)?line[12]\b)\w(?:[\w./:@+-]*\w)?"
"""Two parts of an address have a number in their names."""
CAPITALS = r"\b[A-Z]+(?:[-_][A-Z]+)+\b"
MASK = "#"
LONGEST = 200
_NAME = re.compile(f"{QUOTED}|{CAPITALS}|{WITH_DIGITS}")
_LIST = re.compile(rf"{MASK}(?:(?:, | and ){MASK})+")
_PROBLEM_COMMAND = re.compile(r"(crossdock problems (?:retry|resolve|show))(?: \d+)?`")
_ORDER_COMMAND = re.compile(r"(crossdock orders \w+) (?!--)[^\s`]+")


def cause_of(text: str) -> str:
    """A reason without what is of one case only: numbers, ids, SKUs and what stands in quotes are masked."""
    masked = " ".join(text.split())
    while (again := _LIST.sub(MASK, _NAME.sub(_masked, masked))) != masked:
        masked = again
    return masked[:LONGEST].rstrip()


def _masked(found: re.Match[str]) -> str:
    name = found.group()
    plain = (name[0].isalnum() or name[0] == "_") and not any(letter.isdigit() for letter in name)
    return name if plain and not re.fullmatch(CAPITALS, name) else MASK


def for_all(action: str, first: int) -> str:
    """What to do about one problem, as what to do about all of its cause, of which `first` is one."""
    told = _ORDER_COMMAND.sub(r"\1 NUMBER", action)
    return _PROBLEM_COMMAND.sub(lambda found: f"{_with_id(found[1], first, '--like ')}`", told)


def for_one(action: str, problem: int) -> str:
    """What to do about a problem, its commands as they are typed."""
    return _PROBLEM_COMMAND.sub(lambda found: f"{_with_id(found[1], problem)}`", action)


def _with_id(command: str, problem: int, like: str = "") -> str:
    return f"{command} {'' if command.endswith('show') else like}{problem}"
