"""The file of an export: a zip with one text file, a line per product, tabs between its cells.

Documented or seen: the zip, the tabs, the attributes as pairs `Attribute1Name`, `Attribute1Value`, dates as they are
written in the US, and that a list of columns (`id, sku, /attr:(Name)`) can be asked for.

Assumed: columns are called as the fields of the API (clients read `ID` and `Sku`), an attribute that was asked for as
itself; without a list there are all plain fields, the labels with commas between them and the attributes; capitals in
a list of columns do not matter; values are quoted as in csv; dates are in UTC; yes and no are `True` and `False`.
"""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.products.documents import PRODUCT_COLLECTIONS, Product

T = TypeVar("T")
Cell = Callable[[Product], str]

ROWS_AT_ONCE = 500
_PLAIN = tuple(name for name in Product.__struct_encode_fields__ if "@" not in name and name not in PRODUCT_COLLECTIONS)
_BY_CAPITALS = {name.lower(): name for name in (*_PLAIN, "Labels")}
_ATTRIBUTE = re.compile(r"/attr:\((.+)\)", re.IGNORECASE)


class Columns:
    """What an export shows of each product; `attributes`: all of them, as pairs behind the others."""

    def __init__(self, cells: dict[str, Cell], attributes: bool) -> None:
        self._cells = cells
        self._attributes = attributes

    @classmethod
    def of(cls, text: str) -> "Columns":
        """The columns that were asked for, or all; raises 400."""
        if not text.strip():
            return cls({name: _field(name) for name in (*_PLAIN, "Labels")}, attributes=True)
        return cls(dict(map(_asked_column, filter(None, map(str.strip, re.split(r"[,\r\n]", text))))), attributes=False)

    def row(self, product: Product) -> list[str]:
        """One line of the file."""
        row = [cell(product) for cell in self._cells.values()]
        if self._attributes:
            row += [text for attribute in product.Attributes for text in (attribute.Name, attribute.Value or "")]
        return row

    def header(self, width: int) -> list[str]:
        """The first line, for a file whose longest line has so many cells."""
        pairs = (width - len(self._cells)) // 2
        numbered = (f"Attribute{number}{kind}" for number in range(1, pairs + 1) for kind in ("Name", "Value"))
        return [*self._cells, *numbered]


def _asked_column(text: str) -> tuple[str, Cell]:
    if (found := _ATTRIBUTE.fullmatch(text)) is not None:
        return found[1], _attribute(found[1])
    name = _BY_CAPITALS.get(text.lower())
    if name is None:
        raise BadQuery(f"There is no column '{text}' to export.")
    return name, _field(name)


def _field(name: str) -> Cell:
    if name == "Labels":
        return lambda product: ",".join(label.Name for label in product.Labels)
    if name.endswith("DateUtc"):
        return lambda product: us_date(getattr(product, name))
    return lambda product: _text(getattr(product, name))


def _attribute(name: str) -> Cell:
    wanted = name.casefold()
    return lambda product: next((row.Value or "" for row in product.Attributes if row.Name.casefold() == wanted), "")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def us_date(stamp: str | None) -> str:
    """`2025-01-06T08:05:09.12Z` as `1/6/2025 8:05:09 AM`."""
    if stamp is None:
        return ""
    moment = datetime.fromisoformat(stamp)
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {(moment.hour - 1) % 12 + 1}:{moment:%M:%S} {half}"


async def write_file(path: Path, columns: Columns, products: Iterable[Product]) -> int:
    """Write the zip, letting others work meanwhile; how many products there are in it."""
    rough = path.with_suffix(".rough")
    try:
        number, width = await _write_rough(rough, columns, products)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            inside = archive.open(f"{path.stem}.txt", "w", force_zip64=True)
            with io.TextIOWrapper(inside, "utf-8", newline="") as text, rough.open("rb") as rows:
                await _write_lines(text, columns.header(width), rows)
    finally:
        rough.unlink(missing_ok=True)
    return number


async def _write_rough(path: Path, columns: Columns, products: Iterable[Product]) -> tuple[int, int]:
    """A JSON list per line: how wide the file is, is known only when the last product was seen."""
    number = width = 0
    encode = msgspec.json.encode
    with path.open("wb") as rough:
        async for product in _unhurried(products):
            row = columns.row(product)
            rough.write(encode(row) + b"\n")
            number, width = number + 1, max(width, len(row))
    return number, width


async def _write_lines(text: io.TextIOWrapper, header: list[str], rows: Iterable[bytes]) -> None:
    write = csv.writer(text, dialect="excel-tab").writerow
    write(header)
    decode = msgspec.json.Decoder(list[str]).decode
    async for line in _unhurried(rows):
        row = decode(line)
        write(row + [""] * (len(header) - len(row)))


async def _unhurried(rows: Iterable[T]) -> AsyncIterator[T]:
    """The rows, with room for other calls in between."""
    for number, row in enumerate(rows):
        if number % ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
        yield row
