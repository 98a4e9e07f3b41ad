"""CSV as the Host Agent reads and writes it: RFC 4180, UTF-8, with a header row; pure."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import quote

from crossdock.domain import digest

Row = dict[str, str]
"""One row by the names of the header."""

SEPARATOR = "|"
"""What stands between several values in one cell."""
LONGEST_NAME = 150
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(10))}
"""Names of devices on Windows, whatever suffix they have."""


class BrokenFile(Exception):
    """A file that cannot be read, in words."""


def table_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A file of all rows, with every column that one of them has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def rows_of(content: bytes, needed: Collection[str] = ()) -> list[Row]:
    """The rows of a file that has the needed columns; raises `BrokenFile`."""
    try:
        text = content.decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BrokenFile(f"it is not CSV in UTF-8 ({error})") from None
    except ValueError:
        raise BrokenFile("it is empty") from None
    if missing := [name for name in needed if name not in header]:
        raise BrokenFile(f"it has no column {', '.join(missing)}")
    if len(set(header)) < len(header):
        raise BrokenFile("two of its columns have one name")
    for place, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise BrokenFile(f"row {place} has {len(row)} fields, and the header has {len(header)}")
    return [dict(zip(header, row, strict=True)) for row in rows]


def joined_addresses(addresses: Iterable[str]) -> str:
    """Web addresses in one cell; the mark between them is always escaped within one."""
    return SEPARATOR.join(address.replace(SEPARATOR, "%7C") for address in addresses)


def file_name(number: str) -> str:
    """The one name of an order's file: safe everywhere, and no other number has it."""
    safe = quote(number, safe="").replace(".", "%2E").replace("~", "%7E")
    if safe.upper() in _RESERVED:
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    if len(safe) > LONGEST_NAME:
        safe = f"{safe[:LONGEST_NAME]}~{digest(number.encode()).hex()}"
    return f"{safe}.csv"
