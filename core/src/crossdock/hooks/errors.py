"""Errors named after what follows from them.

    CrossdockError
      NeedsConfig       the operator must change a setting; the connection pauses
      NeedsAuth         the credentials were refused; the connection pauses, one notice
      Throttled         the system asks us to slow down; nothing was done; tried again after `retry_after`
      Unavailable       the system could not be reached or failed before doing anything; tried again
      Rejected          a business no, with reasons; a problem for a person, never retried blindly
      AlreadyThere      the write was done before; success
      OutcomeUnknown    the write may have happened; looked up before anything else
      Unsupported       this connector cannot do that
      Unreadable        a record cannot be translated; a problem, the other records go on

The transport raises the right one by default; a plugin's `errors.py` refines by what the vendor says. Messages are
sentences for the person who must act, and never hold a secret.
"""


class CrossdockError(Exception):
    """The root of every error that crossdock raises on purpose."""


class NeedsConfig(CrossdockError):
    """A setting is missing or wrong; says which one and what it should be."""


class NeedsAuth(CrossdockError):
    """The remote system refuses our credentials; the connection pauses until a person renews them."""


class Throttled(CrossdockError):
    """The remote system refused the call because of its rate limit; nothing was done."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(CrossdockError):
    """The remote system did not do it and may later; safe to try again."""


class Rejected(CrossdockError):
    """The remote system understood and said no; `reasons` are its own words."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons) or "refused without a reason")
        self.reasons = reasons


class AlreadyThere(CrossdockError):
    """The remote system has it already; `AlreadyThere(ref)` takes its own id for it, and no sentence."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"already there as {ref}")
        self.ref = ref


class OutcomeUnknown(CrossdockError):
    """No answer came to a write: it may have happened, and only a look-up can tell."""


class Unsupported(CrossdockError):
    """This connector has no way to do what was asked."""


class Unreadable(CrossdockError):
    """A record of the remote system cannot be translated; says which one, which part of it and why."""
