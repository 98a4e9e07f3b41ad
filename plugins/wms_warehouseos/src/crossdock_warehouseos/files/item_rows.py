"""Item documents as files: one row for each item, one file for all items that name the same fields; pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from crossdock import Rejected
from crossdock_warehouseos.files.table import SEPARATOR, Row, joined_addresses, table_of
from crossdock_warehouseos.profile import ItemNames

ATTRIBUTE = "Attribute:"
"""What stands before the name of an attribute in the header."""


class ItemRows:
    """Writes items as rows under a tenant's field names.

    A column that is not there is a field left out, so items that name other fields come in other files: an empty cell
    says that there is nothing, and never that nothing is said.
    """

    def __init__(self, names: ItemNames) -> None:
        self._names = names

    def row(self, item: Mapping[str, Any]) -> Row:
        """The row of an item; raises `Rejected` with what a file cannot say."""
        names = self._names
        row = {name: self._cell(name, value) for name, value in item.items() if name != names.attributes}
        attributes = item.get(names.attributes)
        if attributes == {} and names.patch in item:
            raise Rejected("it has no attributes any more, and files cannot say so in patch mode: change it there")
        return {**row, **{f"{ATTRIBUTE}{name}": str(value) for name, value in (attributes or {}).items()}}

    def _cell(self, name: str, value: Any) -> str:
        names = self._names
        if name == names.images:
            return joined_addresses(entry[names.image_url] for entry in value)
        if name == names.aliases:
            return _joined([entry[names.alias] for entry in value])
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case Decimal():
                return f"{value:f}"
            case _:
                return str(value)


def _joined(aliases: Sequence[str]) -> str:
    if spoilt := [alias for alias in aliases if SEPARATOR in alias]:
        raise Rejected(f"the alias {spoilt[0]} cannot be told in a file, where {SEPARATOR} stands between two")
    return SEPARATOR.join(aliases)


def files_of(rows: Sequence[Row]) -> list[tuple[bytes, list[int]]]:
    """As few files as can be, and which of the rows each one has."""
    together: dict[frozenset[str], list[int]] = {}
    for place, row in enumerate(rows):
        together.setdefault(frozenset(row), []).append(place)
    return [(table_of([rows[place] for place in places]), places) for places in together.values()]
