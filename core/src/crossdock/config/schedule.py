"""When a service runs: every so often, by a cron expression, or never."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
ALLOWED = 'an interval such as "30s", "5m", "1h" or "1d", a cron expression such as "0 6 * * 1-5" (UTC), or "off"'


@dataclass(frozen=True)
class Every:
    """At a fixed interval."""

    seconds: int

    def next_after(self, moment: datetime) -> datetime:
        """One interval later."""
        return moment + timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        unit = max((unit for unit in SECONDS if self.seconds % SECONDS[unit] == 0), key=SECONDS.__getitem__)
        return f"{self.seconds // SECONDS[unit]}{unit}"


@dataclass(frozen=True)
class Cron:
    """At the times of a cron expression, which is read in UTC."""

    expression: str

    def next_after(self, moment: datetime) -> datetime:
        """The first such time after this moment."""
        from croniter import croniter  # only those who write cron expressions pay for the import

        found: datetime = croniter(self.expression, moment.astimezone(UTC)).get_next(datetime)
        return found

    def __str__(self) -> str:
        return self.expression


@dataclass(frozen=True)
class Never:
    """Switched off."""

    def next_after(self, moment: datetime) -> None:
        """There is no next time."""

    def __str__(self) -> str:
        return "off"


def parse_schedule(value: Any) -> Every | Cron | Never:
    """The schedule that a setting means; raises `ValueError` with what was probably meant."""
    if isinstance(value, Every | Cron | Never):
        return value
    text = str(value).strip()
    if text == "off" or value is False:
        return Never()
    if interval := re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text):
        return Every(int(interval[1]) * SECONDS[interval[2]])
    if _is_cron(text):
        return Cron(text)
    raise ValueError(f"{ALLOWED}{_nearest(text)}")


def _is_cron(text: str) -> bool:
    if not text.startswith("@") and len(text.split()) != 5:
        return False
    from croniter import CroniterError

    try:
        Cron(text).next_after(datetime(2024, 1, 1, tzinfo=UTC))
    except CroniterError:  # not a cron expression, or one of a day that no calendar has
        return False
    return True


def _nearest(text: str) -> str:
    if text.lower() in {"off", "never", "no", "none", "disabled", "false"}:
        return '; did you mean "off"?'
    written = re.fullmatch(r"(?:every\s+)?0*([1-9][0-9]{0,6})\s*([a-z]*)\.?", text.lower())
    if written and (unit := written[2][:1] or "s") in SECONDS:
        return f'; did you mean "{written[1]}{unit}"?'
    return ""


Schedule = Annotated[
    Every | Cron | Never,
    PlainValidator(parse_schedule),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": ALLOWED, "examples": ["5m", "1h", "0 6 * * 1-5", "off"]}),
]
"""A setting that says when a service runs."""
