"""What there is to tell: each open problem once, to whoever wants it; and who was told what."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crossdock.engine.alerts import Finding, Interest
from crossdock.engine.problems import Code, Problem
from crossdock.engine.run_ports import RunReport
from crossdock.engine.silence import QUIET, KnownSilence
from crossdock.store import queries
from crossdock.store.alerts import (
    NEVER_TOLD,
    counted,
    known_silences,
    new_problems,
    note_refused,
    note_taken,
    open_silences,
    order_arrivals,
    progress_of,
    service_signs,
    shipment_arrivals,
)
from crossdock.store.repair import resolve_problem

from .shop import NOON, Shop, a_box, a_read, an_order, played

ALL = Interest()
MINUTE = timedelta(minutes=1)


def a_problem(subject: str, code: Code = Code.RELEASE_REFUSED, cause: str = "") -> Problem:
    return Problem(code, subject, f"{subject} is refused", action="Correct it.", cause=cause)


async def report(shop: Shop, *problems: Problem, pipeline: str = "main") -> None:
    await shop.store.report_problems(pipeline, problems, now=shop.now)


async def news(
    shop: Shop, interest: Interest = ALL, *, after: datetime = NEVER_TOLD.told_until, receiver: str = "ops"
) -> Sequence[Finding]:
    return await shop.store.read(new_problems, receiver, interest, after=after, until=shop.now)


@played
async def test_problems_come_by_pipeline_kind_and_cause_with_the_first_as_example(shop: Shop) -> None:
    await report(shop, a_problem("1", cause="SKU-1"), a_problem("2", cause="SKU-2"))
    shop.clock.advance(minutes=1)
    await report(shop, a_problem("3", cause="SKU-1"), a_problem("1", Code.CONFIRM_REFUSED))
    await report(shop, a_problem("1", cause="SKU-1"), pipeline="other")

    found = {(one.pipeline, one.code, one.cause): one for one in await news(shop)}

    assert {key: one.count for key, one in found.items()} == {
        ("main", "release_refused", "SKU-1"): 2,
        ("main", "release_refused", "SKU-2"): 1,
        ("main", "confirm_refused", ""): 1,
        ("other", "release_refused", "SKU-1"): 1,
    }
    first = found["main", "release_refused", "SKU-1"]
    assert (first.subject, first.since, first.title, first.action) == ("1", NOON, "1 is refused", "Correct it.")


@played
async def test_what_was_there_before_is_no_news_and_what_comes_again_is_not_either(shop: Shop) -> None:
    await report(shop, a_problem("1"))
    shop.clock.advance(minutes=1)
    await report(shop, a_problem("1"), a_problem("2"))
    assert [one.subject for one in await news(shop, after=NOON)] == ["2"]
    assert await news(shop, after=shop.now) == []


@played
async def test_an_ignored_problem_and_one_that_has_closed_are_not_told(shop: Shop) -> None:
    await report(shop, a_problem("1"), a_problem("2"), a_problem("3"))
    one, two, _ = sorted(await shop.store.read(queries.list_problems), key=lambda found: found.subject)
    await shop.store.write(resolve_problem, one.id, "a test order", now=shop.now, ignore=True)
    await shop.store.write(resolve_problem, two.id, "settled", now=shop.now)
    await report(shop, a_problem("1"))
    assert [one.subject for one in await news(shop)] == ["3"]


@played
async def test_a_receiver_gets_what_it_wants_only(shop: Shop) -> None:
    await report(shop, a_problem("1"), a_problem("2", Code.CONFIRM_REFUSED))
    await report(shop, a_problem("3"), pipeline="other")
    await report(shop, a_problem("4"), pipeline="")
    assert {one.subject for one in await news(shop, Interest(["main"]))} == {"1", "2"}
    assert {one.subject for one in await news(shop, Interest(None, ["confirm_refused"]))} == {"2"}
    assert await news(shop, Interest([])) == []
    assert await news(shop, Interest(None, [])) == []
    assert sum(one.count for one in await news(shop)) == 4


@played
async def test_only_what_was_told_before_and_closed_since_counts_as_closed(shop: Shop) -> None:
    await report(shop, a_problem("1"), a_problem("2"), a_problem("3", Code.CONFIRM_REFUSED))
    shop.clock.advance(minutes=1)
    told_until = shop.now
    shop.clock.advance(minutes=1)
    await report(shop, a_problem("4"))
    await shop.store.close_problems("main", Code.RELEASE_REFUSED, ["1", "4"], now=shop.now)
    window = {"after": told_until, "until": shop.now}
    assert await shop.store.read(counted, "ops", ALL, **window) == (1, 2)
    assert await shop.store.read(counted, "ops", Interest(None, ["confirm_refused"]), **window) == (0, 1)


@played
async def test_a_receiver_that_fails_is_one_problem_until_it_takes_a_message(shop: Shop) -> None:
    await shop.store.write(note_refused, "ops", NEVER_TOLD, "no connection", again_in=MINUTE, now=shop.now)
    far = (await shop.store.read(progress_of))["ops"]
    await shop.store.write(note_refused, "ops", far, "still none", again_in=2 * MINUTE, now=shop.now)

    far = (await shop.store.read(progress_of))["ops"]
    assert (far.told_until, far.sent_at, far.fails) == (NEVER_TOLD.told_until, None, 2)
    assert (far.error, far.try_again_at) == ("still none", NOON + 2 * MINUTE)
    assert await shop.open_problems() == [("alert_failed", "ops")]
    assert await news(shop) == []
    assert [one.subject for one in await news(shop, receiver="others")] == ["ops"]

    await shop.store.write(note_taken, "ops", told_until=NOON, now=NOON + MINUTE)
    far = (await shop.store.read(progress_of))["ops"]
    assert (far.told_until, far.sent_at, far.try_again_at, far.fails, far.error) == (NOON, NOON + MINUTE, None, 0, "")
    assert await shop.open_problems() == []


@played
async def test_a_message_that_did_not_reach_everybody_counts_as_sent_and_stays_a_problem(shop: Shop) -> None:
    await shop.store.write(note_taken, "ops", told_until=NOON, now=NOON, warning="bob is nobody here")
    assert (await shop.store.read(progress_of))["ops"].told_until == NOON
    assert await shop.open_problems() == [("alert_failed", "ops")]


@played
async def test_silences_are_known_also_when_they_are_ignored_and_shown_when_they_are_not(shop: Shop) -> None:
    await report(shop, a_problem("main/download", Code.SERVICE_SILENT, QUIET))
    assert await shop.store.read(known_silences) == {"main/download": KnownSilence(QUIET, NOON)}
    assert await shop.store.read(open_silences, ALL) == [("main", "download", NOON)]
    assert await shop.store.read(open_silences, Interest(["other"])) == []
    (one,) = await shop.store.read(queries.list_problems)
    await shop.store.write(resolve_problem, one.id, "a holiday", now=shop.now, ignore=True)
    assert await shop.store.read(known_silences) == {"main/download": KnownSilence(QUIET, NOON)}
    assert await shop.store.read(open_silences, ALL) == []


@played
async def test_arrivals_are_known_to_the_minute_and_no_further_back_than_asked(shop: Shop) -> None:
    for key in range(6):
        await shop.download(a_read(an_order(str(key))))
        shop.clock.advance(seconds=30)
    minutes = [NOON, NOON + MINUTE, NOON + 2 * MINUTE]
    assert await shop.store.read(order_arrivals, since=NOON) == {"main": minutes}
    assert await shop.store.read(order_arrivals, since=NOON + MINUTE) == {"main": minutes[1:]}
    assert await shop.store.read(order_arrivals, since=NOON + timedelta(hours=1)) == {}


@played
async def test_shipments_arrive_too(shop: Shop) -> None:
    (promise,) = await shop.release(an_order("1"))
    await shop.collect(a_box("B1", promise.key))
    assert await shop.store.read(shipment_arrivals, since=NOON) == {"main": [NOON]}


@played
async def test_a_service_shows_when_it_succeeded_whether_it_runs_and_since_when_it_says_anything(shop: Shop) -> None:
    async def end(report: RunReport) -> None:
        lease = await shop.lease("download")
        await shop.store.end_run(lease, report, next_due=None, now=shop.now)
        shop.leases.clear()

    async def sign() -> tuple[datetime | None, datetime | None, bool, int]:
        found = (await shop.store.read(service_signs, now=shop.now))["main", "download"]
        return found.succeeded_at, found.known_since, found.running, found.fails

    await shop.lease("download")
    assert await sign() == (None, None, True, 0)
    shop.clock.advance(seconds=5)
    await end(RunReport(error="the cart is down"))
    assert await sign() == (None, NOON, False, 1)
    await end(RunReport())
    assert await sign() == (shop.now, shop.now, False, 0)
