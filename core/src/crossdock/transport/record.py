"""Notes for the request log: what was asked and answered, without secrets, and no page bodies."""

from datetime import datetime

import httpx

from crossdock.engine.trace import Exchange, Journal, subject
from crossdock.transport.call import Call, Result
from crossdock.transport.classify import Outcome, outcome_of, reason_of
from crossdock.transport.redact import Redactor


class Recorder:
    """Notes each request of one connection; bodies only of calls made for one order, and of those that failed."""

    def __init__(self, connection: str, journal: Journal, redactor: Redactor) -> None:
        self._connection = connection
        self._journal = journal
        self._redactor = redactor

    def note(self, call: Call, result: Result, *, at: datetime, seconds: float, secret_bodies: bool = False) -> None:
        """Note one request and what came of it."""
        hide, order_id = self._redactor, subject.get()
        answer = result.content if isinstance(result, httpx.Response) else b""
        bodies = not secret_bodies and (order_id is not None or outcome_of(result) is not Outcome.DONE)
        self._journal.note(
            Exchange(
                connection=self._connection,
                order_id=order_id,
                at=at,
                method=call.method,
                url=hide.text(call.shown_url),
                status=result.status_code if isinstance(result, httpx.Response) else None,
                seconds=seconds,
                request=hide.body(call.content or b"") if bodies else b"",
                answer=hide.body(answer) if bodies else b"",
                error=hide.text(reason_of(result)) if isinstance(result, Exception) else "",
            )
        )
