"""How every list is shown: as a table for people, as CSV for spreadsheets, as JSON for programs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def show(rows: Sequence[Any], table: "Callable[[], Table]", *, empty: str, as_json: bool, as_csv: bool) -> None:
    """Print rows (dataclasses of one kind) in the way that was asked for; `empty` is what people read without any."""
    import typer

    from crossdock.cli.screen import as_json_text, open_console

    if as_json and as_csv:
        raise typer.BadParameter("either --json or --csv")
    if as_json:
        typer.echo(as_json_text([asdict(row) for row in rows]))
    elif as_csv:
        typer.echo(as_csv_text(rows), nl=False)
    else:
        open_console().print(table() if rows else empty)


def as_csv_text(rows: Sequence[Any]) -> str:
    """The rows as CSV, one column a field; moments in UTC as ISO 8601, what is nested as JSON."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for place, row in enumerate(map(asdict, rows)):
        if place == 0:
            writer.writerow(row)
        writer.writerow(map(_cell, row.values()))
    return text.getvalue()


def _cell(value: Any) -> str:
    from datetime import datetime

    from pydantic_core import to_json

    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else to_json(value).decode()
