"""Silence: an alarm when something that is usual stays away, and never at night because nobody buys at night."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil

from hypothesis import assume, given
from hypothesis import strategies as st

from crossdock.engine.problems import Code
from crossdock.engine.silence import (
    LEAST_GAP,
    LEAST_KNOWN,
    OVERDUE,
    QUIET,
    WEEK,
    KnownSilence,
    Watched,
    is_overdue,
    is_quiet,
    silent_services,
    usual_gap,
)

MONDAY = datetime(2024, 3, 4, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)

moments = st.integers(0, 14 * 24 * 60).map(lambda minute: MONDAY + minute * MINUTE)
histories = st.lists(moments, unique=True, max_size=120).map(sorted)
times_of = st.integers(2, 10)


def every_five_minutes(at: datetime) -> datetime:
    return at + 5 * MINUTE


def a_service(*, succeeded_at: datetime | None = MONDAY, arrivals: Sequence[datetime] | None = None) -> Watched:
    return Watched(
        "main", "download", "order download", "5m", every_five_minutes, succeeded_at, False, arrivals, "new order"
    )


def office_hours(days: int, *, every: timedelta = 10 * MINUTE) -> list[datetime]:
    """Orders on weekdays from eight to eighteen."""
    begin = [MONDAY + day * DAY + 8 * HOUR for day in range(days) if day % 7 < 5]
    return [at + place * every for at in begin for place in range(ceil(10 * HOUR / every))]


@given(histories, times_of, st.integers(0, 10_000))
def test_who_knows_little_is_never_alarmed(arrivals: list[datetime], times: int, later: int) -> None:
    few = arrivals[: LEAST_KNOWN - 1]
    assert not is_quiet(few, times=times, now=MONDAY + later * HOUR)
    assert usual_gap(few) is None


@given(histories, times_of, st.integers(0, 600))
def test_what_came_a_moment_ago_is_no_silence(arrivals: list[datetime], times: int, minutes: int) -> None:
    assume(arrivals)
    now = arrivals[-1] + min(minutes * MINUTE, times * LEAST_GAP)
    assert not is_quiet(arrivals, times=times, now=now)


@given(histories, times_of, st.integers(1, 400), st.integers(0, 10_000))
def test_it_is_gaps_that_count_and_not_the_date(arrivals: list[datetime], times: int, hours: int, days: int) -> None:
    assume(arrivals)
    now, shift = arrivals[-1] + hours * HOUR, days * DAY
    assert is_quiet(arrivals, times=times, now=now) == is_quiet(
        [at + shift for at in arrivals], times=times, now=now + shift
    )


@given(st.lists(st.integers(0, 7 * 24 * 60 - 1), unique=True, min_size=3, max_size=80).map(sorted), times_of, st.data())
def test_a_week_like_the_weeks_before_is_never_silent(minutes: list[int], times: int, data: st.DataObject) -> None:
    rhythm = [MONDAY + week * WEEK + minute * MINUTE for week in range(4) for minute in minutes]
    now = MONDAY + 3 * WEEK + data.draw(st.integers(0, 7 * 24 * 60)) * MINUTE
    known = [at for at in rhythm if now - 2 * WEEK <= at <= now]
    assert not is_quiet(known, times=times, now=now)


@given(histories, times_of, st.integers(1, 200), st.integers(0, 200))
def test_more_patience_never_alarms_earlier(arrivals: list[datetime], times: int, hours: int, more: int) -> None:
    assume(arrivals)
    now = arrivals[-1] + hours * HOUR
    assert is_quiet(arrivals, times=times, now=now) or not is_quiet(arrivals, times=times + more, now=now)


def test_a_night_and_a_weekend_are_no_silence() -> None:
    friday_evening = office_hours(12)
    for hours in range(1, 62):  # until Monday at eight
        assert not is_quiet(friday_evening, times=5, now=friday_evening[-1] + hours * HOUR)


def test_a_busy_morning_without_an_order_is_silence_after_some_hours() -> None:
    until_noon = [at for at in office_hours(14 + 1) if at <= MONDAY + 14 * DAY + 10 * HOUR]
    assert not is_quiet(until_noon, times=5, now=until_noon[-1] + 5 * HOUR)
    assert is_quiet(until_noon, times=5, now=until_noon[-1] + 5 * HOUR + MINUTE)


def test_a_young_shop_is_silent_when_it_was_never_quiet_for_so_long() -> None:
    three_days = office_hours(3)
    assert not is_quiet(three_days, times=5, now=three_days[-1] + 14 * HOUR)
    assert is_quiet(three_days, times=5, now=three_days[-1] + 15 * HOUR)


def test_a_service_is_overdue_after_so_many_intervals_without_success() -> None:
    one = a_service()
    assert not is_overdue(one, times=5, now=MONDAY + 25 * MINUTE)
    assert is_overdue(one, times=5, now=MONDAY + 26 * MINUTE)
    assert not is_overdue(replace(one, running=True), times=5, now=MONDAY + DAY)
    assert not is_overdue(a_service(succeeded_at=None), times=5, now=MONDAY + DAY)


def test_a_service_that_runs_on_weekdays_only_is_not_missed_on_sunday() -> None:
    def on_weekdays(at: datetime) -> datetime:
        at += DAY
        return at if at.weekday() < 5 else on_weekdays(at)

    friday = replace(a_service(), succeeded_at=MONDAY + 4 * DAY, next_after=on_weekdays)
    assert not is_overdue(friday, times=2, now=MONDAY + 8 * DAY)
    assert is_overdue(friday, times=2, now=MONDAY + 8 * DAY + MINUTE)


def test_the_problem_says_which_service_since_when_and_what_to_do() -> None:
    ((_, problem),) = silent_services([a_service()], {}, times=5, now=MONDAY + DAY)
    assert (problem.code, problem.subject, problem.cause) == (Code.SERVICE_SILENT, "main/download", OVERDUE)
    assert "Order download of pipeline main (download) has not succeeded since 2024-03-04 00:00 UTC" in problem.title
    assert "crossdock services list" in problem.action


def test_a_service_that_succeeds_and_brings_nothing_is_silent_too() -> None:
    came = [at for at in office_hours(15) if at <= MONDAY + 14 * DAY + 10 * HOUR]
    now = came[-1] + 6 * HOUR
    ((_, problem),) = silent_services([a_service(succeeded_at=now, arrivals=came)], {}, times=5, now=now)
    assert problem.cause == QUIET
    assert "No new order has come by download of pipeline main since 2024-03-18 10:00 UTC" in problem.title


def test_a_silence_lasts_until_something_comes_however_long_it_is() -> None:
    since, now = MONDAY, MONDAY + 40 * DAY
    known = {"main/download": KnownSilence(QUIET, since)}
    for arrivals in ((), (since - HOUR,)):
        one = a_service(succeeded_at=now, arrivals=arrivals)
        assert silent_services([one], known, times=5, now=now)
    heard = a_service(succeeded_at=now, arrivals=(since + HOUR,))
    assert not silent_services([heard], known, times=5, now=now)


def test_a_service_that_did_not_succeed_is_heard_again_when_it_does() -> None:
    now = MONDAY + DAY
    known = {"main/download": KnownSilence(OVERDUE, MONDAY)}
    assert not silent_services([a_service(succeeded_at=now, arrivals=())], known, times=5, now=now)
