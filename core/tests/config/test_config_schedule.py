from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.config import Cron, Every, Never, parse_schedule

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("30s", Every(30)),
        ("5m", Every(300)),
        ("1h", Every(3600)),
        ("2d", Every(172800)),
        (" 5m ", Every(300)),
        ("off", Never()),
        (False, Never()),
        ("0 6 * * 1-5", Cron("0 6 * * 1-5")),
        ("@hourly", Cron("@hourly")),
    ],
)
def test_a_schedule_means_what_it_says(text, schedule):
    assert parse_schedule(text) == schedule


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5 min", '"5m"'),
        ("5 minutes", '"5m"'),
        ("every 2 hours", '"2h"'),
        ("10", '"10s"'),
        (10, '"10s"'),
        ("05m", '"5m"'),
        ("5M", '"5m"'),
        ("never", '"off"'),
        ("Off", '"off"'),
        ("0m", None),
        ("-5m", None),
        ("5x", None),
        ("", None),
        (True, None),
        ("61 * * * *", None),
        ("* * *", None),
        ("0 0 30 2 *", None),
        ("99999999d", None),
        ("@daly", None),
    ],
)
def test_what_is_no_schedule_is_answered_with_what_was_meant(text, meant):
    with pytest.raises(ValueError, match="an interval such as") as caught:
        parse_schedule(text)
    assert (f"did you mean {meant}?" in str(caught.value)) if meant else ("did you mean" not in str(caught.value))


@given(st.integers(1, 10**6).map(Every) | st.just(Never()) | st.sampled_from(["@daily", "*/5 * * * *"]).map(Cron))
def test_a_schedule_survives_being_written(schedule):
    assert parse_schedule(str(schedule)) == schedule


@given(st.text(max_size=12) | st.integers() | st.floats())
def test_anything_is_a_schedule_or_a_value_error(value):
    try:
        schedule = parse_schedule(value)
    except ValueError:
        return
    following = schedule.next_after(NEW_YEAR)
    assert following is None or following > NEW_YEAR


def test_cron_is_read_in_utc_and_gives_the_time_after():
    six = Cron("0 6 * * *")
    assert six.next_after(NEW_YEAR) == NEW_YEAR + timedelta(hours=6)
    assert six.next_after(NEW_YEAR + timedelta(hours=6)) == NEW_YEAR + timedelta(hours=30)
    assert six.next_after(NEW_YEAR.astimezone(timezone(timedelta(hours=9)))) == NEW_YEAR + timedelta(hours=6)
    assert six.next_after(NEW_YEAR).utcoffset() == timedelta(0)
