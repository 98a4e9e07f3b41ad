"""Moments as ChannelAdvisor writes them: in UTC, whether they say so or not."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, TypeAdapter, ValidationError

from crossdock.domain import WrittenDatetime


def _or_none(written: Any) -> Any:
    """No text is no moment."""
    return None if written == "" else written


def _in_utc(moment: datetime | None) -> datetime | None:
    """The moment in UTC; the first year is how .NET writes that there is none."""
    if moment is None or moment.year == 1:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


VendorMoment = Annotated[WrittenDatetime | None, BeforeValidator(_or_none), AfterValidator(_in_utc)]
"""An aware moment, or None where there is none; one without a zone is in UTC (documented for all of them)."""

_MOMENT: TypeAdapter[datetime | None] = TypeAdapter(VendorMoment)


def moment_of(written: Any) -> datetime | None:
    """The moment that stands there, or None where there is none or something else."""
    try:
        return _MOMENT.validate_python(written)
    except ValidationError:
        return None
