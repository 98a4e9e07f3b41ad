"""`$orderby`: by which properties the rows of a list are sorted."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from crossdock_channeladvisor.sandbox.documents import CASELESS
from crossdock_channeladvisor.sandbox.errors import BadQuery, no_such_property
from crossdock_channeladvisor.sandbox.odata.filter import kinds

T = TypeVar("T")
Key = tuple[str, bool]
"""A property, and whether the greatest comes first."""


def read_order_by(text: str | None, document: type[Struct]) -> tuple[Key, ...]:
    """The keys that an `$orderby` names, the most important first; raises `BadQuery`."""
    return tuple(_key(part, document) for part in text.split(",")) if text else ()


def _key(text: str, document: type[Struct]) -> Key:
    name, _, direction = text.strip().partition(" ")
    if direction.strip() not in ("", "asc", "desc"):
        raise BadQuery(f"Syntax error in $orderby '{text}': a property, then asc or desc.")
    if name not in kinds(document):
        raise no_such_property(name, document, " to order by")
    return name, direction.strip() == "desc"


def in_order(
    rows: Sequence[T], keys: Sequence[Key], document: type[Struct], row_of: Callable[[T], Any] = lambda row: row
) -> list[T]:
    """The rows sorted by these keys; what has no value comes first, and texts are sorted as filters compare them."""
    for name, descending in reversed(keys):
        value = _value_of(name, _reader(name, document))
        rows = sorted(rows, key=lambda row, value=value: value(row_of(row)), reverse=descending)  # type: ignore[misc]
    return list(rows)


def _reader(name: str, document: type[Struct]) -> Callable[[Any], Any] | None:
    if kinds(document)[name] == "date":
        return datetime.fromisoformat
    return str.casefold if name in CASELESS.get(document, ()) else None


def _value_of(name: str, reader: Callable[[Any], Any] | None) -> Callable[[Any], tuple[bool, Any]]:
    def read(row: Any) -> tuple[bool, Any]:
        value = getattr(row, name)
        return value is not None, value if reader is None or not value else reader(value)

    return read
