"""The error that follows from what became of a request, in a sentence for the person who must act."""

from collections.abc import Callable

import httpx

from crossdock.hooks.errors import (
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.hooks.http import error_text
from crossdock.transport.call import Call, Result
from crossdock.transport.classify import Outcome, outcome_of, reason_of
from crossdock.transport.redact import Redactor


class Explainer:
    """Makes the errors of one connection; what the remote system says is quoted without secrets."""

    def __init__(self, connection: str, own_words: Callable[[int, bytes], str] | None, redactor: Redactor) -> None:
        self._connection = connection
        self._own_words = own_words
        self._redactor = redactor

    def error(self, call: Call, result: Result, *, wait: float | None = None) -> CrossdockError:
        """What to raise for this result of a call that is not tried again."""
        what = f"{self._connection}: {call.method} {self._place(call.url)}"
        said = self.reason(result)
        match outcome_of(result):
            case Outcome.REFUSED_CREDENTIALS | Outcome.FORBIDDEN if call.anonymous:
                return Rejected(f"{what} was refused on that host ({said})")
            case Outcome.REFUSED_CREDENTIALS:
                return NeedsAuth(f"{what} was refused with fresh credentials; renew the connection's secrets ({said})")
            case Outcome.FORBIDDEN:
                return NeedsAuth(f"{what} is forbidden to these credentials; grant them the permission ({said})")
            case Outcome.MISDIRECTED:
                return NeedsConfig(f"{what} led to the wrong place; correct the connection's base_url ({said})")
            case Outcome.THROTTLED:
                return Throttled(f"{what} was refused because of the rate limit ({said})", wait)
            case Outcome.REFUSED if isinstance(result, httpx.Response):
                return Rejected(self._words(result) or f"{what} was refused with {said}")
            case Outcome.UNKNOWN if not call.repeatable:
                return OutcomeUnknown(f"{what} may have been carried out; look it up before it is sent again ({said})")
            case _:
                return Unavailable(f"{what} did not get through ({said})")

    def reason(self, result: Result) -> str:
        """The status and what the remote system said, or why no answer came."""
        if isinstance(result, Exception):
            return self._redactor.text(reason_of(result))
        if result.has_redirect_location:
            return f"{result.status_code}, redirected to {self._place(result.headers['location'])}"
        return f"{result.status_code} {self._words(result) or 'without a reason'}"

    def held(self, seconds: float) -> Throttled:
        """The remote system wants to be left alone for longer than a call can wait."""
        return Throttled(f"{self._connection}: asked to send nothing for another {seconds:.0f} s", seconds)

    def _words(self, response: httpx.Response) -> str:
        body = self._redactor.body(response.content)
        try:
            words = self._own_words(response.status_code, body) if self._own_words else ""
        except Exception:  # an error body of an unforeseen shape must not hide what became of a write
            words = ""
        return words or error_text(body)

    def _place(self, url: str) -> str:
        """The address without its query, which may hold anybody's data."""
        return self._redactor.text(url.partition("?")[0])
