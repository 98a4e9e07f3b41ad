"""The functions of expressions: JMESPath's own, and a few for text and times. The set is closed.

| function | gives |
|---|---|
| `upper(text)`, `lower(text)` | the text in upper or lower case |
| `trim(text)` | the text without spaces around it, and with single ones inside |
| `left(text, number)`, `right(text, number)` | its first or last so many characters |
| `replace(text, old, new)` | the text with each `old` replaced |
| `split(text, separator)` | the list of its parts |
| `in_zone(time, zone)` | the time as it is in a zone such as `'America/Chicago'` |
| `date(time, form)` | the time as text, by `%Y %y %m %d %H %M %S %j %%`: `date(placed_at, '%d.%m.%Y')` |

Each gives nothing when its first argument is nothing. Of JMESPath's own, `join`, `sum`, `to_number`, `contains`,
`starts_with` and `sort_by` are used most. Amounts of money are text, so that none is rounded: compare
`to_number(total.amount)`.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from jmespath.functions import Functions, signature

TEXT = {"types": ["string", "null"]}
"""The type of a first argument: nothing is passed on."""
FIXED = {"types": ["string"]}
NUMBER = {"types": ["number"]}
Function = TypeVar("Function", bound=Callable[..., Any])

DIRECTIVES = frozenset("YymdHMSj%")
"""What may follow a % in the form of a date: what is written alike on every machine."""


def takes(*arguments: dict[str, list[str]]) -> Callable[[Function], Function]:
    """Say what a function takes; jmespath checks it at each call."""
    return cast("Callable[[Function], Function]", signature(*arguments))


class TextFunctions(Functions):  # type: ignore[misc]  # jmespath has no types
    """JMESPath's functions and ours; pure."""

    @takes(TEXT)
    def _func_upper(self, text: str | None) -> str | None:
        return None if text is None else text.upper()

    @takes(TEXT)
    def _func_lower(self, text: str | None) -> str | None:
        return None if text is None else text.lower()

    @takes(TEXT)
    def _func_trim(self, text: str | None) -> str | None:
        return None if text is None else " ".join(text.split())

    @takes(TEXT, NUMBER)
    def _func_left(self, text: str | None, count: float) -> str | None:
        return None if text is None else text[: _length(count)]

    @takes(TEXT, NUMBER)
    def _func_right(self, text: str | None, count: float) -> str | None:
        return None if text is None else text[max(len(text) - _length(count), 0) :]

    @takes(TEXT, FIXED, FIXED)
    def _func_replace(self, text: str | None, old: str, new: str) -> str | None:
        return text.replace(old, new) if text and old else text

    @takes(TEXT, FIXED)
    def _func_split(self, text: str | None, separator: str) -> list[str] | None:
        return None if text is None else text.split(separator) if separator else text.split()

    @takes(TEXT, FIXED)
    def _func_in_zone(self, text: str | None, zone: str) -> str | None:
        return None if not text else _moment(text).astimezone(_zone(zone)).isoformat()

    @takes(TEXT, FIXED)
    def _func_date(self, text: str | None, form: str) -> str | None:
        return None if not text else _moment(text).strftime(_checked_form(form))


def _length(count: float) -> int:
    if count < 0 or count != int(count):
        raise ValueError(f"a number of characters is a whole number, and {count} is none")
    return int(count)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("what it was given is not a time such as 2026-01-31T12:00:00Z") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; write one such as 'UTC' or 'America/Chicago'") from None


def _checked_form(form: str) -> str:
    if wrong := [f"%{sign}" for sign in re.findall(r"%(.?)", form, re.DOTALL) if sign not in DIRECTIVES]:
        raise ValueError(f"'{wrong[0]}' in '{form}' is no part of a date; there are %Y %y %m %d %H %M %S %j %%")
    return form
