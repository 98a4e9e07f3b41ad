"""Orders in: nothing is lost, nothing is replaced that the warehouse works on."""

from collections import Counter

import pytest
from sqlalchemy import Engine, event

from crossdock.engine.ports import OrderState, ReleasePlan
from crossdock.engine.problems import Code, Problem
from crossdock.store.queries import find_orders
from crossdock.store.stories import order_story

from .shop import NOON, Shop, a_raw, a_read, an_order, done, play, played, unreadable


@played
async def test_page_is_kept_with_its_checkpoint(shop: Shop) -> None:
    orders = [an_order(str(key)) for key in range(250)]
    await shop.download(*(a_read(order) for order in orders), checkpoint="page 2")
    known = await shop.store.known_orders("main", [order.external_id for order in orders])
    assert {key: item.digest for key, item in known.items()} == {
        order.external_id: a_read(order).digest for order in orders
    }
    await shop.crash()
    assert (await shop.lease("download")).checkpoint == "page 2"


@played
async def test_page_without_checkpoint_leaves_the_old_one(shop: Shop) -> None:
    await shop.download(checkpoint="page 2")
    await shop.download(a_read(an_order("1")))
    await shop.crash()
    assert (await shop.lease("download")).checkpoint == "page 2"


@played
async def test_raw_record_comes_back_byte_for_byte(shop: Shop) -> None:
    long = an_order("1", name="Ada " * 200)
    await shop.download(a_read(long), unreadable("2"))
    [found] = await shop.store.read(find_orders, "1")
    story = await shop.store.read(order_story, found.id)
    assert (story.raw, story.document) == (a_raw(long).data, long)
    [broken] = await shop.store.read(find_orders, "2")
    story = await shop.store.read(order_story, broken.id)
    assert (story.raw, story.document, broken.state) == (b'{"broken": true}', None, "unreadable")


@played
async def test_newer_version_replaces_the_older_one_before_release(shop: Shop) -> None:
    await shop.download(a_read(an_order("1"), state=OrderState.WAITING, reason="not paid"))
    await shop.download(a_read(an_order("1", name="Charles"), version=2))
    [ready] = await shop.store.ready_orders("main", 10)
    assert ready.order.ship_to.name == "Charles"
    assert (await shop.store.known_orders("main", ["1"]))["1"].fingerprint == "mark-2"


@played
async def test_order_past_release_keeps_what_the_warehouse_was_told(shop: Shop) -> None:
    await shop.release(an_order("1"))
    changed = a_read(an_order("1", name="Charles"), version=2)
    await shop.download(changed)
    known = (await shop.store.known_orders("main", ["1"]))["1"]
    assert (known.state, known.fingerprint, known.digest) == (OrderState.RELEASED, "mark-2", changed.digest)
    [found] = await shop.store.read(find_orders, "1")
    story = await shop.store.read(order_story, found.id)
    assert story.document == an_order("1")
    assert story.raw == changed.record.data


@played
async def test_what_the_warehouse_was_told_of_one_order_does_not_freeze_another(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.download(a_read(an_order("2")))
    await shop.download(a_read(an_order("1", name="Charles"), version=2), a_read(an_order("2", name="Mary"), version=2))
    [ready] = await shop.store.ready_orders("main", 10)
    assert ready.order == an_order("2", name="Mary")


@played
async def test_unreadable_order_becomes_readable_and_its_problem_closes(shop: Shop) -> None:
    problem = Problem(Code.UNREADABLE_ORDER, "1", "Order 1 cannot be read")
    await shop.download(unreadable("1"), a_read(an_order("2")), problems=[problem])
    assert await shop.states() == {"1": "unreadable", "2": "ready"}
    assert await shop.open_problems() == [("unreadable_order", "1")]
    await shop.download(a_read(an_order("1")))
    assert await shop.states() == {"1": "ready", "2": "ready"}
    assert await shop.open_problems() == []


@played
async def test_same_order_twice_on_a_page_is_one_order(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("1", name="Charles"), version=2))
    [ready] = await shop.store.ready_orders("main", 10)
    assert ready.order.ship_to.name == "Charles"


@played
async def test_strange_names_are_no_obstacle(shop: Shop) -> None:
    name = "😀 \u202e\u05d0 \0 Ada"
    strange = an_order("1", number="N\0😀", name=name)
    problem = Problem(Code.UNSHIPPABLE_ORDER, "N\0", f"Order of {name} is held")
    await shop.download(a_read(strange, reason=name), problems=[problem])
    [ready] = await shop.store.ready_orders("main", 10)
    assert ready.order == strange


@played
async def test_order_that_left_the_hold_closes_what_held_it(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [ready] = await shop.store.ready_orders("main", 10)
    problem = Problem(Code.UNMAPPED_SHIP_METHOD, "N1", "Order N1 is held", order_id=ready.id)
    await shop.save([ReleasePlan(ready.id, (), OrderState.HELD, "unmapped_ship_method: by balloon")], [problem])
    assert await shop.open_problems() == [("unmapped_ship_method", "N1")]
    await shop.download(a_read(an_order("1"), version=2, state=OrderState.SKIPPED, reason="cancelled at the cart"))
    assert await shop.open_problems() == []


@played
async def test_empty_page_changes_nothing_but_the_checkpoint(shop: Shop) -> None:
    await shop.download(checkpoint="the end")
    assert await shop.states() == {}
    assert await shop.store.known_orders("main", []) == {}


@pytest.mark.parametrize("size", [1, 100])
def test_number_of_statements_does_not_grow_with_the_page(sqlite_url: str, size: int) -> None:
    statements: Counter[str] = Counter()

    def count(*args: object) -> None:
        statements[str(args[2]).split()[0]] += 1

    async def scene(shop: Shop) -> None:
        orders = [an_order(str(key)) for key in range(size)]
        await shop.lease("download")
        statements.clear()
        await shop.store.known_orders("main", [order.external_id for order in orders])
        await shop.download(*(a_read(order) for order in orders))
        assert sum(statements.values()) <= 8, statements  # two BEGINs with it
        await shop.lease("release")
        statements.clear()
        promises, _ = await shop.plan()
        assert sum(statements.values()) <= 10, statements
        statements.clear()
        await shop.store.settle(
            shop.leases["release"],
            [done(promise) for promise in promises],
            [],
            acknowledge_on="cart",
            now=NOON,
        )
        assert sum(statements.values()) <= 6, statements

    event.listen(Engine, "before_cursor_execute", count)
    try:
        play(sqlite_url, scene)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
