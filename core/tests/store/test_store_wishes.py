"""Wishes for single orders: one a pipeline and order, settled only as they were seen."""

from crossdock.engine.ports import Wish
from crossdock.engine.problems import Code, Problem
from crossdock.store import CrossdockStore

from .shop import NOON, Shop, a_read, an_order, played


async def wanted(store: CrossdockStore) -> list[str]:
    return [wish.external_id for wish in await store.wanted_orders("main", 10)]


@played
async def test_wanting_twice_is_wanting_once_and_wakes_the_flow(shop: Shop) -> None:
    await shop.store.want_orders("main", ["1", "1", "2"], "a person", now=shop.now)
    await shop.store.want_orders("main", ["2"], "the cart", now=shop.now)
    await shop.store.want_orders("other", ["1"], "the cart", now=shop.now)

    assert await wanted(shop.store) == ["1", "2"]
    assert await shop.store.due_flows(now=shop.now) == [("main", "fetch"), ("other", "fetch")]
    assert await shop.rows("SELECT asked_by FROM wanted_order WHERE pipeline = 'main' ORDER BY external_id") == [
        ("a person",),
        ("a person",),
    ]


@played
async def test_wanting_nothing_wakes_nothing(shop: Shop) -> None:
    await shop.store.want_orders("main", [], "the cart", now=shop.now)
    assert await shop.store.due_flows(now=shop.now) == []


@played
async def test_the_oldest_wish_comes_first_and_one_made_anew_comes_last(shop: Shop) -> None:
    for key in ("3", "1", "2", "3"):
        await shop.store.want_orders("main", [key], "a person", now=shop.now)
        shop.clock.advance(seconds=1)
    assert await wanted(shop.store) == ["1", "2", "3"]
    assert [wish.external_id for wish in await shop.store.wanted_orders("main", 2)] == ["1", "2"]


@played
async def test_a_wish_that_was_made_anew_since_it_was_seen_stays(shop: Shop) -> None:
    await shop.store.want_orders("main", ["1", "2"], "a person", now=shop.now)
    seen = await shop.store.wanted_orders("main", 10)
    shop.clock.advance(seconds=1)
    await shop.store.want_orders("main", ["2"], "the cart", now=shop.now)
    await shop.store.settle_wishes(await shop.lease("fetch"), seen, [], now=shop.now)
    assert await wanted(shop.store) == ["2"]


@played
async def test_a_refused_wish_opens_a_problem_and_a_fulfilled_one_closes_it(shop: Shop) -> None:
    lease = await shop.lease("fetch")
    wishes = [Wish("1", NOON), Wish("2", NOON)]
    refusal = Problem(Code.UNFETCHABLE_ORDER, "1", "there is none")
    await shop.store.settle_wishes(lease, wishes, [refusal], now=shop.now)
    assert await shop.open_problems() == [("unfetchable_order", "1")]
    await shop.store.settle_wishes(lease, wishes, [], now=shop.now)
    assert await shop.open_problems() == []


@played
async def test_an_order_that_is_wanted_is_not_handed_out(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    await shop.store.want_orders("main", ["1"], "the cart", now=shop.now)
    await shop.store.want_orders("other", ["2"], "the cart", now=shop.now)
    assert [stored.external_id for stored in await shop.store.ready_orders("main", 10)] == ["2"]


@played
async def test_an_order_knows_when_the_cart_changed_it_and_whether_it_bears_our_mark(shop: Shop) -> None:
    changed = an_order("1").model_copy(update={"updated_at": NOON})
    await shop.release(changed)
    await shop.download(a_read(an_order("2")))
    known = await shop.store.known_orders("main", ["1", "2"])
    assert [(one.changed_at, one.acknowledged) for one in known.values()] == [(NOON, False), (None, False)]
