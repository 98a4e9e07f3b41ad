"""Silence: a service that does not succeed any more, or by which nothing comes, although both are usual."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from crossdock.engine.problems import Code, Problem

OVERDUE, QUIET = "does not succeed", "nothing comes"
LOOKS_BACK = timedelta(days=14)
LEAST_KNOWN = 20
LEAST_GAP = timedelta(hours=1)
USUAL = 0.9
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)
LEAST_EXPECTED = 5
OVERDUE_HINT = (
    "`crossdock services list` and the log say what fails. It closes by itself when the service succeeds; one that is "
    "not to run is paused with `crossdock services pause`."
)
QUIET_HINT = (
    "Look at the other end whether something waits there, and whether the connection's settings or the filters leave "
    "it out. It closes by itself when something comes."
)


@dataclass(frozen=True, slots=True)
class Watched:
    """One service that should run: when it succeeded last, and when what it brings came in.

    `schedule` is its interval in words and `next_after` the same to reckon with. `arrivals` are moments to the minute
    and in their order, those of the last `LOOKS_BACK`; None where a service brings nothing that comes by itself, else
    `brings` names it.
    """

    pipeline: str
    service: str
    title: str
    schedule: str
    next_after: Callable[[datetime], datetime]
    succeeded_at: datetime | None
    running: bool = False
    arrivals: Sequence[datetime] | None = None
    brings: str = ""

    @property
    def subject(self) -> str:
        """By what the problem of this service is known."""
        return f"{self.pipeline}/{self.service}"


@dataclass(frozen=True, slots=True)
class KnownSilence:
    """A silence that is a problem already: of which kind, and since when."""

    cause: str
    since: datetime


def silent_services(
    watched: Sequence[Watched], known: Mapping[str, KnownSilence], *, times: int, now: datetime
) -> Sequence[tuple[Watched, Problem]]:
    """The services that are silent, each with its problem; what is known to be silent is so until it is heard."""
    found = []
    for one in watched:
        if is_overdue(one, times=times, now=now):
            found.append((one, _overdue_problem(one)))
        elif one.arrivals is not None and (_still_quiet(one, known) or is_quiet(one.arrivals, times=times, now=now)):
            found.append((one, _quiet_problem(one)))
    return found


def is_overdue(one: Watched, *, times: int, now: datetime) -> bool:
    """Whether so many runs in a row should have succeeded since the last one did, and none is under way."""
    if one.succeeded_at is None or one.running:
        return False
    at = one.succeeded_at
    for _ in range(times):
        at = one.next_after(at)
    return now > at


def is_quiet(arrivals: Sequence[datetime], *, times: int, now: datetime) -> bool:
    """Whether nothing has come for longer than usual, at hours at which something usually comes.

    Longer than usual: so many times the usual gap. The hours are compared with those of the week before, so that nights
    and weekends are no alarm; where less than a week is known, with the longest gap there was.
    """
    gap = usual_gap(arrivals)
    if gap is None or now - arrivals[-1] <= times * gap:
        return False
    last, a_week_ago = arrivals[-1], now - WEEK
    if arrivals[0] <= last - WEEK:
        return sum(last - WEEK < at <= a_week_ago for at in arrivals) >= LEAST_EXPECTED
    return now - last > max(_gaps(arrivals))


def usual_gap(arrivals: Sequence[datetime]) -> timedelta | None:
    """The gap that nine of ten gaps do not exceed, an hour at least; None where too little is known."""
    if len(arrivals) < LEAST_KNOWN:
        return None
    gaps = sorted(_gaps(arrivals))
    return max(gaps[ceil(len(gaps) * USUAL) - 1], LEAST_GAP)


def _gaps(arrivals: Sequence[datetime]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(arrivals)]


def _still_quiet(one: Watched, known: Mapping[str, KnownSilence]) -> bool:
    """Known to be quiet, and nothing has come since: what was usual is forgotten in time, the silence is not."""
    before = known.get(one.subject)
    if before is None or before.cause != QUIET:
        return False
    return not one.arrivals or one.arrivals[-1] <= before.since - MINUTE


def _overdue_problem(one: Watched) -> Problem:
    title = (
        f"{one.title.capitalize()} of pipeline {one.pipeline} ({one.service}) has not succeeded since "
        f"{one.succeeded_at:%Y-%m-%d %H:%M} UTC; its interval is {one.schedule}"
    )
    return Problem(Code.SERVICE_SILENT, one.subject, title, action=OVERDUE_HINT, cause=OVERDUE)


def _quiet_problem(one: Watched) -> Problem:
    since = f"since {one.arrivals[-1]:%Y-%m-%d %H:%M} UTC" if one.arrivals else f"for {LOOKS_BACK.days} days"
    gap = usual_gap(one.arrivals or ())
    usual = f"; usually it is not longer than {_in_words(gap)}" if gap else ""
    title = f"No {one.brings} has come by {one.service} of pipeline {one.pipeline} {since}{usual}"
    return Problem(Code.SERVICE_SILENT, one.subject, title, action=QUIET_HINT, cause=QUIET)


def _in_words(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
