"""ChannelAdvisor's refusals and malformed answers, as errors and sentences of ours."""

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from crossdock import NeedsAuth, OutcomeUnknown, Rejected, Throttled, Unavailable, Unreadable, error_text

if TYPE_CHECKING:
    import httpx
    from pydantic_core import ErrorDetails

OAUTH_CODES = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""The words a token endpoint may say of itself; anything else in its answer might repeat a secret."""

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ORDER_ID = re.compile(r"[1-9][0-9]{0,17}")


def explain_error(_status: int, body: bytes) -> str:
    """ChannelAdvisor's own words in a refusal: both of its error envelopes, HTML or plain text."""
    document = _json(body)
    if isinstance(document, dict):
        return error_text(_words(document) or body)
    text = body.decode("utf-8", "replace")
    if text.lstrip().startswith("<"):
        title = _TITLE.search(text)
        text = title.group(1) if title else _TAG.sub(" ", text)
    return error_text(text)


def _words(document: dict[str, Any]) -> str:
    """The message of `{"error": {"message"}}` (OData) or `{"Message"}` (the layer around it)."""
    error = document.get("error")
    if isinstance(error, dict):
        inner = error.get("innererror")
        details = inner.get("message") if isinstance(inner, dict) else None
        return " ".join(str(text) for text in (error.get("message"), details) if text)
    return str(document.get("Message") or error or "")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def token_refused(answer: "httpx.Response") -> NeedsAuth | Throttled | Unavailable:
    """The error that follows from a refused token call; quotes nothing that could hold a secret."""
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled("ChannelAdvisor refuses a new access token for now: too many calls")
    if answer.is_server_error:
        return Unavailable(f"ChannelAdvisor's token endpoint failed with status {answer.status_code}")
    document = _json(answer.content)
    code = document.get("error") if isinstance(document, dict) else None
    said = code if isinstance(code, str) and code in OAUTH_CODES else f"status {answer.status_code}"
    return NeedsAuth(
        f"ChannelAdvisor refuses the credentials ({said}): compare `application_id` and `shared_secret` with the "
        "Developer Console and create a new `refresh_token` there if the old one was revoked or long unused"
    )


def unexpected_answer(wanted: str, body: bytes) -> Unavailable:
    """The error for an answer that was accepted but is not what was asked for."""
    if body.lstrip().startswith(b"<"):
        return Unavailable(f"ChannelAdvisor answered with a web page instead of {wanted}: {explain_error(200, body)}")
    if isinstance(_json(body), dict):
        return Unavailable(f"ChannelAdvisor answered with something else than {wanted}: {explain_error(200, body)}")
    return Unavailable(
        f"ChannelAdvisor's answer is not {wanted}: its JSON is malformed or breaks off ({len(body)} bytes)"
    )


def check_written(answer: "httpx.Response", wanted: str, *, repeatable: bool = False) -> None:
    """Raise where a write was answered with a web page from somewhere on the way: it does not tell what was done.

    `OutcomeUnknown`, or `Unavailable` for a write that may be sent again.
    """
    if answer.content.lstrip().startswith(b"<"):
        error = unexpected_answer(wanted, answer.content)
        raise error if repeatable else OutcomeUnknown(f"{error}; look it up before it is sent again")


def unreadable(order_id: str, reason: str) -> Unreadable:
    """The error for an order that cannot be translated; `reason` says which part and why."""
    return Unreadable(f"ChannelAdvisor order {order_id} cannot be read: {reason}")


_PLAIN = {
    "model_type": "Input should be an object with fields",
    "tuple_type": "Input should be a list",
    "string_too_short": "Input should not be empty",
}
"""What is said of a part that fails in this way, where the words of the program that looked at it are of programs."""


def invalid_parts(error: ValidationError) -> str:
    """The first parts that failed and what they should be, without the values (they may be a buyer's)."""
    parts = error.errors(include_url=False, include_context=False, include_input=False)
    sentences = [f"{'.'.join(map(str, part['loc'])) or 'the record'}: {_what_is_wrong(part)}" for part in parts[:3]]
    more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
    return "; ".join(sentences) + more


def _what_is_wrong(part: "ErrorDetails") -> str:
    return _PLAIN.get(part["type"]) or part["msg"].removeprefix("Value error, ")


def is_order_id(text: str) -> bool:
    """Whether a text can be the id of an order."""
    return _ORDER_ID.fullmatch(text) is not None


def check_order_id(order_id: str) -> None:
    """Raise `Rejected` where a text is no id of an order: in a URL it could lead anywhere."""
    if not is_order_id(order_id):
        raise Rejected(f"'{order_id}' is no id of an order at ChannelAdvisor, where they are numbers")
