"""Purchase orders as rows of a CSV file: one row a line, the rows of one number together make one order."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

from crossdock.domain import ExpectedLine, PurchaseOrder
from crossdock.hooks.errors import CrossdockError

NEEDED = ("purchase_order", "sku", "quantity")
OPTIONAL = ("line", "supplier", "area", "expected_at", "notes")
_OF_THE_ORDER = ("supplier", "area", "expected_at", "notes")


class WrongReceipts(CrossdockError):
    """What a person wrote is no purchase order; says everything that is wrong with it."""


@dataclass
class _Wanted:
    """What the rows read so far say of one purchase order."""

    first_line: int
    details: dict[str, str] = field(default_factory=dict)
    lines: dict[str, ExpectedLine] = field(default_factory=dict)


def read_receipts(path: Path) -> Sequence[PurchaseOrder]:
    """The purchase orders of a CSV file; raises `WrongReceipts` with every wrong row, and takes none then."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _orders(csv.DictReader(file), path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongReceipts(f"{path} cannot be read as a CSV file in UTF-8: {error}") from error


def _orders(rows: "csv.DictReader[str]", path: Path) -> Sequence[PurchaseOrder]:
    _check_columns(rows.fieldnames or (), path)
    wanted: dict[str, _Wanted] = {}
    if wrong := list(_take(rows, wanted)):
        count = "1 row is" if len(wrong) == 1 else f"{len(wrong)} rows are"
        raise WrongReceipts("\n".join([f"Nothing was taken from {path}, {count} wrong:", *wrong]))
    if not wanted:
        raise WrongReceipts(f"{path} has no row below its head")
    return [_order(number, one) for number, one in wanted.items()]


def _check_columns(found: Iterable[str], path: Path) -> None:
    names = list(found)
    if set(NEEDED) <= set(names) <= {*NEEDED, *OPTIONAL} and len(set(names)) == len(names):
        return
    raise WrongReceipts(
        f"{path} must have the columns {', '.join(NEEDED)}, may have {', '.join(OPTIONAL)}, "
        f"and has: {', '.join(names) or 'none'}"
    )


def _take(rows: "csv.DictReader[str]", wanted: dict[str, _Wanted]) -> Iterator[str]:
    """Take every row; yields what is wrong with those that are."""
    for row in rows:
        try:
            if None in row:
                raise WrongReceipts("it has more fields than the head")
            _take_row({name: (row.get(name) or "").strip() for name in (*NEEDED, *OPTIONAL)}, rows.line_num, wanted)
        except WrongReceipts as error:
            yield f"  line {rows.line_num}: {error}"


def _take_row(row: dict[str, str], line: int, wanted: dict[str, _Wanted]) -> None:
    number, sku = row["purchase_order"], row["sku"]
    if not number or not sku:
        raise WrongReceipts(f"it names no {'SKU' if number else 'purchase order'}")
    if not (row["quantity"].isascii() and row["quantity"].isdigit() and len(row["quantity"]) < 10):
        raise WrongReceipts(f"'{row['quantity']}' is no whole number from 0")
    _moment(row["expected_at"])
    one = wanted.setdefault(number, _Wanted(line))
    _take_details(one, {name: row[name] for name in _OF_THE_ORDER if row[name]})
    id = row["line"] or sku
    if id in one.lines:
        advice = "" if row["line"] else "; give each a name of its own in the column `line`"
        raise WrongReceipts(f"line '{id}' of purchase order {number} stands in the file twice{advice}")
    one.lines[id] = ExpectedLine(id=id, sku=sku, quantity=int(row["quantity"]))


def _take_details(one: _Wanted, details: dict[str, str]) -> None:
    for name, text in details.items():
        if one.details.setdefault(name, text) != text:
            raise WrongReceipts(f"{name} is '{text}', and '{one.details[name]}' in line {one.first_line}")


def _moment(text: str) -> datetime | None:
    """A day or a moment; a day begins at midnight UTC."""
    try:
        if len(text) <= len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time.min, UTC) if text else None
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongReceipts(f"expected_at '{text}' is no date such as 2026-01-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _order(number: str, one: _Wanted) -> PurchaseOrder:
    details = one.details
    return PurchaseOrder(
        number=number,
        supplier=details.get("supplier", ""),
        area=details.get("area", ""),
        expected_at=_moment(details.get("expected_at", "")),
        notes=details.get("notes", ""),
        lines=tuple(one.lines.values()),
    )
