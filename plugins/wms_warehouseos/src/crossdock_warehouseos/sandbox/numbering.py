"""The numbers that a simulated tenant gives to what it writes down."""

from collections import Counter


class Numbering:
    """Counts each series from 1: `next("B")` gives B1, B2 and so on."""

    def __init__(self) -> None:
        self._last: Counter[str] = Counter()

    def next(self, series: str) -> str:
        """The next number of a series."""
        self._last[series] += 1
        return f"{series}{self._last[series]}"

    def state(self) -> Counter[str]:
        """All that `restore` needs."""
        return self._last

    def restore(self, state: Counter[str]) -> None:
        """Go on where another numbering was."""
        self._last = state
