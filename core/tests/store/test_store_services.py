"""Services that a person pauses, and how each of them fared."""

from datetime import timedelta

import pytest

from crossdock.engine.lease import Paused
from crossdock.engine.run_ports import RunReport
from crossdock.store.audit import list_deeds
from crossdock.store.queries import last_runs
from crossdock.store.services import pause_services, resume_services, standings

from .shop import LEASE, NOON, Shop, played

MINUTE = timedelta(minutes=1)
RELEASE = [("main", "release")]


async def pause(shop: Shop, *services: str, by: str = "ada", why: str = "stock count") -> list[str]:
    keys = [("main", service) for service in services]
    new = await shop.store.write(pause_services, keys, by=by, why=why, now=shop.now)
    return [service for _, service in new]


async def run(shop: Shop, service: str, report: RunReport, pipeline: str = "main") -> None:
    lease = await shop.store.begin_run(pipeline, service, connection=None, now=shop.now, seconds=LEASE)
    assert lease is not None
    await shop.store.end_run(lease, report, next_due=shop.now + MINUTE, now=shop.now)


@played
async def test_a_paused_service_is_neither_due_nor_begun_until_it_is_resumed(shop: Shop) -> None:
    await shop.store.schedule("main", "release", NOON)
    assert await pause(shop, "release") == ["release"]
    assert await shop.store.due_flows(now=NOON) == []
    with pytest.raises(Paused, match="paused by ada since 2024-03-01 12:00 UTC: stock count"):
        await shop.lease("release")
    assert await shop.store.write(resume_services, RELEASE, by="bob", now=NOON) == RELEASE
    assert await shop.store.due_flows(now=NOON) == RELEASE
    await shop.lease("release")


@played
async def test_a_wake_up_does_not_run_a_paused_service_and_is_not_lost(shop: Shop) -> None:
    await pause(shop, "release")
    await shop.store.schedule("main", "release", NOON)
    assert await shop.store.due_flows(now=NOON) == []
    await shop.store.write(resume_services, RELEASE, by="ada", now=NOON)
    assert await shop.store.due_flows(now=NOON) == RELEASE


@played
async def test_the_run_that_is_under_way_ends_as_it_would(shop: Shop) -> None:
    lease = await shop.lease("release")
    await pause(shop, "release")
    await shop.store.prolong(lease, now=NOON)
    await shop.store.end_run(lease, RunReport({"done": 1}), next_due=NOON, now=NOON)
    assert len(await shop.store.read(last_runs)) == 1
    assert await shop.store.due_flows(now=NOON) == []


@played
async def test_the_runs_of_a_paused_service_for_other_warehouses_rest_with_it(shop: Shop) -> None:
    await pause(shop, "collect")
    with pytest.raises(Paused):
        await shop.store.begin_run("main", "collect@west", connection="west", now=NOON, seconds=LEASE)


@played
async def test_who_paused_it_first_stays_named_and_every_pause_is_written_down_once(shop: Shop) -> None:
    await pause(shop, "release")
    assert await pause(shop, "release", "collect", by="bob", why="tired") == ["collect"]
    found = await shop.store.read(standings, now=NOON)
    assert "by ada" in found["main", "release"].paused
    assert "by bob" in found["main", "collect"].paused
    await shop.store.write(resume_services, RELEASE, by="eve", now=NOON)
    assert await shop.store.write(resume_services, RELEASE, by="eve", now=NOON) == []
    deeds = [(one.by, one.action, one.subject, one.note) for one in await shop.store.read(list_deeds)]
    assert deeds == [
        ("eve", "resume service", "release", ""),
        ("bob", "pause service", "collect", "tired"),
        ("ada", "pause service", "release", "stock count"),
    ]


@played
async def test_last_success_failures_in_a_row_and_the_next_run_are_known(shop: Shop) -> None:
    await run(shop, "release", RunReport({"done": 2}))
    began = shop.now
    for _ in range(2):
        shop.clock.advance(minutes=1)
        await run(shop, "release", RunReport(error="the warehouse is not there"))
    one = (await shop.store.read(standings, now=shop.now))["main", "release"]
    assert (one.last_success, one.fails, one.error) == (began, 2, "the warehouse is not there")
    assert one.last_run == shop.now
    assert one.next_run == shop.now + MINUTE, "a rest of one minute after two failures"
    await run(shop, "release", RunReport())
    one = (await shop.store.read(standings, now=shop.now))["main", "release"]
    assert (one.last_success, one.fails) == (shop.now, 0), "a run that had nothing to do is a success"


@played
async def test_a_service_for_several_warehouses_fares_as_the_worst_of_them(shop: Shop) -> None:
    await run(shop, "collect", RunReport({"pages": 1}))
    shop.clock.advance(minutes=1)
    await run(shop, "collect@west", RunReport({"pages": 2}, error="west is not there"))
    one = (await shop.store.read(standings, now=shop.now))["main", "collect"]
    assert (one.last_success, one.fails, one.error) == (None, 1, "west is not there")
    assert one.counts == {"pages": 3}


@played
async def test_what_runs_now_is_told(shop: Shop) -> None:
    await shop.lease("download")
    assert (await shop.store.read(standings, now=shop.now))["main", "download"].running_since == NOON
    await shop.crash()
    assert (await shop.store.read(standings, now=shop.now))["main", "download"].running_since is None


@played
async def test_a_shorter_interval_counts_from_the_next_start_on(shop: Shop) -> None:
    await shop.store.schedule("main", "sweep", NOON + timedelta(hours=6))
    await shop.store.schedule("main", "sweep", NOON + MINUTE)
    assert await shop.store.due_flows(now=NOON + MINUTE) == [("main", "sweep")]


@played
async def test_runs_are_listed_by_pipeline_service_and_failure(shop: Shop) -> None:
    await run(shop, "release", RunReport({"done": 2}))
    await run(shop, "collect@west", RunReport(error="not there"))
    await run(shop, "release", RunReport({"done": 1}), "other")
    assert [one.pipeline for one in await shop.store.read(last_runs, service="release")] == ["other", "main"]
    assert [one.flow for one in await shop.store.read(last_runs, service="collect")] == ["collect@west"]
    assert [one.flow for one in await shop.store.read(last_runs, failed=True)] == ["collect@west"]
    assert [one.counts for one in await shop.store.read(last_runs, pipelines=["other"])] == [{"done": 1}]
    assert await shop.store.read(last_runs, pipelines=[]) == []
