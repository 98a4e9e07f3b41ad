"""What a caller sends: read into a struct, or refused with 400."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct

from crossdock_channeladvisor.sandbox.errors import BadQuery

S = TypeVar("S", bound=Struct)
_CLOCK_SKEW = timedelta(minutes=1)


def read_body(body: bytes, document: type[S]) -> S:
    """The body as this kind of struct; raises `BadQuery`."""
    try:
        answer: S = _decoder(document).decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadQuery(f"The request is invalid. {error}") from error
    return answer


@lru_cache
def _decoder(document: type[Struct]) -> Any:
    return msgspec.json.Decoder(document)


def given(wish: Struct) -> dict[str, Any]:
    """The members of a body that were sent."""
    values = {name: getattr(wish, name) for name in wish.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


def check_date(name: str, text: str | None) -> datetime | None:
    """The moment that a text means; raises `BadQuery` unless it names its offset from UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"The request is invalid. {name} '{text}' is not a date.") from error
    if moment.tzinfo is None:
        raise BadQuery(f"The request is invalid. {name} '{text}' has no offset.")
    return moment.astimezone(UTC)


def check_past(name: str, text: str | None, now: datetime) -> None:
    """Refuse a moment that is more than a minute ahead."""
    moment = check_date(name, text)
    if moment is not None and moment > now + _CLOCK_SKEW:
        raise BadQuery(f"{name} {text} is in the future.")
