"""Whether an item that was looked up shows what was written; pure."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from crossdock_warehouseos.profile import ItemNames

_NOTHING: tuple[Any, ...] = (None, "", [], {})


def shows(written: Mapping[str, Any], held: Mapping[str, Any], names: ItemNames) -> bool:
    """Whether everything that was written is there; there may be more."""
    asked = {name: value for name, value in written.items() if name not in (names.patch, names.number)}
    return all(
        _same(_by_alias(value, names), _by_alias(held.get(name), names))
        if name == names.aliases
        else _same(value, held.get(name))
        for name, value in asked.items()
    )


def _same(written: Any, held: Any) -> bool:
    if written in _NOTHING or held in _NOTHING:
        return written in _NOTHING and held in _NOTHING
    match written:
        case Mapping():
            return isinstance(held, Mapping) and all(_same(value, held.get(name)) for name, value in written.items())
        case list():
            return isinstance(held, list) and len(held) == len(written) and all(map(_same, written, held))
        case Decimal():
            return _number(held) == written
        case _:
            return str(held) == str(written)


def _number(held: Any) -> Decimal | None:
    try:
        return Decimal(str(held))
    except InvalidOperation:
        return None


def _by_alias(aliases: Any, names: ItemNames) -> Any:
    """Aliases in an order of their own, as theirs says nothing."""
    if not isinstance(aliases, list):
        return aliases
    return sorted(aliases, key=lambda row: str(row.get(names.alias)) if isinstance(row, Mapping) else str(row))
