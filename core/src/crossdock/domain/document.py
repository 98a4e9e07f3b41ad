"""What every canonical document is: frozen, closed, comparable."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError


class Document(BaseModel):
    """A canonical document: immutable, with no field that was not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _no_number(moment: Any) -> Any:
    """What a moment is read from; a number would be taken for seconds since 1970."""
    digits = moment.strip().lstrip("+-").replace(".", "", 1) if isinstance(moment, str) else ""
    if isinstance(moment, int | float) or digits.isdecimal():
        raise PydanticCustomError("number", "a date is a text such as 2024-05-01T12:00:00Z, and no number")
    return moment


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment} lies outside the calendar in UTC") from None


WrittenDatetime = Annotated[datetime, BeforeValidator(_no_number)]
"""A moment as a remote system writes it, with or without a zone, and never as a number."""
UtcDatetime = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_to_utc)]
"""An aware moment, never given as a number, always kept in UTC."""
