"""Whether and when a request is tried again: pure decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crossdock.transport.classify import Outcome

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """Try `again` in `after` seconds, or give up."""

    again: bool
    after: float


def decide(
    outcome: Outcome,
    *,
    attempt: int,
    retries: int,
    repeatable: bool,
    asked: float | None,
    draw: Callable[[float, float], float],
) -> RetryDecision:
    """Try again only what was surely not done or may be done twice; attempts count from 0, `asked` is Retry-After."""
    throttled = outcome is Outcome.THROTTLED
    safe = throttled or (repeatable and outcome in (Outcome.NOT_SENT, Outcome.UNKNOWN))
    after = asked or draw(0.0, min(LONGEST_SECONDS, FIRST_SECONDS * 2**attempt))
    if throttled:
        after = max(after, asked or FIRST_SECONDS)
    return RetryDecision(again=safe and attempt < retries and after <= LONGEST_SECONDS, after=after)


def retry_after(header: str | None, *, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for; None when there is none, or no sense in it."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header, now=now)
    return seconds if 0 < seconds < float("inf") else None


def _seconds_until(date: str, *, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
