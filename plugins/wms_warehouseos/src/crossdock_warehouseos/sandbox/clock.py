"""The clock of a simulated tenant, and the work that becomes due by it; nothing sleeps."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush


class Clock:
    """Real time, and what it was turned forward by hand."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time in the warehouse."""
        return datetime.now(UTC) + self._ahead

    def forward(self, seconds: float) -> None:
        """Turn the clock forward."""
        self._ahead += timedelta(seconds=seconds)

    def state(self) -> timedelta:
        """All that `restore` needs."""
        return self._ahead

    def restore(self, state: timedelta) -> None:
        """Go on where another clock was."""
        self._ahead = state


Entry = tuple[str, int]
"""An order by number and id: a number may be used again."""


class Agenda:
    """Orders with the moment at which somebody turns to them; without a pace nobody ever does."""

    def __init__(self, clock: Clock, pace: float | None) -> None:
        self._clock = clock
        self._pace = None if pace is None else timedelta(seconds=pace)
        self._due: list[tuple[datetime, int, Entry]] = []
        self._entries = 0
        self._waiting: set[Entry] = set()

    def enter(self, order: Entry, after: datetime | None = None) -> None:
        """The order is due one stage after a moment, or from now, unless it is entered already."""
        if self._pace is not None and order not in self._waiting:
            self._waiting.add(order)
            self._entries += 1
            heappush(self._due, ((after or self._clock.now()) + self._pace, self._entries, order))

    def due(self) -> Iterator[tuple[datetime, Entry]]:
        """What is due by now with its moment, oldest first; what is entered meanwhile counts as well."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            at, _, order = heappop(self._due)
            self._waiting.discard(order)
            yield at, order

    def state(self) -> tuple[list[tuple[datetime, int, Entry]], int]:
        """All that `restore` needs."""
        return self._due, self._entries

    def restore(self, state: tuple[list[tuple[datetime, int, Entry]], int]) -> None:
        """Go on where another agenda was."""
        self._due, self._entries = state
        self._waiting = {order for _, _, order in self._due}
