"""How the account says no."""

from typing import Any

from starlette.responses import JSONResponse


class Refused(Exception):
    """A call that is not done; `answer` is what the caller gets."""

    def __init__(self, status: int, code: str, message: str, *errors: Any) -> None:
        super().__init__(message)
        document = {"error": {"code": code, "message": message, "errors": list(errors)}}
        self.answer = JSONResponse(document, status_code=status)


def no_such_thing() -> Refused:
    """404 for an id or a reference that is not known."""
    return Refused(404, "NOT_FOUND", "The requested resource could not be found.")


def unwanted(code: str, field: str, message: str) -> Refused:
    """422 for one field."""
    return Refused(422, code, "The request could not be processed.", {"field": field, "message": message})
