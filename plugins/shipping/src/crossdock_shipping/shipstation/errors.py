"""What ShipStation says in a refusal, as text and as the error that follows."""

from dataclasses import dataclass

import httpx
import msgspec

from crossdock import CrossdockError, NeedsAuth, NeedsConfig, Rejected, Throttled, Unavailable, error_text

NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that are not JSON of the shape asked for."""

_ACCOUNT = frozenset(
    {
        "unauthorized",
        "forbidden",
        "subscription_inactive",
        "trial_expired",
        "terms_not_accepted",
        "invalid_billing_plan",
    }
)
"""Codes that speak of the account and not of what was asked."""


class _Fault(msgspec.Struct):
    error_code: str = ""
    message: str = ""


class _Faults(msgspec.Struct):
    errors: list[_Fault]
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The words of a refusal, its codes, and the number under which ShipStation's support finds it."""

    words: tuple[str, ...]
    codes: frozenset[str] = frozenset()
    request_id: str = ""

    def __str__(self) -> str:
        said = "; ".join(self.words)
        return f"{said} (request {self.request_id})" if self.request_id and said else said


def refusal_of(body: bytes) -> Refusal:
    """What an error body says; a body of another shape is quoted as it is."""
    try:
        told = msgspec.json.decode(body, type=_Faults)
    except NOT_JSON:
        return Refusal((error_text(body),))
    words = tuple(error_text(fault.message or fault.error_code) for fault in told.errors)
    return Refusal(words, frozenset(fault.error_code for fault in told.errors), error_text(told.request_id, 40))


def explain_error(status: int, body: bytes) -> str:
    """ShipStation's own words in a refusal."""
    return str(refusal_of(body))


def error_of(answer: httpx.Response) -> CrossdockError:
    """What follows from a call that did not succeed and may be repeated."""
    said, status = refusal_of(answer.content), answer.status_code
    where = f"ShipStation answered {status} at {answer.url.path}"
    if status >= 500 or status == 408:
        return Unavailable(f"{where}: {said}")
    if status < 400:
        return NeedsConfig(f"{where}, which leads elsewhere; correct base_url in the settings")
    if status == 403 or said.codes & _ACCOUNT:
        return NeedsAuth(f"{where}: {said}; look at the API key and the plan in the account's settings")
    if "rate_limit_exceeded" in said.codes:
        return Throttled(f"{where}: {said}")
    return Rejected(str(said) or f"{where} without a reason")


def not_as_promised(what: str, body: bytes) -> Unavailable:
    """An answer that is not JSON of the expected shape, as a proxy or a maintenance page gives it."""
    return Unavailable(f"ShipStation answered {what} with something unexpected: {error_text(body, 120) or 'nothing'}")
