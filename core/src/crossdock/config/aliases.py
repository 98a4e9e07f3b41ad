"""The operator's table of aliases: a CSV file that says by which other names a cart knows the warehouse's products."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from crossdock.config.csv_file import read_csv
from crossdock.config.mistakes import Mistake, nearest

COLUMNS = ("sku", "type", "alias")
AliasTable = Mapping[str, str]
"""The alias of each SKU, of one type, as they stand in the file."""
_Lines = dict[tuple[str, str], tuple[str, int]]
"""What stands beside each type and name, and in which line."""


def read_aliases(file: Path, type: str, written: Path, key: str) -> tuple[AliasTable, tuple[Mistake, ...]]:
    """The aliases of one type in a file that is named at this key, and every mistake in it, of other types too.

    SKUs and aliases are text, exactly as it stands there: `0012` is not `12`.
    """
    aliases: _Lines = {}
    owners: _Lines = {}
    mistakes = read_csv(
        file, COLUMNS, lambda row, line: _take(file, row, line, aliases, owners), written=written, key=key
    )
    table = {sku: alias for (of_type, sku), (alias, _) in aliases.items() if of_type == type}
    if not mistakes and not table:
        mistakes = (_none_of(file, type, {of_type for of_type, _ in aliases}),)
    return table, mistakes


def _take(file: Path, row: Mapping[str, str], line: int, aliases: _Lines, owners: _Lines) -> Iterator[Mistake]:
    """Take one row; yields what is wrong with it."""
    place = f"line {line}"
    sku, type, alias = (row[name] for name in COLUMNS)
    if wrong := list(_wrong_fields(file, place, row)):
        yield from wrong
    elif first := aliases.get((type, sku)):
        found = f"SKU {sku} has the alias {first[0]} of type {type} in line {first[1]} already"
        yield Mistake(file, place, found, advice="Keep one of them.")
    elif first := owners.get((type, alias.casefold())):
        found = f"alias {alias} of type {type} stands for SKU {first[0]} in line {first[1]} already"
        yield Mistake(file, place, found, advice="Keep one: what is told of the one would be told of the other.")
    else:
        aliases[type, sku] = alias, line
        owners[type, alias.casefold()] = sku, line  # many carts take no notice of case


def _wrong_fields(file: Path, place: str, row: Mapping[str, str]) -> Iterator[Mistake]:
    for name in COLUMNS:
        if not row[name] or row[name] != row[name].strip():
            found = f"its {name} is {row[name]!r}"
            yield Mistake(file, place, found, "a text without blanks around it: it is compared exactly")


def _none_of(file: Path, type: str, types: Collection[str]) -> Mistake:
    """Without an alias of the wanted type, the cart would be told nothing."""
    found = f"it has no alias of type {type}"
    return Mistake(file, "", found, ", ".join(sorted(types)), nearest(type, types), "Add rows of that type.")
