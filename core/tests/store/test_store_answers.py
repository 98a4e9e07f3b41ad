"""What marketplaces answered: asked for when it is time, kept with its moment, followed by what it means."""

from datetime import timedelta

import pytest

from crossdock.engine.lease import LeaseLost
from crossdock.engine.ledger import Answered, Followed, Kind, PromiseState, Settlement
from crossdock.engine.problems import Code, Problem

from .shop import Shop, a_box, an_order, played


async def told(shop: Shop, *keys: str) -> list[Followed]:
    """So many orders are shipped and the cart was told; gives what is to be followed."""
    await shop.release(*(an_order(key) for key in keys))
    await shop.collect(*(a_box(f"B{key}", f"N{key}") for key in keys))
    look = shop.now + timedelta(minutes=15)
    confirmed = await shop.confirm()
    await shop.settle(*(Settlement(one, PromiseState.DONE, ref="ref", follow_at=look) for one in confirmed))
    return await due(shop, minutes=15)


async def due(shop: Shop, *, minutes: float = 0) -> list[Followed]:
    now = shop.now + timedelta(minutes=minutes)
    return list(await shop.store.to_follow("main", "cart", Kind.CONFIRM, 10, now=now))


@played
async def test_they_are_asked_for_when_it_is_time_and_not_before(shop: Shop) -> None:
    kept = await told(shop, "1", "2")
    assert [one.key for one in kept] == ["N1/B1", "N2/B2"]
    assert {one.kept_at for one in kept} == {shop.now}
    assert await due(shop, minutes=14) == []
    assert await shop.store.to_follow("main", "another cart", Kind.CONFIRM, 10, now=shop.now) == []


@played
async def test_a_pending_one_comes_again_and_a_final_one_does_not(shop: Shop) -> None:
    first, second = await told(shop, "1", "2")
    later = shop.now + timedelta(hours=1)
    answers = [Answered(first, "pending", "InProgress", later), Answered(second, "accepted", "Complete", None)]
    await shop.store.note_answers(await shop.lease("follow"), answers, [], now=shop.now)

    assert await due(shop, minutes=59) == []
    assert await due(shop, minutes=60) == [first]
    query = "SELECT answer, answer_words, answered_at IS NULL FROM promise WHERE kind = 'confirm' ORDER BY id"
    assert await shop.rows(query) == [("pending", "InProgress", False), ("accepted", "Complete", False)]


@played
async def test_an_acceptance_closes_what_was_open_about_it(shop: Shop) -> None:
    first, second = await told(shop, "1", "2")
    problems = [Problem(Code.MARKETPLACE_REFUSED, one.key, "no", order_id=one.order_id) for one in (first, second)]
    refusals = [Answered(first, "refused", "no", None), Answered(second, "refused", "no", None)]
    lease = await shop.lease("follow")
    await shop.store.note_answers(lease, refusals, problems, now=shop.now)
    await shop.store.note_answers(lease, [Answered(first, "accepted", "", None)], [], now=shop.now)

    assert await shop.open_problems() == [("marketplace_refused", "N2/B2")]
    assert set((await shop.states()).values()) == {"shipped"}, "a shipment stays a shipment"
    assert await shop.store.wanted_orders("main", 10) == [], "only what was cancelled or refunded is read again"


@played
async def test_a_run_that_lost_its_lease_writes_no_answer(shop: Shop) -> None:
    [kept] = await told(shop, "1")
    lease = await shop.lease("follow")
    await shop.crash("follow")
    await shop.lease("follow")
    with pytest.raises(LeaseLost):
        await shop.store.note_answers(lease, [Answered(kept, "accepted", "", None)], [], now=shop.now)
    assert await shop.rows("SELECT answer FROM promise WHERE kind = 'confirm'") == [("",)]
