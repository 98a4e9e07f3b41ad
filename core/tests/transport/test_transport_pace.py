"""Turns: as quick as the rates allow, never more, and fair."""

import asyncio
import random
from bisect import bisect_left
from heapq import heappop, heappush
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock import Rate
from crossdock.transport.pace import Pacer


class SleepyTimer:
    """Time passes only in sleep, and every sleep lasts up to `late` seconds too long."""

    def __init__(self, late=0.0, seed=1):
        self.now = 1000.0
        self.late = late
        self.random = random.Random(seed)

    def time(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds + self.random.uniform(0, self.late)


async def _turns(pacer, timer, count, pauses=()):
    turns = []
    for number in range(count):
        timer.now += pauses[number % len(pauses)] if pauses else 0.0
        await pacer.turn()
        turns.append(timer.now)
    return turns


def _most_in_any_window(moments, seconds):
    return max(bisect_left(moments, moment + seconds) - index for index, moment in enumerate(moments))


@settings(deadline=None)
@given(
    rates=st.lists(
        st.builds(Rate, calls=st.integers(1, 300), seconds=st.sampled_from([0.5, 1.0, 60.0])), min_size=1, max_size=3
    ),
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.02, 0.4, 3.0, 100.0]), max_size=20),
    late=st.sampled_from([0.0, 0.001, 0.01]),
    seed=st.integers(0, 1000),
)
def test_no_window_ever_holds_more_calls_than_a_rate_allows(rates, pauses, late, seed):
    timer = SleepyTimer(late, seed)
    turns = asyncio.run(_turns(Pacer(rates, timer), timer, 400, pauses))
    for rate in rates:
        assert _most_in_any_window(turns, rate.seconds) <= rate.calls


def _most_counted_in_any_window(moments, costs, seconds):
    ends = [bisect_left(moments, moment + seconds) for moment in moments]
    return max(sum(costs[index:end]) for index, end in enumerate(ends))


async def _costly_turns(pacer, timer, costs, pauses):
    turns = []
    for number, cost in enumerate(costs):
        timer.now += pauses[number % len(pauses)] if pauses else 0.0
        await pacer.turn(cost)
        turns.append(timer.now)
    return turns


@settings(deadline=None)
@given(
    rates=st.lists(
        st.builds(Rate, calls=st.integers(101, 2000), seconds=st.sampled_from([1.0, 60.0])), min_size=1, max_size=2
    ),
    costs=st.lists(st.sampled_from([1, 1, 1, 1, 2, 21, 101]), min_size=100, max_size=200),
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.02, 3.0]), max_size=9),
    late=st.sampled_from([0.0, 0.01]),
)
def test_calls_that_count_for_many_never_crowd_a_window_either(rates, costs, pauses, late):
    timer = SleepyTimer(late)
    turns = asyncio.run(_costly_turns(Pacer(rates, timer), timer, costs, pauses))
    for rate in rates:
        assert _most_counted_in_any_window(turns, costs, rate.seconds) <= rate.calls


def test_batches_of_a_hundred_reach_most_of_the_rate():
    timer, rate, costs = SleepyTimer(late=0.002), Rate(2000, 60.0), [101] * 200
    turns = asyncio.run(_costly_turns(Pacer([rate], timer), timer, costs, ()))
    assert sum(costs[1:]) / (turns[-1] - turns[0]) >= 0.93 * rate.calls / rate.seconds


def test_call_that_counts_for_more_than_the_rate_has_waits_for_all_of_it():
    timer = SleepyTimer()
    turns = asyncio.run(_costly_turns(Pacer([Rate(20, 1.0)], timer), timer, [1, 101, 1], ()))
    assert [turn - turns[0] for turn in turns] == pytest.approx([0, 1.01, 1.01 + 101 * 0.051], abs=0.02)


@pytest.mark.parametrize("rate", [Rate(100, 1.0), Rate(2000, 60.0), Rate(10, 60.0)])
def test_pace_reaches_97_percent_of_the_rate_though_every_sleep_is_too_long(rate):
    timer = SleepyTimer(late=0.002)
    turns = asyncio.run(_turns(Pacer([rate], timer), timer, 1000))
    assert 999 / (turns[-1] - turns[0]) >= 0.97 * rate.calls / rate.seconds


def test_calls_that_arrive_unevenly_within_a_second_are_not_seen_as_too_many():
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    timer, road = SleepyTimer(late=0.001, seed=seed), random.Random(seed)
    turns = asyncio.run(_turns(Pacer([Rate(100, 1.0)], timer), timer, 1000))
    arrivals = sorted(turn + 0.02 + road.uniform(0, 0.009) for turn in turns)
    assert _most_in_any_window(arrivals, 1.0) <= 100


class VirtualTimer:
    """Time jumps to the next one who wakes, as soon as nobody has anything else to do."""

    def __init__(self):
        self.now = 1000.0
        self.sleepers = []
        self.counter = count(1)  # of those who wake together, the last to fall asleep comes first

    def time(self):
        return self.now

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        heappush(self.sleepers, (self.now + seconds, -next(self.counter), woken))
        await woken

    async def run(self, callers):
        everyone = asyncio.gather(*callers)
        while not everyone.done():
            for _ in range(10):
                await asyncio.sleep(0)
            if self.sleepers:
                self.now, _, woken = heappop(self.sleepers)
                woken.set_result(None)
        await everyone


def test_callers_that_come_all_at_once_leave_one_by_one():
    async def scene():
        timer, turns = VirtualTimer(), []
        pacer = Pacer([Rate(20, 1.0)], timer)

        async def caller():
            await pacer.turn()
            turns.append(timer.now)

        await timer.run([caller() for _ in range(100)])
        assert _most_in_any_window(turns, 1.0) <= 20
        assert turns[-1] - turns[0] == pytest.approx(99 * 0.051, abs=0.02)

    asyncio.run(scene())


def test_all_rates_are_kept_and_the_slowest_one_decides():
    timer = SleepyTimer()
    turns = asyncio.run(_turns(Pacer([Rate(1000, 1.0), Rate(60, 60.0), Rate(5, 1.0)], timer), timer, 50))
    assert (turns[-1] - turns[0]) / 49 == pytest.approx(1.02, rel=0.002)


def test_connection_without_rates_never_waits():
    timer = SleepyTimer()
    assert set(asyncio.run(_turns(Pacer((), timer), timer, 100))) == {1000.0}


def test_held_connection_gives_no_turn_before_its_time():
    async def scene():
        timer = SleepyTimer()
        pacer = Pacer((), timer)
        pacer.hold(30)
        pacer.hold(10)
        assert pacer.held_for == 30
        await pacer.turn()
        assert (timer.now, pacer.held_for) == (1030.0, 0.0)

    asyncio.run(scene())


def test_hold_reaches_a_call_that_already_waits_for_its_turn():
    async def scene():
        timer = SleepyTimer()
        pacer = Pacer([Rate(1, 1.0)], timer)
        await pacer.turn()
        sleep, timer.sleep = timer.sleep, None

        async def is_told_to_wait_in_its_sleep(seconds):
            timer.sleep = sleep
            await sleep(seconds)
            pacer.hold(20)

        timer.sleep = is_told_to_wait_in_its_sleep
        await pacer.turn()
        assert timer.now == pytest.approx(1021.01)

    asyncio.run(scene())


def test_turns_come_in_the_order_in_which_they_are_asked_for():
    async def scene():
        timer, served = VirtualTimer(), []
        pacer = Pacer([Rate(100, 1.0)], timer)

        async def one(number):
            await pacer.turn()
            served.append(number)

        await timer.run([one(number) for number in range(50)])
        assert served == list(range(50))

    asyncio.run(scene())


def test_caller_that_gives_up_waiting_takes_no_turn():
    async def scene():
        timer = SleepyTimer()
        pacer, woken = Pacer([Rate(1, 1.0)], timer), asyncio.Event()
        await pacer.turn()
        sleep = timer.sleep

        async def long_sleep(seconds):
            woken.set()
            await asyncio.Event().wait()

        timer.sleep = long_sleep
        waiting = asyncio.create_task(pacer.turn())
        await woken.wait()
        waiting.cancel()
        await asyncio.wait([waiting])
        timer.sleep = sleep
        await pacer.turn()
        assert timer.now == pytest.approx(1001.01)

    asyncio.run(scene())


def test_client_keeps_the_rates_and_the_concurrency_of_its_endpoint(kit):
    timer = kit.PatientTimer()

    async def scene():
        async with kit.client_for(
            kit.replies(kit.answer(200)), rates=(Rate(10, 1.0),), concurrency=3, open_with={"timer": timer}
        ) as (client, server):
            await asyncio.gather(*(client.get(f"/{n}") for n in range(21)))
            assert sum(timer.slept) == pytest.approx(20 * 0.102, abs=0.02)
            assert server.connections <= 3

    asyncio.run(scene())


def test_client_paces_a_batch_as_the_calls_that_it_counts_for(kit):
    timer = kit.PatientTimer()

    async def scene():
        options = {"rates": (Rate(2000, 60.0),), "open_with": {"timer": timer}}
        async with kit.client_for(kit.replies(kit.answer(200)), **options) as (client, _):
            for _ in range(3):
                await client.send("POST", "/$batch", cost=101)
            assert sum(timer.slept) == pytest.approx(2 * 101 * 60 * 1.02 / 2000, abs=0.1)

    asyncio.run(scene())


def test_never_more_calls_under_way_than_the_endpoint_allows(kit):
    async def scene():
        crowd, open_door = asyncio.Event(), asyncio.Event()

        async def behave(asked, writer):
            if asked.number == 4:
                crowd.set()
            await open_door.wait()
            await kit.replies(kit.answer(200))(asked, writer)

        async with kit.client_for(behave, concurrency=4) as (client, server):
            calls = asyncio.gather(*(client.get(f"/{n}") for n in range(40)))
            await crowd.wait()
            open_door.set()
            await calls
            assert (server.most_under_way, server.connections, len(server.asked)) == (4, 4, 40)

    asyncio.run(scene())
