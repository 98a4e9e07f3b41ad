"""Moments as the tables keep them: whole microseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """An aware moment as microseconds, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


@overload
def moment(micros: int) -> datetime: ...
@overload
def moment(micros: None) -> None: ...
def moment(micros: int | None) -> datetime | None:
    """Microseconds as a moment in UTC; none as none."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
