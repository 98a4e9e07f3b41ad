"""Lists as the engine walks through them: a page is kept, then acknowledged, then the next one is asked for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from crossdock.hooks.errors import OutcomeUnknown, Throttled, Unavailable
from crossdock.hooks.records import Cursor, Page, Record

Fetch = Callable[[Cursor | None], Awaitable[Page]]
Acknowledge = Callable[[Sequence[str]], Awaitable[None]]
MOST_PAGES = 1000
PASSING = (Unavailable, Throttled, OutcomeUnknown)
"""What may come of a reading that met a fault; it is tried again."""


@dataclass
class Walk:
    """What was seen on one way through a list; `checkpoint` is where the next one begins."""

    records: list[Record] = field(default_factory=list)
    pages: int = 0
    checkpoint: Cursor | None = None


async def walk(
    fetch: Fetch, cursor: Cursor | None = None, *, acknowledge: Acknowledge | None = None, patience: int = 0
) -> Walk:
    """One way through a list; `patience` is how many faults are passed over by trying again."""
    seen = Walk(checkpoint=cursor)
    while seen.pages < MOST_PAGES:
        try:
            page = await fetch(cursor)
            seen.records += page.records
            if acknowledge is not None and page.records:
                await acknowledge([record.id for record in page.records])
        except PASSING:
            if not patience:
                raise
            patience -= 1
            continue
        seen.pages += 1
        seen.checkpoint = page.checkpoint or seen.checkpoint
        if not page.more:
            return seen
        cursor = page.cursor
    raise AssertionError(
        f"the list does not end: after {MOST_PAGES:,} pages there are still more. "
        "`more` is false on the last page, also where that is empty, and each cursor leads behind the page before"
    )
