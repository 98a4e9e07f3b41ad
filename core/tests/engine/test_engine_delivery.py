"""Promises are kept once, whatever the remote system answers, and nothing that was claimed is lost."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from crossdock.domain import FulfillmentRequest, OrderStatus
from crossdock.engine.delivery import FAILURES_IN_A_ROW
from crossdock.engine.runner import LEASE_SECONDS
from crossdock.hooks.records import Receipt

from .builders import a_line, an_allocation, an_order
from .remote import Fault, Warehouse
from .world import World, played

HOUR = timedelta(hours=1)


async def taken_in(world: World, orders: int) -> None:
    """So many orders are in the store, ready to be released."""
    world.cart.sell(*(an_order(str(number)) for number in range(orders)))
    await world.flow("download")


def once_each(orders: int) -> Counter[str]:
    return Counter(f"N{number}" for number in range(orders))


@played
async def test_every_order_is_sent_once_and_acknowledged_after_it(world: World) -> None:
    await taken_in(world, 7)
    report = await world.flow("release")
    assert not world.cart.acknowledged
    await world.flow("acknowledge")

    assert report.counts == {"done": 7}
    assert world.warehouse.created() == once_each(7)
    assert world.cart.acknowledged == Counter(str(number) for number in range(7))
    assert set((await world.orders()).values()) == {"released"}


@played
async def test_a_second_run_has_nothing_to_do(world: World) -> None:
    await taken_in(world, 3)
    for _ in range(2):
        reports = await world.cycle()

    assert world.warehouse.created() == once_each(3)
    assert max(world.cart.acknowledged.values()) == 1
    assert all(not report.counts or name in ("download", "collect") for name, report in reports.items())


@played
async def test_a_lost_reply_never_ships_twice(world: World) -> None:
    await taken_in(world, 3)
    world.warehouse.faults["submit_order"].extend([Fault.LOST_AFTER] * 3)
    await world.flow("release")
    assert await world.promises() == {"release in_doubt": 3}

    world.clock.advance(HOUR)
    report = await world.flow("release")
    assert report.counts == {"settled by look-up": 3, "done": 3}
    assert world.warehouse.created() == once_each(3)


@played
async def test_what_was_lost_on_the_way_is_sent_after_the_look_up(world: World) -> None:
    await taken_in(world, 1)
    world.warehouse.faults["submit_order"].append(Fault.LOST_BEFORE)
    await world.flow("release")
    world.clock.advance(HOUR)
    await world.flow("release")

    assert world.warehouse.calls["find_order"] == 1
    assert world.warehouse.created() == once_each(1)


@played
async def test_a_look_up_that_fails_leaves_the_doubt(world: World) -> None:
    await taken_in(world, 1)
    world.warehouse.faults["submit_order"].append(Fault.LOST_AFTER)
    world.warehouse.faults["find_order"].extend([Fault.REFUSED_BEFORE, Fault.BUSY, Fault.LOST_BEFORE])
    for _ in range(4):
        await world.flow("release")
        assert await world.promises() == {"release in_doubt": 1}
        world.clock.advance(HOUR)
    await world.flow("release")

    assert world.warehouse.created() == once_each(1)
    assert world.warehouse.calls["submit_order"] == 1


@played
async def test_refused_credentials_pause_the_connection_once_and_hand_the_rest_back(world: World) -> None:
    await taken_in(world, 20)
    world.warehouse.faults["submit_order"].extend([Fault.LOCKED_OUT] * 20)
    report = await world.flow("release")

    assert world.pauses == [("warehouse", "the token was revoked")]
    assert await world.problems() == [("connection_paused", "warehouse")]
    assert "paused" in report.error
    assert await world.promises() == {"release due": 20}
    assert not await world.select("SELECT 1 FROM promise WHERE attempts > 0")
    assert world.warehouse.calls["submit_order"] <= world.workers


@played
async def test_nothing_is_sent_through_a_paused_connection_until_it_is_resumed(world: World) -> None:
    await taken_in(world, 3)
    world.warehouse.faults["submit_order"].extend([Fault.LOCKED_OUT] * world.workers)
    await world.flow("release")
    world.warehouse.faults.clear()

    calls = world.warehouse.calls["submit_order"]
    report = await world.flow("release")
    assert "is paused: the token was revoked" in report.error
    assert world.warehouse.calls["submit_order"] == calls

    await world.store.resume_connection("warehouse")
    await world.flow("release")
    assert world.warehouse.created() == once_each(3)
    assert not await world.problems()


@played
async def test_a_system_that_is_not_there_ends_the_run_and_nothing_is_lost(world: World) -> None:
    await taken_in(world, 150)
    world.warehouse.faults["submit_order"].extend([Fault.REFUSED_BEFORE] * 1000)
    report = await world.flow("release")

    assert world.warehouse.calls["submit_order"] < FAILURES_IN_A_ROW + world.workers
    assert "warehouse" in report.error
    assert not await world.problems()
    assert set(await world.promises()) == {"release due"}

    world.warehouse.faults.clear()
    world.clock.advance(HOUR)
    await world.flow("release")
    assert world.warehouse.created() == once_each(150)


@played
async def test_a_few_failures_among_successes_do_not_end_the_run(world: World) -> None:
    await taken_in(world, 60)
    world.workers = 1
    world.warehouse.faults["submit_order"].extend([Fault.REFUSED_BEFORE] * (FAILURES_IN_A_ROW - 1))
    report = await world.flow("release")

    assert not report.error
    assert report.counts == {"due": FAILURES_IN_A_ROW - 1, "done": 60 - FAILURES_IN_A_ROW + 1}


class StopsInTheMiddle(Warehouse):
    """Rings for the end of the day while it takes its fifth order."""

    stop: asyncio.Event

    def _submit(self, request: FulfillmentRequest) -> Receipt:
        if len(self.requests) == 4:
            self.stop.set()
        return super()._submit(request)


@played
async def test_a_stop_finishes_what_is_under_way_and_hands_the_rest_back(world: World) -> None:
    await taken_in(world, 40)
    world.warehouse = StopsInTheMiddle()
    world.warehouse.stop = world.stop
    report = await world.flow("release")

    sent = len(world.warehouse.requests)
    assert 5 <= sent < 5 + world.workers
    assert not report.error
    assert await world.promises() == {"release done": sent, "release due": 40 - sent, "acknowledge due": sent}

    world.stop.clear()
    await world.flow("release")
    assert world.warehouse.created() == once_each(40)


@played
async def test_a_business_no_is_a_problem_and_never_tried_again(world: World) -> None:
    await taken_in(world, 2)
    world.warehouse.faults["submit_order"].append(Fault.NO)
    await world.flow("release")
    world.clock.advance(24 * HOUR)
    await world.flow("release")

    assert sorted((await world.orders()).values()) == ["held", "released"]
    assert [code for code, _ in await world.problems()] == ["release_refused"]
    assert world.warehouse.calls["submit_order"] == 2


@played
async def test_a_bug_in_a_plugin_is_a_problem_of_one_order_and_the_others_go_on(world: World) -> None:
    await taken_in(world, 5)
    world.warehouse.faults["submit_order"].append(Fault.BUG)
    report = await world.flow("release")

    assert report.counts == {"rejected": 1, "done": 4}
    assert [code for code, _ in await world.problems()] == ["plugin_failed"]


@played
async def test_an_order_is_tried_a_limited_number_of_times_and_then_shown(world: World) -> None:
    await taken_in(world, 1)
    world.changes["retry"] = replace(world.pipeline().retry, attempts=3)
    world.warehouse.faults["submit_order"].extend([Fault.REFUSED_BEFORE] * 10)
    for _ in range(5):
        await world.flow("release")
        world.clock.advance(2 * HOUR)

    assert world.warehouse.calls["submit_order"] == 3
    assert await world.problems() == [("release_refused", "N0")]


@played
async def test_a_repeated_acknowledgement_needs_no_look_up(world: World) -> None:
    await taken_in(world, 1)
    world.cart.faults["acknowledge_order"].append(Fault.LOST_AFTER)
    await world.cycle()
    world.clock.advance(HOUR)
    await world.cycle()

    assert await world.promises() == {"release done": 1, "acknowledge done": 1}
    assert world.cart.acknowledged == {"0": 2}


@played
async def test_an_order_of_two_centres_is_acknowledged_when_both_have_it(world: World) -> None:
    parts = [an_allocation("10", "5"), an_allocation("10", "6")]
    world.cart.sell(an_order("1", a_line("10", 2), allocations=parts))
    world.warehouse.faults["submit_order"].append(Fault.REFUSED_BEFORE)
    await world.cycle()
    assert not world.cart.acknowledged

    world.clock.advance(HOUR)
    await world.cycle()
    assert world.warehouse.created() == {"N1-5": 1, "N1-6": 1}
    assert world.cart.acknowledged == {"1": 1}


class LosesItsLease(Warehouse):
    """While it takes its third order, another run takes over."""

    world: World
    taken_over = False

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        receipt = await super().submit_order(request)
        if len(self.requests) >= 3 and not self.taken_over:
            self.taken_over = True
            late = self.world.clock.now() + timedelta(seconds=LEASE_SECONDS + 1)
            assert await self.world.store.begin_run("main", "release", now=late, seconds=LEASE_SECONDS)
        return receipt


@played
async def test_a_run_that_lost_its_lease_writes_nothing_more(world: World) -> None:
    await taken_in(world, 30)
    world.warehouse = LosesItsLease()
    world.warehouse.world = world
    report = await world.flow("release")

    assert report.error == "another run took release over; nothing was written since"
    assert set(await world.promises()) == {"release in_doubt"}
    assert set((await world.orders()).values()) == {"releasing"}

    world.warehouse, sent = Warehouse(), world.warehouse.requests
    world.warehouse.requests = sent
    world.clock.advance(HOUR)
    await world.flow("release")
    assert world.warehouse.created() == once_each(30)


@played
async def test_two_runs_of_one_flow_are_never_under_way_at_once(world: World) -> None:
    await taken_in(world, 30)
    reports = await asyncio.gather(world.flow("release"), world.flow("release"))

    assert sorted(report.error for report in reports) == ["", "another run of release is under way"]
    assert world.warehouse.created() == once_each(30)


@played
async def test_a_cancelled_order_that_the_warehouse_has_is_shown_to_a_person(world: World) -> None:
    await taken_in(world, 1)
    await world.flow("release")
    world.cart.change("0", status=OrderStatus.CANCELLED)
    await world.flow("download")

    assert await world.problems() == [("changed_after_release", "N0")]
    assert await world.orders() == {"0": "released"}
