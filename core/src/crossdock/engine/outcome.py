"""What follows from an attempt to keep a promise: a pure decision."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from crossdock.domain import RequestRefusal
from crossdock.engine.amendment import Amendment
from crossdock.engine.causes import cause_of
from crossdock.engine.label_ports import VoidWork
from crossdock.engine.ledger import Kind, Promise, PromiseState, Settlement
from crossdock.engine.problems import Code, Problem
from crossdock.engine.retry import RetryPolicy
from crossdock.hooks.errors import (
    AlreadyThere,
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    Unsupported,
)

REFUSED = {
    Kind.RELEASE: (Code.RELEASE_REFUSED, "The warehouse refuses order {number}"),
    Kind.ACKNOWLEDGE: (Code.ACKNOWLEDGE_REFUSED, "The cart refuses to mark order {number} as taken"),
    Kind.CONFIRM: (Code.CONFIRM_REFUSED, "The cart refuses the shipment {number}"),
    Kind.ADJUST: (Code.ADJUST_REFUSED, "The cart refuses the cancellation or refund {number}"),
    Kind.STOCK: (Code.STOCK_REFUSED, "The cart was not told of the stock change {number}"),
    Kind.WITHDRAW: (Code.WITHDRAW_REFUSED, "The warehouse keeps order {number}"),
    Kind.NOTIFY: (Code.NOTICE_REFUSED, "The cart refuses to hear of {number}"),
    Kind.LABEL: (Code.LABEL_REFUSED, "No label was bought for box {number}"),
    Kind.VOID: (Code.VOID_REFUSED, "The label {number} was not taken back"),
}
STOCK_HINT = (
    "Look at the levels there. If the change is not in them, correct the cause and `crossdock problems retry`: it is "
    "sent (again). If it is, `crossdock problems resolve`."
)
WITHDRAW_HINT = (
    "It is a person's task now: stop it in the warehouse, then `crossdock problems retry`; or let it leave as it is, "
    "settle the rest at the cart, and `crossdock problems resolve`."
)
RETRY_HINT = "Correct the cause, then `crossdock problems retry`; what was sent before is looked up first."
RELEASE_HINT = (
    "Correct the cause, then `crossdock problems retry`; what was sent before is looked up first. What is wrong with "
    "the order itself, `crossdock orders edit {number}` corrects, and sends it again."
)
LABEL_HINT = (
    "Look in the shipping system whether there is a label under this number. Correct the cause, then `crossdock "
    "problems retry`: what was bought is found, and not bought again."
)
HINTS = {
    Kind.RELEASE: RELEASE_HINT,
    Kind.STOCK: STOCK_HINT,
    Kind.WITHDRAW: WITHDRAW_HINT,
    Kind.LABEL: LABEL_HINT,
}


class NotYet(CrossdockError):
    """It is too early to go on: nothing was done in this attempt, which counts for nothing; the next is `again_at`."""

    def __init__(self, reason: str, again_at: datetime) -> None:
        super().__init__(reason)
        self.again_at = again_at


class Refused(Rejected):
    """A no of the operator's own rules: what kind of problem it is, and what a person can do."""

    def __init__(self, code: Code, reason: str, action: str) -> None:
        super().__init__(reason)
        self.code, self.action = code, action


@dataclass(frozen=True, slots=True)
class Outcome:
    """The settlement of an attempt, the problem that goes with it, and whether the connection must pause."""

    settlement: Settlement
    problem: Problem | None = None
    pause: str = ""
    failed: bool = False
    """The remote system was not there: several of these in a row end the run."""


def done(promise: Promise, ref: str, follow_at: datetime | None = None, *, found: bool = False) -> Outcome:
    """The remote system has it; at `follow_at` it is asked what the marketplace made of it."""
    return Outcome(Settlement(promise, PromiseState.DONE, ref=ref, follow_at=follow_at, found=found))


def handed_back(promise: Promise, now: datetime) -> Outcome:
    """It was claimed and not tried; its state says whether it must be looked up."""
    state = PromiseState.IN_DOUBT if promise.state is PromiseState.IN_DOUBT else PromiseState.DUE
    return Outcome(Settlement(promise, state, due_at=now, counts=False))


def follow(error: Exception, promise: Promise, policy: RetryPolicy, now: datetime) -> Outcome:
    """What follows from an error of a look-up or a send."""
    for kinds, decide in _FOLLOWS:
        if isinstance(error, kinds):
            return decide(error, promise, policy, now)
    return _plugin_failed(error, promise)


def _already_there(error: Exception, promise: Promise, policy: RetryPolicy, now: datetime) -> Outcome:
    return done(promise, error.ref if isinstance(error, AlreadyThere) else "")


def _unknown(error: Exception, promise: Promise, policy: RetryPolicy, now: datetime) -> Outcome:
    if promise.attempts + 1 >= policy.attempts:
        return _refused(f"still without an answer after {promise.attempts + 1} attempts: {error}", promise)
    wait = policy.settle if promise.attempts == 0 else max(policy.settle, policy.wait(promise.attempts))
    return Outcome(Settlement(promise, PromiseState.IN_DOUBT, error=str(error), due_at=now + wait), failed=True)


def _later(error: Exception, promise: Promise, policy: RetryPolicy, now: datetime) -> Outcome:
    """Nothing was done. A promise in doubt stays in doubt: it was its look-up that failed."""
    if promise.attempts + 1 >= policy.attempts:
        return _refused(f"given up after {promise.attempts + 1} attempts: {error}", promise)
    retry_after = error.retry_after if isinstance(error, Throttled) else None
    due_at = now + policy.wait(promise.attempts, retry_after)
    state = PromiseState.IN_DOUBT if promise.state is PromiseState.IN_DOUBT else PromiseState.DUE
    return Outcome(Settlement(promise, state, error=str(error), due_at=due_at), failed=True)


def _not_yet(error: Exception, promise: Promise, policy: RetryPolicy, now: datetime) -> Outcome:
    outcome = handed_back(promise, error.again_at if isinstance(error, NotYet) else now)
    return replace(outcome, settlement=replace(outcome.settlement, error=str(error)))


def _no(error: Exception, promise: Promise, policy: RetryPolicy, now: datetime) -> Outcome:
    outcome = _refused(str(error), promise)
    if isinstance(error, Refused) and outcome.problem:
        return replace(outcome, problem=replace(outcome.problem, code=error.code, action=error.action))
    return outcome


def _pause(error: Exception, promise: Promise, policy: RetryPolicy, now: datetime) -> Outcome:
    back = handed_back(promise, now)
    return Outcome(back.settlement, pause=str(error))


def refused_release(refusal: RequestRefusal, order_id: int) -> Problem:
    """The problem that follows when a warehouse says no to a request which it had seemed to take."""
    return _problem(Kind.RELEASE, refusal.request_number, refusal.reason, order_id)


def _problem(kind: Kind, key: str, reason: str, order_id: int, detail: str = "", number: str = "") -> Problem:
    code, title = REFUSED[kind]
    title = f"{title.format(number=number or key)}: {reason}"
    action = HINTS.get(kind, RETRY_HINT).format(number=key)
    return Problem(code, key, title, detail, action, order_id=order_id or None, cause=cause_of(reason))


def _refused(reason: str, promise: Promise) -> Outcome:
    problem = _problem(promise.kind, promise.key, reason, promise.order_id, *_detail(promise))
    return Outcome(Settlement(promise, PromiseState.REJECTED, error=reason), problem)


def _detail(promise: Promise) -> tuple[str, str]:
    """Where an order was to be taken back: what the cart changed, and the number of the whole order; of a label that
    was, its tracking number."""
    if promise.kind is Kind.VOID:
        return "", VoidWork.model_validate_json(promise.document).parcel.tracking_number
    if promise.kind is not Kind.WITHDRAW:
        return "", ""
    amendment = Amendment.model_validate_json(promise.document)
    return "; ".join(amendment.difference), amendment.order_number


def _plugin_failed(error: Exception, promise: Promise) -> Outcome:
    """A bug in a plugin: the write may have happened, so a retry looks it up first."""
    reason = f"{type(error).__name__}: {error}"
    title = f"The plugin failed on {promise.kind} {promise.key}: {reason}"
    action = "Report it to the plugin's authors with `crossdock problems show`; then `crossdock problems retry`."
    problem = Problem(
        Code.PLUGIN_FAILED,
        promise.key,
        title,
        detail=(where := _where(error)),
        action=action,
        order_id=promise.order_id or None,
        cause=where,
    )
    return Outcome(Settlement(promise, PromiseState.REJECTED, error=reason), problem)


def _where(error: Exception) -> str:
    """The innermost place of the traceback, to name the plugin's line."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


_Decision = Callable[[Exception, Promise, RetryPolicy, datetime], Outcome]
_FOLLOWS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], _Decision], ...] = (
    (NotYet, _not_yet),
    (AlreadyThere, _already_there),
    (OutcomeUnknown, _unknown),
    ((Throttled, Unavailable), _later),
    ((Rejected, Unsupported), _no),
    ((NeedsAuth, NeedsConfig), _pause),
)
