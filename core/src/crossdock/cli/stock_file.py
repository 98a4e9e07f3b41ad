"""Stock changes as a person writes them: `5=+3` on the command line, or rows of a file."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.hooks.errors import CrossdockError

COLUMNS = ("sku", "distribution_center", "quantity", "meaning")
_WHOLE = re.compile(r"[+-]?[0-9]{1,10}")


class WrongNumbers(CrossdockError):
    """What a person wrote is no stock change; says everything that is wrong with it."""


@dataclass
class _Wanted:
    """What the rows read so far want of one SKU, and in which lines."""

    meaning: StockMeaning
    line: int
    centers: dict[str, int] = field(default_factory=dict)


def read_centers(texts: Iterable[str], meaning: StockMeaning) -> tuple[CenterQuantity, ...]:
    """`CENTER=QUANTITY` for some centres; a difference bears its sign."""
    found: dict[str, int] = {}
    for text in texts:
        center, equals, number = text.rpartition("=")
        if text.startswith("--") or not (center and equals):
            raise WrongNumbers(f"'{text}' is neither an option nor CENTER=QUANTITY, such as 0=5")
        if center in found:
            raise WrongNumbers(f"distribution centre {center} is named twice")
        if meaning is StockMeaning.DIFFERENCE and number.isdigit():
            raise WrongNumbers(
                f"'{text}': a difference bears its sign, such as {center}=+{number} or {center}=-{number}"
            )
        found[center] = read_quantity(number, meaning)
    return quantities(found)


def read_quantity(text: str, meaning: StockMeaning) -> int:
    """A whole number; a level is not below zero."""
    if not _WHOLE.fullmatch(text):
        raise WrongNumbers(f"'{text}' is no whole number")
    if int(text) < 0 and meaning is not StockMeaning.DIFFERENCE:
        raise WrongNumbers(f"{text} is below zero: a level is what lies there or may be sold")
    return int(text)


def quantities(found: dict[str, int]) -> tuple[CenterQuantity, ...]:
    """The same as the domain says it."""
    return tuple(CenterQuantity(distribution_center=center, quantity=number) for center, number in found.items())


def read_file(path: Path, key: str) -> Sequence[StockChange]:
    """One change a SKU from a CSV file; raises `WrongNumbers` with every wrong row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _changes(csv.DictReader(file), path, key)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongNumbers(f"{path} cannot be read as a CSV file in UTF-8: {error}") from error


def _changes(rows: "csv.DictReader[str]", path: Path, key: str) -> Sequence[StockChange]:
    wanted: dict[str, _Wanted] = {}
    if set(rows.fieldnames or ()) != set(COLUMNS):
        found = ", ".join(rows.fieldnames or ()) or "none"
        raise WrongNumbers(f"{path} must have the columns {', '.join(COLUMNS)} and has: {found}")
    if wrong := list(_take(rows, wanted)):
        count = "1 row is" if len(wrong) == 1 else f"{len(wrong)} rows are"
        raise WrongNumbers("\n".join([f"Nothing was taken from {path}, {count} wrong:", *wrong]))
    return [
        StockChange(
            key=f"{key}/{sku}",
            item=StockItem(sku=sku),
            meaning=one.meaning,
            centers=quantities(one.centers),
            reason=key,
        )
        for sku, one in wanted.items()
    ]


def _take(rows: "csv.DictReader[str]", wanted: dict[str, _Wanted]) -> Iterator[str]:
    """Take every row; yields what is wrong with those that are."""
    for row in rows:
        try:
            _take_row({name: (row[name] or "").strip() for name in COLUMNS}, rows.line_num, wanted)
        except WrongNumbers as error:
            yield f"  line {rows.line_num}: {error}"


def _take_row(row: dict[str, str], line: int, wanted: dict[str, _Wanted]) -> None:
    sku, center = row["sku"], row["distribution_center"]
    if not sku or not center:
        raise WrongNumbers(f"it names no {'distribution centre' if sku else 'SKU'}")
    if row["meaning"] not in [*StockMeaning]:
        raise WrongNumbers(f"'{row['meaning']}' is no meaning: write {', '.join(StockMeaning)}")
    meaning = StockMeaning(row["meaning"])
    one = wanted.setdefault(sku, _Wanted(meaning, line))
    if one.meaning is not meaning:
        raise WrongNumbers(f"'{sku}' has the meaning {one.meaning} in line {one.line}: one file gives it one meaning")
    if center in one.centers:
        raise WrongNumbers(f"'{sku}' at distribution centre {center} stands in the file twice")
    one.centers[center] = read_quantity(row["quantity"], meaning)
