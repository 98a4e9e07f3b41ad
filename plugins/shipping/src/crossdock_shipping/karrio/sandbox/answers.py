"""What the server says when it does not do what it was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse


class Refused(Exception):
    """The call is answered with this status, in one of the server's two envelopes."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.answer = JSONResponse(dict(body), status, dict(headers or {}))


def error(status: int, code: str, *messages: str, headers: Mapping[str, str] | None = None) -> Refused:
    """The server's own refusal."""
    level = "warning" if status in (404, 429) else "error"
    said = [{"code": code, "level": level, "message": message} for message in messages]
    return Refused(status, {"errors": said}, headers)


def invalid(faults: Sequence[str]) -> Refused:
    """What is wrong with a document, field by field."""
    return error(400, "validation", *faults)


def carrier_says(carrier_id: str, carrier_name: str, code: str, message: str) -> Refused:
    """A carrier's refusal."""
    said = {"code": code, "message": message, "level": "error", "carrier_id": carrier_id, "carrier_name": carrier_name}
    return Refused(424, {"messages": [said]})
