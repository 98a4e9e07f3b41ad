"""CSV as shipping systems write it: rows that can be read, and those that cannot, by their line; pure."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from crossdock_shipping.parcel_files.settings import Columns, ParcelFilesSettings

Layout = Mapping[str, int]
"""By what it holds, the place of a column in a row, from 0 on."""


class BrokenFile(Exception):
    """A file of which nothing can be read, in words."""


class Line(NamedTuple):
    """One row, and the line of the file in which it begins, from 1 on; `fault` says why it cannot be read."""

    number: int
    cells: Sequence[str]
    fault: str = ""


class Table(NamedTuple):
    """The names of the columns (none, where files have no header), and all rows below them."""

    header: Sequence[str]
    lines: Sequence[Line]


def table_in(content: bytes, settings: ParcelFilesSettings, *, whole: bool) -> Table:
    """The rows of a file; of one that may still be written, those that are finished. Raises `BrokenFile`."""
    lines = [
        line for line in _lines(_text(content, settings.encoding, whole), settings.delimiter, whole) if any(line[1])
    ]
    if not settings.header:
        return Table((), lines)
    if lines and lines[0].fault:
        raise BrokenFile(f"its header cannot be read ({lines[0].fault})")
    header = [name.strip() for name in lines[0].cells] if lines else []
    return Table(header, [_fitting(line, len(header)) for line in lines[1:]])


def layout_of(columns: Columns, header: Sequence[str], width: int) -> Layout:
    """Where each column is that the settings name, in rows of a width; raises `BrokenFile`."""
    names = [name.casefold() for name in header]
    return {what: _place(column, names, header, width) for what, column in columns.named().items()}


def _place(column: str | int, names: Sequence[str], header: Sequence[str], width: int) -> int:
    if isinstance(column, int):
        if column > width:
            raise BrokenFile(f"it has {width} columns, and `columns` wants number {column}")
        return column - 1
    name = column.strip().casefold()
    if names.count(name) > 1:
        raise BrokenFile(f"it has {names.count(name)} columns '{column}'; name one by its number in `columns`")
    if name not in names:
        raise BrokenFile(f"it has no column '{column}'; it has: {', '.join(header)}")
    return names.index(name)


def _text(content: bytes, encoding: str, whole: bool) -> str:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(content, whole).removeprefix("\ufeff")
    except UnicodeError as error:
        raise BrokenFile(f"its encoding is not {encoding} ({error})") from None
    return text if whole else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]


def _lines(text: str, delimiter: str, whole: bool) -> Iterator[Line]:
    """Every row; one that is broken does not take those along that follow it."""
    raw, at = list(io.StringIO(text, newline="")), 0
    while at < len(raw):
        rows = csv.reader((raw[place] for place in range(at, len(raw))), delimiter=delimiter, strict=True)
        begin = at
        try:
            for cells in rows:
                yield Line(begin + 1, [cell.strip() for cell in cells])
                begin = at + rows.line_num
            return
        except csv.Error as error:
            if not whole and at + rows.line_num == len(raw):
                return  # a cell in quotes that is not finished, perhaps
            yield Line(begin + 1, [raw[begin].rstrip("\r\n")], f"it is not CSV: {error}")
            at = begin + 1


def _fitting(line: Line, width: int) -> Line:
    if line.fault or len(line.cells) == width:
        return line
    return line._replace(fault=f"it has {len(line.cells)} cells, and the header has {width}")
