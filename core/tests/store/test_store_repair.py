"""What a person does about a problem: everything can be put back to work, or says why not."""

import pytest

from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.ports import OrderState, ReleasePlan
from crossdock.engine.problems import Code, Problem
from crossdock.store import NotFound, NothingToRetry
from crossdock.store.errors import ClosedAlready
from crossdock.store.queries import list_problems, problem_of
from crossdock.store.repair import resolve_problem, retry_problem

from .shop import NOON, Shop, a_read, an_order, done, played, refused, unreadable


async def the_problem(shop: Shop) -> int:
    [found] = await shop.store.read(list_problems)
    return found.id


@played
async def test_refused_acknowledgement_is_tried_again(shop: Shop) -> None:
    await shop.release(an_order("1"))
    [promise] = await shop.claim(Kind.ACKNOWLEDGE)
    problem = Problem(Code.ACKNOWLEDGE_REFUSED, promise.key, "refused", order_id=promise.order_id)
    await shop.settle(refused(promise), problems=[problem])
    await shop.store.write(retry_problem, await the_problem(shop), now=NOON)
    assert ("main", "acknowledge") not in await shop.store.due_flows(now=NOON), "its run is under way"
    [again] = await shop.claim(Kind.ACKNOWLEDGE)
    assert (again.id, again.state, again.attempts) == (promise.id, PromiseState.IN_DOUBT, 0)
    await shop.settle(done(again))
    assert await shop.open_problems() == []


@played
async def test_held_order_is_planned_again_and_its_flow_is_woken(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [ready] = await shop.store.ready_orders("main", 10)
    hold = ReleasePlan(ready.id, (), OrderState.HELD, "unshippable_order: no city")
    await shop.save([hold], [Problem(Code.UNSHIPPABLE_ORDER, "N1", "held", order_id=ready.id)])
    await shop.crash()
    await shop.store.write(retry_problem, await the_problem(shop), now=shop.now)
    assert await shop.states() == {"1": "ready"}
    assert ("main", "release") in await shop.store.due_flows(now=shop.now)
    assert await shop.open_problems() == []


@played
async def test_refused_order_that_the_cart_changed_meanwhile_is_sent_as_it_is_now(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [promise], _ = await shop.plan()
    problem = Problem(Code.RELEASE_REFUSED, promise.key, "refused", order_id=promise.order_id)
    await shop.settle(refused(promise), problems=[problem])
    await shop.download(a_read(an_order("1", name="Charles Babbage"), version=2))
    assert await shop.states() == {"1": "ready"}

    await shop.store.write(retry_problem, await the_problem(shop), now=NOON)
    assert await shop.plan() == ([], [])

    assert await shop.open_problems() == [], "the warehouse never had a part of it"
    assert await shop.states() == {"1": "releasing"}
    [again] = await shop.claim(Kind.RELEASE)
    assert (again.id, again.state) == (promise.id, PromiseState.IN_DOUBT)
    assert b"Charles Babbage" in again.document


@played
async def test_unreadable_order_is_read_again_as_it_was_stored(shop: Shop) -> None:
    broken = unreadable("1")
    problem = Problem(Code.UNREADABLE_ORDER, "1", "Order 1 cannot be read")
    await shop.download(broken, problems=[problem])
    assert await shop.store.records_to_reread("main", "order", 10) == []
    await shop.store.write(retry_problem, await the_problem(shop), now=NOON)
    assert await shop.store.records_to_reread("main", "order", 10) == [broken.record]
    assert (await shop.store.known_orders("main", ["1"]))["1"].digest != broken.digest
    await shop.download(broken, problems=[problem])
    assert await shop.store.records_to_reread("main", "order", 10) == []
    assert await shop.open_problems() == [("unreadable_order", "1")]


@played
async def test_paused_connection_is_resumed(shop: Shop) -> None:
    await shop.store.pause_connection("cart", "wrong secret", now=NOON)
    await shop.store.report_problems("", [Problem(Code.CONNECTION_PAUSED, "cart", "cart is paused")], now=NOON)
    await shop.store.write(retry_problem, await the_problem(shop), now=NOON)
    assert await shop.store.paused_connections() == {}
    assert await shop.open_problems() == []


@played
async def test_problem_that_stands_for_no_work_says_what_to_do(shop: Shop) -> None:
    problem = Problem(Code.OVER_PICKED, "N1/A", "3 were picked", action="Count the stock")
    await shop.store.report_problems("main", [problem], now=NOON)
    number = await the_problem(shop)
    with pytest.raises(NothingToRetry, match=f"Count the stock and then `crossdock problems resolve {number}`"):
        await shop.store.write(retry_problem, number, now=NOON)
    assert await shop.open_problems() == [("over_picked", "N1/A")]
    await shop.store.write(resolve_problem, number, "counted", now=NOON)
    view = await shop.store.read(problem_of, number)
    assert (view.state, view.closed_how, view.closed_at) == ("resolved", "counted", NOON)
    with pytest.raises(ClosedAlready, match="is resolved already: counted"):
        await shop.store.write(retry_problem, number, now=NOON)


@played
async def test_every_code_can_be_asked_to_retry(shop: Shop) -> None:
    for code in Code:
        await shop.store.report_problems("main", [Problem(code, "nothing", f"{code} of nothing")], now=NOON)
    for view in await shop.store.read(list_problems):
        if view.code not in (Code.CONNECTION_PAUSED, Code.UNFETCHABLE_ORDER):
            with pytest.raises(NothingToRetry):
                await shop.store.write(retry_problem, view.id, now=NOON)


@played
async def test_ignored_problem_stays_quiet_and_a_resolved_one_opens_again(shop: Shop) -> None:
    for subject, ignore in (("a", True), ("b", False)):
        await shop.store.report_problems("main", [Problem(Code.OVER_PICKED, subject, "again")], now=NOON)
        await shop.store.write(resolve_problem, await the_problem(shop), "seen", now=NOON, ignore=ignore)
        await shop.store.report_problems("main", [Problem(Code.OVER_PICKED, subject, "again")], now=NOON)
    assert await shop.open_problems() == [("over_picked", "b")]


@played
async def test_problem_closes_by_its_subject_only(shop: Shop) -> None:
    found = [Problem(Code.NO_TRACKING, subject, "no tracking") for subject in ("a", "b")]
    await shop.store.report_problems("main", found, now=NOON)
    await shop.store.close_problems("other", Code.NO_TRACKING, ["a"], now=NOON)
    await shop.store.close_problems("main", Code.UNMAPPED_CARRIER, ["a"], now=NOON)
    assert len(await shop.open_problems()) == 2
    await shop.store.close_problems("main", Code.NO_TRACKING, ["a", "c"], now=NOON)
    assert await shop.open_problems() == [("no_tracking", "b")]


@played
async def test_problem_that_is_not_there_is_said(shop: Shop) -> None:
    with pytest.raises(NotFound, match="there is no problem 42"):
        await shop.store.write(retry_problem, 42, now=NOON)
