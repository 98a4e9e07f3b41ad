"""What a file tells: a record for each label in it, and for each line that cannot be read; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from crossdock import Record
from crossdock.domain import digest
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings
from crossdock_shipping.parcel_files.table import BrokenFile, Layout, Line, Table, layout_of, table_in


class Row(msgspec.Struct, array_like=True):
    """The cells of one line of a file."""

    line: int
    cells: list[str]


class LabelRows(msgspec.Struct):
    """All rows of one label in one file; `fault` says why a line, or a whole file, cannot be read."""

    file: str
    header: list[str] = []
    rows: list[Row] = []
    fault: str = ""


class Told(NamedTuple):
    """What a file tells, and by order number, which of it is of that order; `broken`: why nothing can be read."""

    records: tuple[Record, ...]
    by_reference: Mapping[str, Sequence[Record]] = {}
    broken: str = ""


class _Label(NamedTuple):
    reference: str
    rows: list[Row]


def told_in(file: str, content: bytes, settings: ParcelFilesSettings, *, whole: bool) -> Told:
    """The records of a file; of one that may still be written, those of its finished lines."""
    try:
        table = table_in(content, settings, whole=whole)
        layout = _layout(table, settings)
    except BrokenFile as error:
        return broken_file(file, str(error))
    labels, faults = _labels(table, layout)
    by_reference: dict[str, list[Record]] = {}
    for id, label in labels.items():
        record = _record(id, LabelRows(file, list(table.header), label.rows))
        by_reference.setdefault(label.reference, []).append(record)
    faulty = [_record(f"{file}:{line.number}", _fault(file, line)) for line in faults]
    return Told((*(record for found in by_reference.values() for record in found), *faulty), by_reference)


def broken_file(file: str, words: str) -> Told:
    """A single record for a file of which nothing can be read."""
    return Told((_record(file, LabelRows(file, fault=words)),), broken=words)


def _layout(table: Table, settings: ParcelFilesSettings) -> Layout:
    """Where the columns are; nowhere in a file that has no row yet."""
    if settings.header:
        return layout_of(settings.columns, table.header, len(table.header)) if table.header else {}
    places = (column for column in settings.columns.named().values() if isinstance(column, int))
    return layout_of(settings.columns, (), max(places))


def _labels(table: Table, layout: Layout) -> tuple[dict[str, _Label], list[Line]]:
    """By its id, each label with all its rows; and the lines that cannot be read."""
    labels: dict[str, _Label] = {}
    faults: list[Line] = []
    for line in table.lines:
        flaw = line.fault or _too_short(line, layout)
        if flaw:
            faults.append(line._replace(fault=flaw))
            continue
        reference, number = (line.cells[layout[what]] for what in ("reference", "tracking_number"))
        if reference and number:
            own = line.cells[layout["id"]] if "id" in layout else ""
            id = own or digest(f"{reference}\n{number}".encode("utf-8", "replace")).hex()
            labels.setdefault(id, _Label(reference, [])).rows.append(Row(line.number, list(line.cells)))
    return labels, faults


def _too_short(line: Line, layout: Layout) -> str:
    wanted = max(layout.values()) + 1
    return f"it has {len(line.cells)} cells, and `columns` wants number {wanted}" if len(line.cells) < wanted else ""


def _fault(file: str, line: Line) -> LabelRows:
    return LabelRows(file, rows=[Row(line.number, list(line.cells))], fault=line.fault)


def _record(id: str, told: Any) -> Record:
    return Record(id, msgspec.json.encode(told))
