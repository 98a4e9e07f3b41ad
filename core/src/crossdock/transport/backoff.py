"""Waiting before a request is tried again; when the remote system asks for it, the whole connection waits."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from crossdock.hooks.context import Clock
from crossdock.transport.call import Call, Result
from crossdock.transport.classify import Outcome, outcome_of
from crossdock.transport.pace import Pacer, Timer
from crossdock.transport.retry import RetryDecision, decide, retry_after


@dataclass(frozen=True)
class Backoff:
    """Decides about the retries of one connection, and waits."""

    retries: int
    pacer: Pacer
    clock: Clock
    timer: Timer
    draw: Callable[[float, float], float]

    def decide(self, call: Call, result: Result, *, attempt: int) -> RetryDecision:
        """Whether to try again; a wait that the remote system asks for holds every other call too."""
        outcome, asked = outcome_of(result), self._asked(result)
        decision = decide(
            outcome,
            attempt=attempt,
            retries=self.retries,
            repeatable=call.repeatable,
            asked=asked,
            draw=self.draw,
        )
        if asked or outcome is Outcome.THROTTLED:
            self.pacer.hold(decision.after)
        return decision

    async def wait(self, decision: RetryDecision) -> None:
        """Let the time pass that lies before the next try."""
        await self.timer.sleep(decision.after)

    def _asked(self, result: Result) -> float | None:
        if isinstance(result, httpx.Response):
            return retry_after(result.headers.get("retry-after"), now=self.clock.now())
        return None
