"""What follows from an error: the whole table, for a promise that was sent and one that is in doubt."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.engine.outcome import Outcome, done, follow, handed_back
from crossdock.engine.problems import Code
from crossdock.engine.retry import RetryPolicy
from crossdock.hooks.errors import (
    AlreadyThere,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    Unreadable,
    Unsupported,
)

from .builders import NOON, a_promise
from .strategies import ROUNDS

POLICY = RetryPolicy()
LAST = POLICY.attempts - 1
SENT, IN_DOUBT, DUE = PromiseState.SENT, PromiseState.IN_DOUBT, PromiseState.DUE
DONE, REJECTED = PromiseState.DONE, PromiseState.REJECTED

# error -> (from sent, from sent at the last attempt, from in doubt, from in doubt at the last attempt)
TABLE: tuple[tuple[Exception, tuple[PromiseState, PromiseState, PromiseState, PromiseState]], ...] = (
    (AlreadyThere("WH-1"), (DONE, DONE, DONE, DONE)),
    (OutcomeUnknown("no answer"), (IN_DOUBT, REJECTED, IN_DOUBT, REJECTED)),
    (Unavailable("down"), (DUE, REJECTED, IN_DOUBT, REJECTED)),
    (Throttled("slower", 9.0), (DUE, REJECTED, IN_DOUBT, REJECTED)),
    (Throttled("slower"), (DUE, REJECTED, IN_DOUBT, REJECTED)),
    (Rejected("no such SKU"), (REJECTED, REJECTED, REJECTED, REJECTED)),
    (Unsupported("cannot"), (REJECTED, REJECTED, REJECTED, REJECTED)),
    (NeedsAuth("who are you"), (DUE, DUE, IN_DOUBT, IN_DOUBT)),
    (NeedsConfig("no site id"), (DUE, DUE, IN_DOUBT, IN_DOUBT)),
    (Unreadable("what is this"), (REJECTED, REJECTED, REJECTED, REJECTED)),
    (ZeroDivisionError("a bug"), (REJECTED, REJECTED, REJECTED, REJECTED)),
)
ERRORS = [error for error, _ in TABLE]
PROMISES = [a_promise(state=state, attempts=attempts) for state in (SENT, IN_DOUBT) for attempts in (0, LAST)]
CELLS = [
    pytest.param(error, promise, state, id=f"{type(error).__name__}-{promise.state}-{promise.attempts}")
    for error, states in TABLE
    for promise, state in zip(PROMISES, states, strict=True)
]


@pytest.mark.parametrize(("error", "promise", "state"), CELLS)
def test_each_error_has_its_consequence(error: Exception, promise: Promise, state: PromiseState) -> None:
    outcome = follow(error, promise, POLICY, NOON)

    assert outcome.settlement.state is state
    assert outcome.settlement.promise is promise
    assert bool(outcome.problem) == (state is REJECTED)
    assert bool(outcome.pause) == isinstance(error, NeedsAuth | NeedsConfig)
    assert outcome.failed == (isinstance(error, OutcomeUnknown | Unavailable | Throttled) and state is not REJECTED)


@pytest.mark.parametrize(("error", "promise", "state"), CELLS)
def test_what_is_not_finished_says_when_it_is_due(error: Exception, promise: Promise, state: PromiseState) -> None:
    due_at = follow(error, promise, POLICY, NOON).settlement.due_at

    assert (due_at is not None) == (state in (DUE, IN_DOUBT))
    assert due_at is None or due_at >= NOON


@ROUNDS
@given(st.sampled_from(ERRORS), st.integers(0, 200), st.sampled_from(Kind))
def test_what_may_have_happened_is_never_due_without_a_look_up(error: Exception, attempts: int, kind: Kind) -> None:
    doubtful = follow(error, a_promise(kind, state=IN_DOUBT, attempts=attempts), POLICY, NOON)
    assert doubtful.settlement.state is not DUE

    if isinstance(error, OutcomeUnknown):
        state = follow(error, a_promise(kind, attempts=attempts), POLICY, NOON).settlement.state
        assert state is (IN_DOUBT if attempts < LAST else REJECTED)


@ROUNDS
@given(st.sampled_from(ERRORS), st.integers(0, 200), st.sampled_from(Kind), st.sampled_from((SENT, IN_DOUBT)))
def test_every_problem_names_the_promise_the_cause_and_what_to_do(
    error: Exception, attempts: int, kind: Kind, state: PromiseState
) -> None:
    problem = follow(error, a_promise(kind, state=state, attempts=attempts), POLICY, NOON).problem
    if problem:
        assert problem.subject == "N1"
        assert problem.order_id == 1
        assert str(error) in problem.title
        assert "crossdock problems retry" in problem.action


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.RELEASE, Code.RELEASE_REFUSED),
        (Kind.ACKNOWLEDGE, Code.ACKNOWLEDGE_REFUSED),
        (Kind.CONFIRM, Code.CONFIRM_REFUSED),
    ],
)
def test_a_refusal_is_named_after_what_was_refused(kind: Kind, code: Code) -> None:
    problem = follow(Rejected("no"), a_promise(kind), POLICY, NOON).problem
    assert problem is not None
    assert problem.code is code


def test_a_bug_in_a_plugin_is_shown_with_its_place() -> None:
    def raise_one() -> Outcome:
        try:
            return done(a_promise(), str(1 // 0))
        except ZeroDivisionError as error:
            return follow(error, a_promise(), POLICY, NOON)

    problem = raise_one().problem
    assert problem is not None
    assert problem.code is Code.PLUGIN_FAILED
    assert "test_engine_outcome.py:" in problem.detail


def test_the_reference_of_what_is_there_already_is_kept() -> None:
    assert follow(AlreadyThere("WH-1"), a_promise(), POLICY, NOON).settlement.ref == "WH-1"


def test_the_first_doubt_waits_just_long_enough_for_the_request_to_arrive() -> None:
    settlement = follow(OutcomeUnknown("no answer"), a_promise(), POLICY, NOON).settlement
    assert settlement.due_at == NOON + POLICY.settle


def test_a_throttled_promise_waits_as_long_as_it_was_told() -> None:
    settlement = follow(Throttled("slower", 7200.0), a_promise(), POLICY, NOON).settlement
    assert settlement.due_at == NOON + timedelta(hours=2)


@pytest.mark.parametrize("state", [SENT, IN_DOUBT])
def test_what_was_not_tried_is_handed_back_as_it_was_and_counts_as_no_attempt(state: PromiseState) -> None:
    settlement = handed_back(a_promise(state=state), NOON).settlement

    assert settlement.state is (DUE if state is SENT else IN_DOUBT)
    assert settlement.due_at == NOON
    assert not settlement.counts


def test_a_pause_hands_the_promise_back_without_counting_an_attempt() -> None:
    outcome = follow(NeedsAuth("who are you"), a_promise(), POLICY, NOON)

    assert outcome.pause == "who are you"
    assert not outcome.settlement.counts
