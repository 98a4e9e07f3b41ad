"""Where the commands write: tables for a terminal, plain lines for a pipe."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console
    from rich.table import Table


STATE_COLORS = {
    "shipped": "green",
    "released": "cyan",
    "part_shipped": "yellow",
    "waiting": "yellow",
    "held": "yellow",
    "unreadable": "red",
    "done": "green",
    "in_doubt": "yellow",
    "rejected": "red",
    "planned": "cyan",
    "unmapped": "red",
}


def open_console() -> "Console":
    """Standard output; a pipe gets wide plain lines, so that no word is cut."""
    import sys

    from rich.console import Console

    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 160)


def open_table(*columns: str, right: tuple[str, ...] = (), sentences: bool = False) -> "Table":
    """A calm table: a line under the head, nothing else; the columns `right` hold numbers.

    With `sentences` the last column holds them; where there is no room for them they stand below their rows.
    """
    from rich import box
    from rich.table import Table

    from crossdock.cli.narrow import TableOfSentences

    kind = TableOfSentences if sentences else Table
    table = kind(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def counted(counts: Mapping[str, int]) -> str:
    """Counts as a phrase: `2,000 orders seen, 1,850 ready`."""
    return ", ".join(f"{number:,} {what.replace('_', ' ')}" for what, number in counts.items())


def day_and_minute(moment: "datetime | None") -> str:
    """A moment as people read it in a table."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


class Silent:
    """A logger for commands that say everything themselves."""

    def info(self, event: str, **details: object) -> None:
        """Say nothing."""

    def warning(self, event: str, **details: object) -> None:
        """Say nothing."""


def colored(state: str) -> str:
    """A state in its colour, as rich markup."""
    color = STATE_COLORS.get(state)
    words = state.replace("_", " ")
    return f"[{color}]{words}[/]" if color else words


def as_json_text(found: object) -> str:
    """What a command shows, as JSON for programs; moments in UTC as ISO 8601."""
    from pydantic_core import to_json

    return to_json(found, indent=2).decode()
