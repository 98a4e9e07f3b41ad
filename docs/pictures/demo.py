"""Makes demo.svg from what `crossdock demo` really shows on a terminal: python docs/pictures/demo.py."""

import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH, HEIGHT = 112, 60
PICTURE = Path(__file__).with_name("demo.svg")
CONTROL = re.compile(r"(\r\n|\n|\r|\x1b\[[0-9;?]*[A-Za-z])")
FETCHED_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture in a README must not ask another host for anything."""


def main() -> None:
    """Run the demo on a terminal of its own and draw what is left on it."""
    with tempfile.TemporaryDirectory() as folder:
        screen = list(_left_on_screen(_watch(["crossdock", "demo"], Path(folder))))
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    for line in ["[bold]$ crossdock demo[/]", ""]:
        console.print(line)
    console.print(Text.from_ansi("\n".join(screen)), soft_wrap=True)
    picture = console.export_svg(title="crossdock demo")
    PICTURE.write_text(FETCHED_FONT.sub("", picture).replace("Fira Code", "ui-monospace"), encoding="utf-8")
    sys.stdout.write(f"written: {PICTURE}\n")


def _watch(command: list[str], folder: Path) -> str:
    """All that a command writes to its terminal."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": str(WIDTH), "LINES": str(HEIGHT), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    program = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
    with subprocess.Popen(program, cwd=folder, stdout=theirs, stderr=theirs, env={**os.environ, **size}):  # noqa: S603
        os.close(theirs)
        return b"".join(_read(ours)).decode()


def _read(terminal: int) -> Iterator[bytes]:
    try:
        while chunk := os.read(terminal, 65536):
            yield chunk
    except OSError:  # how Linux says that nobody writes any more
        os.close(terminal)


def _left_on_screen(written: str) -> Iterator[str]:
    """The lines after every cursor movement was followed; colours stay in them."""
    lines, row = [""], 0
    for part in CONTROL.split(written):
        if part in ("\r\n", "\n"):
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r" or part.endswith("K"):
            lines[row] = ""
        elif moved := re.fullmatch(r"\x1b\[(\d+)A", part):
            row -= int(moved[1])
        elif not part.startswith("\x1b[") or part.endswith("m"):
            lines[row] += part
    yield from (line.rstrip() for line in lines)


if __name__ == "__main__":
    main()
