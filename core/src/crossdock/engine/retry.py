"""When an attempt is made again: a pure decision."""

import random
from dataclasses import dataclass
from datetime import timedelta

LONGEST_ASKED = timedelta(days=1)
"""A remote system that asks for more is tried again after this: clocks and headers go wrong."""


@dataclass(frozen=True)
class RetryPolicy:
    """Waits that grow from `first` to `longest`, with jitter; `settle` is the wait before doubt is looked up.

    `settle` gives a request that is still on its way the time to arrive, so that the look-up sees what it did.
    """

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    settle: timedelta = timedelta(seconds=5)
    attempts: int = 60

    def wait(self, attempts: int, retry_after: float | None = None) -> timedelta:
        """How long to wait after so many attempts; never less than the remote system asked for, up to a day."""
        ceiling: timedelta = min(self.first * 2.0 ** min(attempts, 20), self.longest)
        asked = min(max(0.0, retry_after or 0.0), LONGEST_ASKED.total_seconds())
        return max(ceiling * random.uniform(0.5, 1.0), timedelta(seconds=asked))
