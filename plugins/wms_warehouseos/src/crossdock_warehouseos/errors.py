"""What WarehouseOS says in an answer, as text and as the error that follows."""

from collections.abc import Callable

import httpx

from crossdock import NeedsAuth, NeedsConfig, Unavailable, error_text
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.profile import AnswerNames


def explainer(names: AnswerNames) -> Callable[[int, bytes], str]:
    """Finds the words of a refusal."""

    def explain(status: int, body: bytes) -> str:
        return error_text((fields(body) or {}).get(names.message) or body)

    return explain


def refusal_of(answer: httpx.Response, names: AnswerNames) -> str:
    """Why WarehouseOS did not do what it was told, in its own words; empty if it says that it did."""
    told = fields(answer.content)
    words = error_text((told or {}).get(names.message) or answer.content)
    if answer.status_code >= 400:
        return f"{answer.status_code} {words}".strip()
    if told is None:
        return f"something unexpected: {words}" if words else ""
    return (words or "refused without a reason") if told.get(names.success) is False else ""


def not_as_promised(what: str, seen: bytes | str) -> Unavailable:
    """An answer that is not JSON of the expected shape, as a proxy or a maintenance page gives it.

    `seen` is its body, or what is wrong with it where the body may tell of a person.
    """
    return Unavailable(f"WarehouseOS answered {what} with something unexpected: {error_text(seen, 120) or 'nothing'}")


def found_body(answer: httpx.Response, entry: str) -> bytes | None:
    """What a look-up found, or None when there is no such thing; raises what follows from any other failure."""
    if answer.status_code == 404:
        return None
    require_success(answer, entry)
    return None if answer.content.strip() in (b"", b"null") else answer.content


def require_success(answer: httpx.Response, entry: str) -> None:
    """Raise what follows from a failed call that may be repeated; `entry` of the profile led there."""
    status = answer.status_code
    if status < 400:
        return
    said = f"WarehouseOS answered {status} at {answer.url.path}: {error_text(answer.content)}"
    if status == 403:
        raise NeedsAuth(f"{said}; compare api_key in the settings with Site Settings of the tenant")
    if status >= 500:
        raise Unavailable(said)
    raise NeedsConfig(f"{said}; compare profile.{entry} in the settings with Admin > API Docs of the tenant")
