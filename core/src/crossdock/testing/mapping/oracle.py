"""What expressions and filters mean, written anew from the documentation, beside `crossdock.mapping`."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jmespath
from jmespath.functions import Functions, signature

from crossdock.domain import Order, OrderLine
from crossdock.mapping import Filter
from crossdock.testing.mapping.patterns import matches

TEXT, FIXED, NUMBER = ({"types": types} for types in (["string", "null"], ["string"], ["number"]))


class Impossible(Exception):
    """An expression cannot be worked out for an order."""


class _Documented(Functions):  # type: ignore[misc]  # jmespath has no types
    """The functions of the documentation, each in the plainest words."""

    @signature(TEXT)  # type: ignore[untyped-decorator]
    def _func_upper(self, text: str | None) -> str | None:
        return text and str.upper(text)

    @signature(TEXT)  # type: ignore[untyped-decorator]
    def _func_lower(self, text: str | None) -> str | None:
        return text and str.lower(text)

    @signature(TEXT)  # type: ignore[untyped-decorator]
    def _func_trim(self, text: str | None) -> str | None:
        return text and re.sub(r"\s+", " ", text.strip())

    @signature(TEXT, NUMBER)  # type: ignore[untyped-decorator]
    def _func_left(self, text: str | None, count: float) -> str | None:
        most = _whole(count)
        return text and "".join(letter for at, letter in enumerate(text) if at < most)

    @signature(TEXT, NUMBER)  # type: ignore[untyped-decorator]
    def _func_right(self, text: str | None, count: float) -> str | None:
        most = _whole(count)
        return text and "".join(letter for at, letter in enumerate(text) if at >= len(text) - most)

    @signature(TEXT, FIXED, FIXED)  # type: ignore[untyped-decorator]
    def _func_replace(self, text: str | None, old: str, new: str) -> str | None:
        return new.join(text.split(old)) if text and old else text

    @signature(TEXT, FIXED)  # type: ignore[untyped-decorator]
    def _func_split(self, text: str | None, separator: str) -> list[str] | None:
        return None if text is None else re.split(re.escape(separator), text) if separator else re.findall(r"\S+", text)

    @signature(TEXT, FIXED)  # type: ignore[untyped-decorator]
    def _func_in_zone(self, text: str | None, zone: str) -> str | None:
        return str(datetime.fromisoformat(text).astimezone(ZoneInfo(zone))).replace(" ", "T") if text else None

    @signature(TEXT, FIXED)  # type: ignore[untyped-decorator]
    def _func_date(self, text: str | None, form: str) -> str | None:
        return re.sub("%(.)", lambda found: _part(datetime.fromisoformat(text), found[1]), form) if text else None


def _whole(count: float) -> float:
    if count < 0 or count % 1:
        raise ValueError(count)
    return count


def _part(moment: datetime, sign: str) -> str:
    parts = {"Y": moment.year, "m": moment.month, "d": moment.day, "H": moment.hour, "M": moment.minute}
    two = {**parts, "y": moment.year % 100, "S": moment.second}
    if sign == "j":
        return f"{moment.timetuple().tm_yday:03}"
    return "%" if sign == "%" else f"{two[sign]:02}"


OPTIONS = jmespath.Options(custom_functions=_Documented())


def value_of(expression: str, document: Any) -> Any:
    """What an expression gives for a document as JSON; raises `Impossible`."""
    try:
        return jmespath.search(expression, document, options=OPTIONS)
    except Exception as error:
        raise Impossible(str(error)) from error


def compared(value: Any) -> Sequence[str]:
    """What a filter compares: of a list its elements, of nothing the empty text, numbers and yes or no as written."""
    if isinstance(value, list):
        return [text for element in value for text in (compared(element) if element != [] else [])]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, float):
        return [f"{value:.0f}" if value % 1 == 0 else str(value)]
    return [] if isinstance(value, dict) else ["" if value is None else str(value)]


def takes(one: Filter, document: Order | OrderLine) -> bool:
    """Whether a filter takes an order, or a line; raises `Impossible`."""
    texts = compared(value_of(one.field, document.model_dump(mode="json"))) or [""]
    fits = any(matches(pattern, text) for text in texts for pattern in one.match)
    return fits if one.rule == "require" else not fits


def taken_lines(order: Order, filters: Sequence[Filter]) -> Sequence[OrderLine]:
    """The lines of an order that go to the warehouse: those that every filter takes, or may take."""
    return [line for line in order.lines if not any(_leaves_out(one, line) for one in _until_doubt(filters, line))]


def doubtful(order: Order | OrderLine, filters: Sequence[Filter]) -> bool:
    """Whether it cannot be worked out what the first filter that objects makes of it."""
    for one in filters:
        try:
            if not takes(one, order):
                return False
        except Impossible:
            return True
    return False


def _until_doubt(filters: Sequence[Filter], line: OrderLine) -> Iterator[Filter]:
    """The filters before the first one that cannot be worked out: from there on the line stays in."""
    for one in filters:
        try:
            takes(one, line)
        except Impossible:
            return
        yield one


def _leaves_out(one: Filter, line: OrderLine) -> bool:
    return not takes(one, line)


def is_nothing(value: Any) -> bool:
    """Whether a value counts as none, or as no."""
    return (value in (None, False, "", [], {}) and not (value == 0 and value is not False)) or (
        isinstance(value, str) and not value.strip()
    )


def written(value: Any) -> list[str]:
    """What a field gets of a value: the texts in it, none of them blank; raises `Impossible` for an object."""
    if isinstance(value, dict):
        raise Impossible("an object")
    if isinstance(value, list):
        return [text for element in value for text in written(element)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    text = "" if value is None else str(value)
    return [text] if text.strip() else []
