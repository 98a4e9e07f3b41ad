"""How long to wait: bounded below and above, and never shorter than the remote system asked for."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.engine.retry import RetryPolicy
from crossdock.engine.runner import FIRST_PAUSE, LONGEST_PAUSE, wait_after_failures

from .builders import NOON
from .strategies import ROUNDS

spans = st.timedeltas(timedelta(milliseconds=1), timedelta(days=30))
policies = st.builds(RetryPolicy, first=spans, longest=spans)


@ROUNDS
@given(policies, st.integers(0, 10**9), st.integers())
def test_a_wait_lies_between_half_the_ceiling_and_the_ceiling(policy: RetryPolicy, attempts: int, seed: int) -> None:
    random.seed(seed)
    ceiling = min(policy.first * 2.0 ** min(attempts, 20), policy.longest)

    assert ceiling * 0.5 - timedelta(microseconds=1) <= policy.wait(attempts) <= ceiling


@ROUNDS
@given(policies, st.integers(0, 100), st.floats(0, 3600))
def test_a_wait_is_never_shorter_than_it_was_asked_for(policy: RetryPolicy, attempts: int, asked: float) -> None:
    assert policy.wait(attempts, asked) >= timedelta(seconds=asked)


@pytest.mark.parametrize("asked", [-5.0, 1e12, 1e300, float("inf"), float("nan")])
def test_an_absurd_wait_that_a_remote_system_asks_for_stays_a_wait(asked: float) -> None:
    wait = RetryPolicy().wait(0, asked)

    assert timedelta(0) < wait <= timedelta(days=1)
    assert NOON + wait > NOON


def test_waits_grow_from_the_first_to_the_longest() -> None:
    policy = RetryPolicy(first=timedelta(seconds=1), longest=timedelta(seconds=64))
    waits = [policy.wait(attempts) for attempts in (0, 2, 4, 6)]

    assert waits == sorted(waits)
    assert policy.wait(60) <= timedelta(seconds=64)


def test_a_flow_that_fails_rests_longer_each_time_up_to_a_limit() -> None:
    rests = [wait_after_failures(failures) for failures in range(40)]

    assert rests[0] == FIRST_PAUSE
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_PAUSE
