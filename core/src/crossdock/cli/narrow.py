"""A table that can be read, and copied from, on a narrow screen as well."""

from collections.abc import Sequence
from copy import copy

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Column, Table

LEAST_ROOM = 50
"""Sentences that get less room than this beside their row, and need more, stand below it."""
HEAD = 3
"""The lines before the first row: an empty one, the head, a line."""
INDENT = (0, 0, 0, 5)


class TableOfSentences(Table):
    """A table whose last column holds sentences: where there is little room for them, they stand below their rows.

    Then no number or name is broken, however long it is.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names, sentences = self._parted()
        needed, taken = (Measurement.get(console, options.update(width=10_000), one).maximum for one in (self, names))
        room = options.max_width - taken
        if needed <= options.max_width or room >= LEAST_ROOM or room < 0:
            yield from super().__rich_console__(console, options)
            return
        lines = console.render_lines(names, options, pad=False)
        for line in lines[:HEAD]:
            yield from (*line, Segment.line())
        for line, sentence in zip(lines[HEAD:], sentences, strict=False):
            yield from (*line, Segment.line())
            if sentence:
                yield Padding(sentence, INDENT, expand=False)

    def _parted(self) -> tuple[Table, Sequence[str]]:
        """The table without its last column, and what stands there."""
        names = Table(box=self.box, pad_edge=self.pad_edge, header_style=self.header_style)
        *columns, last = self.columns
        names.columns, names.rows = [_whole(column) for column in columns], self.rows
        return names, [str(cell) for cell in last.cells]


def _whole(column: Column) -> Column:
    """The column without a broken line."""
    whole = copy(column)
    whole.no_wrap = True
    return whole
