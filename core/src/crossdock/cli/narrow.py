"""A table that can be read, and copied from, on a narrow screen as well."""

from collections.abc import Sequence
from copy import copy
from itertools import groupby

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Column, Table

LEAST_ROOM = 50
"""Sentences that get less room than this beside their row, and need more, stand below it."""
INDENT = (0, 0, 0, 5)

Lines = Sequence[Sequence[Segment]]


class TableOfSentences(Table):
    """A table whose last column holds sentences: where there is little room for them, they stand below their rows.

    Then no number or name is broken; where all of them together are wider than the screen, lines end between words.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names, sentences = self._parted()
        needed, taken = (Measurement.get(console, options.update(width=10_000), one).maximum for one in (self, names))
        room = options.max_width - taken
        if needed <= options.max_width or room >= LEAST_ROOM:
            yield from super().__rich_console__(console, options)
            return
        if room < 0:
            _narrow(names.columns, -room, console, options)
        head, rows = _head_and_rows(console.render_lines(names, options, pad=False))
        yield from _ended(head)
        for row, sentence in zip(rows, sentences, strict=False):
            yield from _ended(row)
            if sentence:
                yield Padding(sentence, INDENT, expand=False)

    def _parted(self) -> tuple[Table, Sequence[str]]:
        """The table without its last column, with an empty line between the rows, and what stands there."""
        names = Table(box=self.box, pad_edge=self.pad_edge, header_style=self.header_style, show_lines=True)
        *columns, last = self.columns
        names.columns, names.rows = [copy(column) for column in columns], self.rows
        for column in names.columns:
            column.no_wrap = True
        return names, [str(cell) for cell in last.cells]


def _narrow(columns: Sequence[Column], excess: int, console: Console, options: ConsoleOptions) -> None:
    """Take so many characters from these columns, from those of many words first, and from no word if that can be."""
    sizes = [_size(column, console, options) for column in columns]
    by_slack = sorted(zip(columns, sizes, strict=True), key=lambda one: one[1].minimum - one[1].maximum)
    for column, size in by_slack:
        taken = min(excess, size.maximum - size.minimum)
        column.no_wrap = not taken
        column.width = size.maximum - taken
        excess -= taken


def _size(column: Column, console: Console, options: ConsoleOptions) -> Measurement:
    """How wide the longest word of a column is, and how wide its longest line."""
    wide = options.update(width=10_000)
    sizes = [Measurement.get(console, wide, cell) for cell in (column.header, *column.cells)]
    return Measurement(max(one.minimum for one in sizes), max(one.maximum for one in sizes))


def _head_and_rows(lines: Lines) -> tuple[Lines, Sequence[Lines]]:
    """The lines down to the one under the head, then those of each row."""
    end = next(number for number, line in enumerate(lines, 1) if "─" in _text(line))
    groups = groupby(lines[end:], key=lambda line: bool(_text(line).strip()))
    return lines[:end], [list(group) for is_row, group in groups if is_row]


def _text(line: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in line)


def _ended(lines: Lines) -> list[Segment]:
    return [segment for line in lines for segment in (*line, Segment.line())]
