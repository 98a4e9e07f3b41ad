"""The operator's table of bundles: a CSV file that says what they are made of, for SKUs of which the cart does not."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from crossdock.config.csv_file import read_csv
from crossdock.config.mistakes import Mistake
from crossdock.domain import BundleComponent

COLUMNS = ("bundle", "component", "quantity")
MOST_PIECES = 1_000_000
BundleTable = Mapping[str, tuple[BundleComponent, ...]]
"""The parts of each bundle, as they stand in the file."""
_Lines = dict[tuple[str, str], int]
"""In which line of the file each bundle has each component."""


def read_bundles(file: Path, written: Path, key: str) -> tuple[BundleTable, tuple[Mistake, ...]]:
    """The bundles of a file that is named at this key, and every mistake in it.

    SKUs are text, exactly as it stands there: `0012` is not `12`.
    """
    table: dict[str, tuple[BundleComponent, ...]] = {}
    lines: _Lines = {}
    mistakes = read_csv(file, COLUMNS, lambda row, line: _take(file, row, line, table, lines), written=written, key=key)
    return table, (*mistakes, *_nested(file, table, lines))


def _take(
    file: Path, row: Mapping[str, str], line: int, table: dict[str, tuple[BundleComponent, ...]], lines: _Lines
) -> Iterator[Mistake]:
    """Take one row; yields what is wrong with it."""
    place = f"line {line}"
    bundle, component, quantity = (row[name] for name in COLUMNS)
    if wrong := list(_wrong_fields(file, place, bundle, component, quantity)):
        yield from wrong
    elif (first := lines.get((bundle, component))) is not None:
        found = f"bundle {bundle} has component {component} in line {first} already"
        yield Mistake(file, place, found, advice="Write one row with the sum.")
    else:
        lines[bundle, component] = line
        table[bundle] = (*table.get(bundle, ()), BundleComponent(sku=component, quantity=int(quantity)))


def _wrong_fields(file: Path, place: str, bundle: str, component: str, quantity: str) -> Iterator[Mistake]:
    for name, sku in (("bundle", bundle), ("component", component)):
        if not sku or sku != sku.strip():
            found = f"its {name} is {sku!r}"
            yield Mistake(file, place, found, "a SKU without blanks around it: it is compared exactly")
    if not (quantity.isascii() and quantity.isdigit() and 0 < int(quantity[:8]) <= MOST_PIECES and len(quantity) < 9):
        yield Mistake(file, place, f"its quantity is {quantity!r}", "a whole number from 1")
    if bundle and bundle == component:
        yield Mistake(file, place, f"bundle {bundle} is a part of itself", advice="Name what it is made of.")


def _nested(file: Path, table: BundleTable, lines: _Lines) -> Iterator[Mistake]:
    """Of a bundle within a bundle, nobody could tell the cart which one was packed."""
    for (bundle, component), line in lines.items():
        if component in table:
            found = f"component {component} of bundle {bundle} is a bundle itself"
            advice = f"Name the parts of {component} in its place: nested bundles could not be put together again."
            yield Mistake(file, f"line {line}", found, "a component that is no bundle", advice=advice)
