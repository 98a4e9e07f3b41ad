"""The operator's tables in CSV files: read row by row, and refused with every line that is wrong."""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from crossdock.config.mistakes import Mistake, nearest

Take = Callable[[Mapping[str, str], int], Iterable[Mistake]]
"""Takes one row, by column, and its line; says what is wrong with it."""


def read_csv(file: Path, columns: Sequence[str], take: Take, *, written: Path, key: str) -> tuple[Mistake, ...]:
    """Hand every row of a file that is named at this key to `take`; every mistake in the file.

    Columns may stand in any order, and rows without a field are passed over. Values are text as it stands there.
    """
    mistakes: list[Mistake] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text, strict=True)
            head = next(rows, [])
            mistakes += _wrong_head(file, head, columns)
            for row in rows if not mistakes else ():
                if any(row) and len(row) != len(columns):
                    found, allowed = f"it has {len(row)} fields", f"{len(columns)}: {', '.join(columns)}"
                    mistakes.append(Mistake(file, f"line {rows.line_num}", found, allowed))
                elif any(row):
                    mistakes += take(dict(zip(head, row, strict=True)), rows.line_num)
    except FileNotFoundError:
        return (Mistake(written, key, f"there is no file {file}", advice="Write it, or take the key out."),)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return (Mistake(written, key, f"{file} cannot be read as CSV in UTF-8: {error}", advice="Save it so."),)
    return tuple(mistakes)


def _wrong_head(file: Path, head: Collection[str], columns: Sequence[str]) -> Iterator[Mistake]:
    if sorted(head) != sorted(columns):
        advice = "Write them into the first line, with commas between."
        found = f"its columns are {', '.join(head) or 'missing'}"
        yield Mistake(file, "line 1", found, ", ".join(columns), nearest("".join(head), [",".join(columns)]), advice)
