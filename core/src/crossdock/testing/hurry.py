"""Time in the kit: waits take none and are remembered, and the clock stands still."""

import asyncio
from datetime import datetime


class HurriedTimer:
    """Time that passes only where somebody waits; `waits` are all waits so far, in seconds."""

    def __init__(self) -> None:
        self._now = 0.0
        self.waits: list[float] = []

    def time(self) -> float:
        """Seconds that were waited for."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Let others work, and say that so many seconds have passed."""
        self.waits.append(seconds)
        self._now += max(seconds, 0.0)
        await asyncio.sleep(0)


class StoppedClock:
    """A clock that stands still until it is turned."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The moment at which it stands."""
        return self.at
