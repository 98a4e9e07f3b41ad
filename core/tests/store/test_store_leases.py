"""One run of a flow at a time, and a run that lost its lease writes nothing."""

from datetime import timedelta

import pytest

from crossdock.engine.lease import LeaseLost
from crossdock.engine.ledger import Kind
from crossdock.engine.run_ports import RunReport
from crossdock.store.queries import last_runs

from .shop import LEASE, NOON, Shop, a_read, an_order, done, played

HOUR = timedelta(hours=1)


@played
async def test_second_run_waits_until_the_first_gave_its_lease_back(shop: Shop) -> None:
    lease = await shop.lease("release")
    assert await shop.store.begin_run("main", "release", now=NOON, seconds=LEASE) is None
    assert await shop.store.begin_run("other", "release", now=NOON, seconds=LEASE) is not None
    await shop.store.end_run(lease, RunReport(), next_due=None, now=NOON)
    again = await shop.store.begin_run("main", "release", now=NOON, seconds=LEASE)
    assert again is not None
    assert again.fence > lease.fence


@played
async def test_lease_of_a_dead_run_is_taken_over_when_it_runs_out(shop: Shop) -> None:
    await shop.lease("release")
    shop.clock.advance(seconds=LEASE - 1)
    assert await shop.store.begin_run("main", "release", now=shop.now, seconds=LEASE) is None
    shop.clock.advance(seconds=1)
    assert await shop.store.begin_run("main", "release", now=shop.now, seconds=LEASE) is not None


@played
async def test_every_write_prolongs_the_lease(shop: Shop) -> None:
    await shop.lease("download")
    for _ in range(3):
        shop.clock.advance(seconds=LEASE - 1)
        await shop.download()
    assert await shop.store.begin_run("main", "download", now=shop.now, seconds=LEASE) is None


@played
async def test_run_that_lost_its_lease_writes_nothing(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [promise] = (await shop.plan())[0]
    download, release = shop.leases["download"], shop.leases["release"]
    await shop.crash()
    await shop.lease("download")
    await shop.lease("release")
    before = await shop.rows("SELECT state, attempts FROM promise")
    with pytest.raises(LeaseLost, match="another run has taken over 'download'"):
        await shop.store.save_orders(download, "cart", [a_read(an_order("2"))], [], "further", now=shop.now)
    with pytest.raises(LeaseLost, match="'release' of pipeline 'main'"):
        await shop.store.settle(release, [done(promise)], [], acknowledge_on="cart", now=shop.now)
    with pytest.raises(LeaseLost):
        await shop.store.claim(release, "warehouse", Kind.RELEASE, 10, now=shop.now)
    with pytest.raises(LeaseLost):
        await shop.store.end_run(release, RunReport({"done": 1}), next_due=None, now=shop.now)
    assert await shop.states() == {"1": "releasing"}
    assert await shop.rows("SELECT state, attempts FROM promise") == before
    assert await shop.store.read(last_runs) == []


@played
async def test_run_that_gave_its_lease_back_writes_nothing(shop: Shop) -> None:
    lease = await shop.lease("download")
    await shop.store.end_run(lease, RunReport(), next_due=None, now=NOON)
    with pytest.raises(LeaseLost):
        await shop.download(a_read(an_order("1")))
    assert await shop.states() == {}


@played
async def test_flow_is_due_again_when_its_run_said(shop: Shop) -> None:
    await shop.store.schedule("main", "download", NOON)
    assert await shop.store.due_flows(now=NOON) == [("main", "download")]
    lease = await shop.lease("download")
    assert await shop.store.due_flows(now=NOON) == []
    await shop.store.end_run(lease, RunReport(), next_due=NOON + HOUR, now=NOON)
    assert await shop.store.due_flows(now=NOON + HOUR - timedelta(seconds=1)) == []
    assert await shop.store.due_flows(now=NOON + HOUR) == [("main", "download")]


@played
async def test_wake_up_during_a_run_is_not_lost(shop: Shop) -> None:
    lease = await shop.lease("acknowledge")
    await shop.store.schedule("main", "acknowledge", NOON)
    await shop.store.end_run(lease, RunReport(), next_due=NOON + HOUR, now=NOON)
    assert await shop.store.due_flows(now=NOON) == [("main", "acknowledge")]
    del shop.leases["acknowledge"]
    lease = await shop.lease("acknowledge")
    await shop.store.end_run(lease, RunReport(), next_due=NOON + HOUR, now=NOON)
    assert await shop.store.due_flows(now=NOON) == []


@played
async def test_flow_without_a_schedule_is_due_only_when_woken(shop: Shop) -> None:
    await shop.store.schedule("main", "confirm", None)
    assert await shop.store.due_flows(now=NOON + HOUR) == []
    await shop.store.schedule("main", "confirm", NOON)
    await shop.store.schedule("main", "confirm", None)
    await shop.store.schedule("main", "confirm", NOON + HOUR)
    assert await shop.store.due_flows(now=NOON) == [("main", "confirm")]


@played
async def test_flow_whose_run_died_is_due_when_the_lease_ends(shop: Shop) -> None:
    await shop.lease("download")
    await shop.crash()
    assert await shop.store.due_flows(now=shop.now) == [("main", "download")]


@played
async def test_longest_due_comes_first(shop: Shop) -> None:
    for minutes, pipeline in ((3, "b"), (1, "c"), (2, "a")):
        await shop.store.schedule(pipeline, "download", NOON + timedelta(minutes=minutes))
    assert [pipeline for pipeline, _ in await shop.store.due_flows(now=NOON + HOUR)] == ["c", "a", "b"]


@played
async def test_only_runner_takes_every_lease_of_the_dead(shop: Shop) -> None:
    lost = await shop.lease("download")
    await shop.store.end_dead_runs()
    del shop.leases["download"]
    assert (await shop.lease("download")).fence > lost.fence


@played
async def test_run_that_did_something_or_failed_is_kept(shop: Shop) -> None:
    for report in (RunReport(), RunReport({"orders": 3}), RunReport(error="the cart is not there")):
        lease = await shop.lease("download")
        shop.clock.advance(seconds=1)
        await shop.store.end_run(lease, report, next_due=None, now=shop.now)
        del shop.leases["download"]
    newest, older = await shop.store.read(last_runs)
    assert (newest.error, newest.ended_at - newest.began_at) == ("the cart is not there", timedelta(seconds=1))
    assert (older.counts, older.error) == ({"orders": 3}, "")


@played
async def test_paused_connection_is_paused_until_it_is_resumed(shop: Shop) -> None:
    await shop.store.pause_connection("cart", "wrong secret", now=NOON)
    await shop.store.pause_connection("cart", "expired secret", now=NOON)
    assert await shop.store.paused_connections() == {"cart": "expired secret"}
    await shop.store.resume_connection("cart")
    assert await shop.store.paused_connections() == {}
