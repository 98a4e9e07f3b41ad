"""How a fact is named and dated, whichever kind of host message tells it."""

from datetime import datetime, tzinfo

import msgspec

from crossdock.domain import digest

UNNAMED = "digest:"
"""How the number begins of a record or a fact that has none: it is known by its content."""


def number_or_content(number: str | None, body: bytes) -> str:
    """The number that a transaction has; without one, a fingerprint of all that is told of it.

    The message id is no part of it, so that a transaction told again in another message is still one fact. Two
    transactions that are equal in every field cannot be told apart then.
    """
    return number or UNNAMED + digest(_same_bytes(body)).hex()


def _same_bytes(body: bytes) -> bytes:
    """The same bytes for the same content, however it was written."""
    return msgspec.json.encode(msgspec.json.decode(body), order="deterministic")


def number_in(owner: str, number: str) -> str:
    """The number behind that of its order, since it may be unique in the order only.

    One that the order number leads ("1001-2" of "1001") stays as it is.
    """
    led = number.startswith(owner) and len(number) > len(owner) and not number[len(owner)].isalnum()
    return number if led else f"{owner}/{number}"


def moment(at: datetime, zone: tzinfo) -> datetime:
    """An aware moment; a time without offset is one in `zone`.

    Of a time that a change of the clocks repeats, the first is meant. One that it skips is as far behind the change.
    """
    return at if at.tzinfo else at.replace(tzinfo=zone)
