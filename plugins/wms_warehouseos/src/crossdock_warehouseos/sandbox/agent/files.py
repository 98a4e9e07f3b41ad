"""The files of the Host Agent: CSV as in RFC 4180, UTF-8, with a header row of the profile's names.

Orders have one row a line, with the address as `ShipToName` and so on, `Images` joined by `|`, and the notes of the
line as `LineNotes`. Items have one row each, `Aliases` and `Images` joined by `|`, and one column `Attribute:NAME` for
each attribute. Work has one row for each line of each box.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from crossdock_warehouseos.profile import Profile

Row = dict[str, str]
"""One row by the names of the header."""
Document = dict[str, Any]
"""An order or an item as the API takes it."""
ATTRIBUTE = "Attribute:"
"""What stands before the name of an attribute in the header."""
SEPARATOR = "|"
"""What stands between the aliases or images of one item, or the images of one order."""


class BadFile(Exception):
    """A file that cannot be read, in words."""


def read_rows(content: bytes) -> list[Row]:
    """The rows of a file; raises `BadFile`."""
    try:
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadFile(f"The file is not CSV in UTF-8: {error}") from None
    except ValueError:
        raise BadFile("The file is empty.") from None
    if len(set(header)) < len(header):
        raise BadFile("Two columns have one name.")
    for place, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise BadFile(f"Row {place} has {len(row)} fields, the header has {len(header)}.")
    return [dict(zip(header, row, strict=True)) for row in rows]


def written(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A file of these columns."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


class OrderFile:
    """Reads files with one row for each order line; what belongs to the whole order is the same in all its rows."""

    def __init__(self, profile: Profile) -> None:
        line = profile.line
        self._names = profile.order
        self._quantity = line.quantity
        self._line = {name: name for name in (line.host_id, line.item, line.quantity)}
        self._line[f"Line{line.notes}"] = line.notes
        self._address = {f"{profile.order.ship_to}{name}": name for name in profile.address.model_dump().values()}
        self._line_and_address = self._line.keys() | self._address.keys()
        self._url = profile.attachment.url

    def documents(self, rows: Iterable[Row]) -> Iterator[Document]:
        """The orders of a file, in the order of their first rows; raises `BadFile`."""
        orders: dict[str, list[Row]] = {}
        for row in rows:
            orders.setdefault(row.get(self._names.number, ""), []).append(row)
        for number, lines in orders.items():
            head = self._head(lines[0])
            if any(self._head(row) != head for row in lines):
                raise BadFile(f"The rows of order {number} differ in what belongs to the whole order.")
            yield {**head, self._names.lines: [self._order_line(row) for row in lines]}

    def _head(self, row: Row) -> Document:
        names = self._names
        head: Document = {name: text for name, text in row.items() if text and name not in self._line_and_address}
        if pictures := head.get(names.attachments):
            head[names.attachments] = [{self._url: url} for url in pictures.split(SEPARATOR)]
        return {**head, names.ship_to: {name: row[column] for column, name in self._address.items() if row.get(column)}}

    def _order_line(self, row: Row) -> Document:
        line: Document = {name: row[column] for column, name in self._line.items() if row.get(column)}
        if line.get(self._quantity, "").isdecimal():
            line[self._quantity] = int(line[self._quantity])
        return line


class ItemFile:
    """Reads files with one row for each item; a column that is not there is a field left out."""

    def __init__(self, profile: Profile) -> None:
        names = self._names = profile.item
        self._texts = (names.number, names.host_id, names.description, names.master_item, names.weight)
        self._lists = {names.aliases: names.alias, names.images: names.image_url}

    def document(self, row: Row) -> Document:
        """The item of a row."""
        item: Document = {name: row[name] for name in self._texts if name in row}
        for column, entry in self._lists.items():
            if column in row:
                item[column] = [{entry: value} for value in row[column].split(SEPARATOR) if value]
        attributes = {name.removeprefix(ATTRIBUTE): row[name] for name in row if name.startswith(ATTRIBUTE)}
        if attributes:
            item[self._names.attributes] = attributes
        if self._names.patch in row:
            item[self._names.patch] = row[self._names.patch] == "true"
        return item


class WorkFile:
    """Writes files with one row for each line of each box."""

    def __init__(self, profile: Profile) -> None:
        work, line = profile.work, profile.work_line
        self._lines = work.lines
        self._head = (
            *(work.order_number, work.box, work.pick, work.transaction, work.at),
            *(work.carrier, work.service, work.tracking_number),
        )
        self.columns = (*self._head, line.host_id, line.item, line.quantity)

    def rows(self, message: Document) -> Iterator[Row]:
        """The rows of what was packed into one box, or picked in one round."""
        head = {name: _text(message[name]) for name in self._head if name in message}
        for line in message[self._lines]:
            yield {**head, **{name: _text(value) for name, value in line.items()}}


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
