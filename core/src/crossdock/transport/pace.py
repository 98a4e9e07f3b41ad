"""The pace of a connection: evenly spaced turns, as many as the remote system allows and no burst."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from crossdock.hooks.http import Rate

# In any window as the remote system may count it, calls * 1.02 spaces fit: the spare 2 % is shared by our own late
# wake-ups (the allowance, made up for by shorter spaces) and by requests that overtake each other on the way.
SLACK = 0.02
ALLOWANCE = 0.01
LONGEST_ALLOWANCE_SECONDS = 0.05


class Timer(Protocol):
    """Measures and waits; tests bring one that does not really wait."""

    def time(self) -> float:
        """Seconds from any fixed moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed."""


class MonotonicTimer:
    """The machine's steady time."""

    def time(self) -> float:
        """Seconds since the machine started."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let others work for so many seconds."""
        await asyncio.sleep(seconds)


class Pacer:
    """Gives turns in the order in which they are asked for, as quickly as all rates allow."""

    def __init__(self, rates: Sequence[Rate], timer: Timer) -> None:
        self._timer = timer
        self._spacings = tuple(_Spacing(rate) for rate in rates)
        self._held_until = 0.0
        self._gate = asyncio.Lock()

    async def turn(self, cost: int = 1) -> None:
        """Return when the next call may leave; `cost` is how many calls the remote system counts for it."""
        if not self._spacings and not self._held_until:
            return
        async with self._gate:
            while (wait := self._free_at(cost) - self._timer.time()) > 0:
                await self._timer.sleep(wait)
            now = self._timer.time()
            for spacing in self._spacings:
                spacing.book(now, cost)

    def hold(self, seconds: float) -> None:
        """Give no turn for so many seconds: the remote system asked for it."""
        self._held_until = max(self._held_until, self._timer.time() + seconds)

    @property
    def held_for(self) -> float:
        """For how many seconds from now no turn is given because the remote system asked for it."""
        return max(0.0, self._held_until - self._timer.time()) if self._held_until else 0.0

    def _free_at(self, cost: int) -> float:
        return max([self._held_until, *(spacing.free_at(cost) for spacing in self._spacings)])


class _Spacing:
    """When one rate allows the next call; time that was slept too long comes back, up to the allowance.

    A call that counts for many leaves at one moment, so spaces alone would let it crowd a window: it also waits until
    the calls of the window before it leave room.
    """

    def __init__(self, rate: Rate) -> None:
        self._calls = rate.calls
        self._window = rate.seconds * (1 + ALLOWANCE)
        self._interval = rate.seconds * (1 + SLACK) / rate.calls
        self._allowance = min(rate.seconds * ALLOWANCE, LONGEST_ALLOWANCE_SECONDS)
        self._spaced_at = float("-inf")
        self._left: deque[tuple[float, int]] = deque()
        self._within = 0

    def free_at(self, cost: int) -> float:
        excess = self._within + min(cost, self._calls) - self._calls
        free_at = self._spaced_at
        for moment, counted in self._left:
            if excess <= 0:
                break
            excess -= counted
            free_at = max(free_at, moment + self._window)
        return free_at

    def book(self, now: float, cost: int) -> None:
        while self._left and self._left[0][0] + self._window <= now:
            self._within -= self._left.popleft()[1]
        counted = min(cost, self._calls)
        self._left.append((now, counted))
        self._within += counted
        self._spaced_at = max(self._spaced_at, now - self._allowance) + self._interval * cost
