"""How every list is shown: as a table for people, as CSV for spreadsheets, as JSON for programs."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
"""How a text begins that a spreadsheet would run; the apostrophe that makes one harmless is doubled if it was there."""
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def show(
    rows: Sequence[Any],
    table: "Callable[[], Table]",
    *,
    empty: str,
    as_json: bool,
    as_csv: bool,
    kind: type[Any] | None = None,
    limit: int | None = None,
    first: str = "first",
) -> None:
    """Print rows (dataclasses or documents of one kind) in the way that was asked for; `empty` is what people read
    without any.

    With `kind`, a CSV without rows still has its head. With `limit`, people read that there may be more: the `first`
    (newest, oldest) are those that are shown.
    """
    import typer

    from crossdock.cli.screen import as_json_text, open_console

    if as_json and as_csv:
        raise typer.BadParameter("either --json or --csv")
    if as_json:
        typer.echo(as_json_text([*map(_columns, rows)]))
    elif as_csv:
        typer.echo(as_csv_text(rows, kind), nl=False)
    else:
        console = open_console()
        console.print(table() if rows else empty)
        if rows and len(rows) == limit:
            console.print(f"[dim]The {first} {limit}; --limit shows more.[/]")


def as_csv_text(rows: Sequence[Any], kind: type[Any] | None = None) -> str:
    """The rows as CSV, one column a field; moments in UTC as ISO 8601, what is nested as JSON.

    A text that a spreadsheet would run as a formula has an apostrophe before it; a number has none.
    """
    if kind is None and not rows:
        return ""
    cells = ([_cell(value) for value in _columns(row).values()] for row in rows)
    return "".join(_line(line) for line in (_names(kind or type(rows[0])), *cells))


def _names(kind: type[Any]) -> Sequence[str]:
    return [field.name for field in fields(kind)] if is_dataclass(kind) else [*kind.model_fields]


def _columns(row: Any) -> dict[str, Any]:
    return asdict(row) if is_dataclass(row) and not isinstance(row, type) else dict(row)


def _line(cells: Iterable[str]) -> str:
    """One row; what could end a line on any machine is quoted."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: Any) -> str:
    from datetime import datetime

    from pydantic_core import to_json

    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat()
        case str():
            return harmless(value)
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case _:
            return to_json(value).decode()


def harmless(text: str) -> str:
    """A text as a cell that no spreadsheet runs."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
