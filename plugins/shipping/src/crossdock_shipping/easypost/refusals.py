"""What EasyPost says when it refuses, and the error that follows from it."""

from typing import TYPE_CHECKING, Any

import msgspec

from crossdock import CrossdockError, NeedsAuth, NeedsConfig, OutcomeUnknown, Rejected, Unavailable, error_text

if TYPE_CHECKING:
    import httpx

ALREADY_BOUGHT = "SHIPMENT.POSTAGE.EXISTS"
IN_DOUBT = frozenset({"SHIPMENT.POSTAGE.NO_RESPONSE", "SHIPMENT.POSTAGE.TIMED_OUT", "SHIPMENT.PURCHASE.IN_PROGRESS"})
"""Refusals of a purchase after which the carrier may have made the label all the same."""


class _Refusal(msgspec.Struct):
    code: str = ""
    message: Any = ""
    errors: Any = None


class _Envelope(msgspec.Struct):
    error: _Refusal


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def refusal_in(body: bytes) -> _Refusal | None:
    """The `error` of an answer, or None when it is of another shape."""
    try:
        return _ENVELOPE.decode(body).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def explain_error(_status: int, body: bytes) -> str:
    """EasyPost's own words: its message and what is wrong with each field; parts may be texts, lists or objects."""
    refusal = refusal_in(body)
    if refusal is None:
        return error_text(body)
    parts = [_words(refusal.message), *(_of_field(one) for one in _listed(refusal.errors))]
    return error_text("; ".join(part for part in parts if part) or refusal.code)


def error_of(what: str, answer: "httpx.Response") -> CrossdockError:
    """What to raise for a call that was answered with a status from 400 and may have done nothing."""
    said = f"{what}: EasyPost answered {answer.status_code}: {explain_error(answer.status_code, answer.content)}"
    match answer.status_code:
        case 402:
            return NeedsConfig(f"{said}; put money into the account's wallet or correct its billing")
        case 403:
            return NeedsAuth(f"{said}; grant the key this permission, or use a key of the right mode")
        case status if status >= 500 or status == 408:
            return Unavailable(said)
        case _:
            return Rejected(said)


def error_of_write(what: str, answer: "httpx.Response") -> CrossdockError:
    """As `error_of`, for a call that must not be repeated: it may have been carried out all the same."""
    refusal = refusal_in(answer.content)
    doubtful = refusal is not None and refusal.code in IN_DOUBT
    if doubtful or answer.status_code >= 500 or answer.status_code == 408:
        said = explain_error(answer.status_code, answer.content)
        return OutcomeUnknown(f"{what}: may have been done; EasyPost answered {answer.status_code}: {said}")
    return error_of(what, answer)


def not_as_promised(what: str, body: bytes) -> Unavailable:
    """An answer that is not what was asked for, such as a maintenance page."""
    return Unavailable(f"EasyPost answered {what} with something else: {error_text(body, 120) or 'nothing'}")


def _listed(errors: Any) -> list[Any]:
    return errors if isinstance(errors, list) else []


def _of_field(error: Any) -> str:
    """`field: message`, where an error names a field; some come as plain texts."""
    if not isinstance(error, dict):
        return _words(error)
    return ": ".join(part for part in (_words(error.get("field")), _words(error.get("message"))) if part)


def _words(told: Any) -> str:
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        return ", ".join(part for part in map(_words, told) if part)
    return "" if told is None else str(told)
