"""The ledger: what was promised is kept once, and what became of it decides about the order."""

from datetime import timedelta

from crossdock.engine.ledger import Kind, PromiseState, Settlement
from crossdock.engine.problems import Code, Problem
from crossdock.store.queries import find_orders
from crossdock.store.repair import retry_problem

from .shop import NOON, Shop, a_box, a_read, an_order, done, played, refused


@played
async def test_what_a_dead_run_had_in_hand_is_in_doubt(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    first, _ = (await shop.plan())[0]
    await shop.settle(done(first))
    await shop.crash("release")
    [doubtful] = await shop.claim(Kind.RELEASE)
    assert (doubtful.key, doubtful.state) == ("N2", PromiseState.IN_DOUBT)
    assert doubtful.document
    await shop.crash("release")
    assert [promise.state for promise in await shop.claim(Kind.RELEASE)] == [PromiseState.IN_DOUBT]


@played
async def test_crash_of_one_flow_leaves_the_promises_of_another_alone(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.claim(Kind.ACKNOWLEDGE)
    await shop.crash("release")
    await shop.lease("release")
    assert ("acknowledge", "1", "sent") in await shop.promises()


@played
async def test_no_promise_is_in_two_hands(shop: Shop) -> None:
    await shop.release(*(an_order(str(key)) for key in range(5)))
    batches = [await shop.claim(Kind.ACKNOWLEDGE, 2) for _ in range(4)]
    assert [len(batch) for batch in batches] == [2, 2, 1, 0]
    assert len({promise.id for batch in batches for promise in batch}) == 5


@played
async def test_doubtful_promise_is_handed_out_once_a_run(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await shop.plan()
    await shop.crash("release")
    assert len(await shop.claim(Kind.RELEASE)) == 1
    assert await shop.claim(Kind.RELEASE) == []


@played
async def test_promise_that_failed_is_due_when_it_was_said(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [promise] = (await shop.plan())[0]
    later = NOON + timedelta(seconds=30)
    await shop.settle(Settlement(promise, PromiseState.DUE, error="503", due_at=later))
    assert await shop.claim(Kind.RELEASE) == []
    shop.clock.advance(seconds=30)
    [again] = await shop.claim(Kind.RELEASE)
    assert (again.attempts, again.state) == (1, PromiseState.SENT)
    await shop.settle(Settlement(again, PromiseState.DUE, due_at=shop.now, counts=False))
    assert [promise.attempts for promise in await shop.claim(Kind.RELEASE)] == [1]


@played
async def test_what_is_done_stays_done(shop: Shop) -> None:
    [promise] = await shop.release(an_order("1"))
    await shop.settle(refused(promise))
    await shop.settle(Settlement(promise, PromiseState.DUE))
    assert ("release", "N1", "done") in await shop.promises()
    assert await shop.states() == {"1": "released"}


@played
async def test_order_is_acknowledged_once_when_all_its_parts_are_with_the_warehouse(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    assert await shop.settle(done(east)) == 0
    assert await shop.states() == {"1": "releasing"}
    assert await shop.settle(done(west)) == 1
    assert await shop.settle(done(west)) == 0
    [promise] = await shop.claim(Kind.ACKNOWLEDGE)
    assert (promise.key, promise.order_external_id) == ("1", "1")
    shop.clock.advance(seconds=5)
    await shop.settle(done(promise))
    [order] = await shop.store.read(find_orders, "1")
    assert order.acknowledged_at == shop.now


@played
async def test_order_with_a_refused_part_is_held_and_not_acknowledged(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    problem = Problem(Code.RELEASE_REFUSED, west.key, "refused", order_id=west.order_id)
    assert await shop.settle(done(east), refused(west, "no such SKU"), problems=[problem]) == 0
    [order] = await shop.store.read(find_orders, "1")
    assert (order.state, order.reason) == ("held", "release_refused: no such SKU")
    assert await shop.claim(Kind.ACKNOWLEDGE) == []
    assert await shop.open_problems() == [("release_refused", "N1-west")]


@played
async def test_confirmations_make_an_order_part_shipped_and_then_shipped(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"))
    [first] = await shop.confirm(closes=False)
    assert await shop.states() == {"1": "released"}
    await shop.settle(done(first))
    assert await shop.states() == {"1": "part_shipped"}
    await shop.collect(a_box("B", "N1"))
    [last] = await shop.confirm(closes=True)
    await shop.settle(done(last))
    [order] = await shop.store.read(find_orders, "1")
    assert (order.state, order.completed_at) == ("shipped", shop.now)


@played
async def test_order_is_not_shipped_while_a_confirmation_is_open(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"), a_box("B", "N1"))
    first, second = await shop.confirm(closes=True)
    await shop.settle(done(second))
    assert await shop.states() == {"1": "part_shipped"}
    await shop.settle(refused(first))
    assert await shop.states() == {"1": "part_shipped"}


@played
async def test_refusal_closes_when_the_promise_is_kept(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"), a_box("B", "N1"))
    first, second = await shop.confirm()
    problems = [
        Problem(Code.CONFIRM_REFUSED, first.key, "refused", order_id=first.order_id),
        Problem(Code.PLUGIN_FAILED, second.key, "failed", order_id=second.order_id),
    ]
    await shop.settle(refused(first), refused(second), problems=problems)
    assert await shop.open_problems() == [("confirm_refused", "N1/A"), ("plugin_failed", "N1/B")]

    for (number,) in await shop.rows("SELECT id FROM problem"):
        await shop.store.write(retry_problem, number, now=shop.now)
    again = {promise.key: promise for promise in await shop.claim(Kind.CONFIRM)}
    assert {promise.state for promise in again.values()} == {PromiseState.IN_DOUBT}
    await shop.settle(refused(again["N1/A"]), problems=problems[:1])
    await shop.settle(done(again["N1/B"]))
    assert await shop.open_problems() == [("confirm_refused", "N1/A")]


@played
async def test_confirmation_before_the_release_is_settled_still_lets_the_order_be_acknowledged(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [release] = (await shop.plan())[0]
    await shop.collect(a_box("A", "N1"))
    [confirmation] = await shop.confirm()
    await shop.settle(done(confirmation))
    assert await shop.states() == {"1": "shipped"}
    assert await shop.settle(done(release)) == 1
    assert await shop.states() == {"1": "shipped"}


@played
async def test_limit_of_a_claim_and_other_connections_are_respected(shop: Shop) -> None:
    await shop.release(*(an_order(str(key)) for key in range(3)))
    lease = await shop.lease("acknowledge")
    assert await shop.store.claim(lease, "another cart", Kind.ACKNOWLEDGE, 10, now=NOON) == []
    assert [promise.key for promise in await shop.claim(Kind.ACKNOWLEDGE, 2)] == ["0", "1"]
