"""The demo as it goes: bars on a terminal, a line a chapter elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from crossdock.engine.ledger import Kind
from crossdock.engine.ports import OrderState
from crossdock.store.standing import Standing

DOWNLOADED, RELEASED, MARKED = "orders downloaded", "requests released", "orders marked as taken"
PACKED, COLLECTED, LABELLED, REPORTED = "boxes packed", "boxes collected", "labels bought", "packages reported"
STEPS = (DOWNLOADED, RELEASED, MARKED, PACKED, COLLECTED, LABELLED, REPORTED)


@contextmanager
def open_screen(console: Console) -> Iterator["Screen"]:
    """The screen of one demo; on a terminal it moves, elsewhere it speaks at the end of each chapter."""
    columns = (
        TextColumn("  {task.description:<24}"),
        BarColumn(bar_width=32, complete_style="cyan", finished_style="green"),
        TextColumn("{task.completed:>7,.0f} of {task.total:<7,.0f}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        screen = Screen(console, progress)
        yield screen
        screen.close()


class Screen:
    """Shows how far the demo is; told by `crossdock.runtime.demo.story`."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console, self._progress = console, progress
        self._bars: dict[str, TaskID] = {name: progress.add_task(name, total=0) for name in STEPS}
        self._numbers: dict[str, tuple[int, int]] = dict.fromkeys(STEPS, (0, 0))
        self._packed = 0
        self._title = ""

    def chapter(self, title: str) -> None:
        """Something new begins."""
        self._end_chapter()
        self._title = title
        self._console.print(f"\n[bold]{title}[/]" if not self._progress.live.is_started else f"[bold]{title}[/]")

    def packed(self, boxes: int) -> None:
        """So many boxes were closed in the warehouse."""
        self._packed += boxes

    def standing(self, now: Standing) -> None:
        """How far the work is."""
        packed = max(self._packed, now.shipments)
        self._numbers = {
            DOWNLOADED: (seen := sum(now.orders.values()), seen),
            RELEASED: (now.done(Kind.RELEASE), now.promised(Kind.RELEASE) + now.in_state(OrderState.READY)),
            MARKED: (now.done(Kind.ACKNOWLEDGE), now.promised(Kind.ACKNOWLEDGE)),
            PACKED: (packed, packed),
            COLLECTED: (now.shipments, packed),
            LABELLED: (now.done(Kind.LABEL), now.promised(Kind.LABEL)),
            REPORTED: (now.done(Kind.CONFIRM), now.promised(Kind.CONFIRM)),
        }
        for name, (done, total) in self._numbers.items():
            self._progress.update(self._bars[name], completed=done, total=total)

    def close(self) -> None:
        """The story is over."""
        self._end_chapter()

    def _end_chapter(self) -> None:
        if self._title and not self._console.is_terminal:
            told = (f"{done:,} {name}" for name, (done, _) in self._numbers.items() if done)
            self._console.print(f"  {', '.join(told)}")
