"""Orders that wait for pieces: found by their index alone, with all that says how many pieces that is."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event

from crossdock.domain import AdjustmentKind, AdjustmentReason, Order, OrderStatus, RecordedAdjustment
from crossdock.engine.adjustment_plan import AdjustmentWish
from crossdock.engine.claim_ports import ClaimingOrder
from crossdock.engine.edits import Edit
from crossdock.engine.ledger import Kind, PromiseState, Settlement
from crossdock.engine.ports import OrderState
from crossdock.store.adjusting import ask_adjustment
from crossdock.store.intake import keep_edits

from .shop import NOON, Shop, a_box, a_read, an_order, done, play, played, refused
from .test_store_plans import _plan

WALKS = re.compile(r"SCAN (orders|promise|record)\b|shipment USING .*\(order_id>")
LATER = NOON + timedelta(hours=1)


async def claiming(shop: Shop, counted_at: Any = LATER, **asked: int) -> list[ClaimingOrder]:
    """The orders that claim pieces of stock that was counted at this moment."""
    asked = {"limit": 100, **asked}
    return list(await shop.store.claiming_orders("main", counted_at, asked.pop("limit"), **asked))


async def told(shop: Shop) -> None:
    """The cart is told of every box, and this is settled."""
    await shop.settle(*(done(promise) for promise in await shop.confirm()))


@played
async def test_orders_wait_from_their_download_until_all_of_them_has_left(shop: Shop) -> None:
    order = an_order("1")
    await shop.download(a_read(order, state=OrderState.WAITING))
    assert await claiming(shop) == [ClaimingOrder(1, "cart", order)]
    await shop.download(a_read(order, version=2))
    (promise,), _ = await shop.plan()
    (found,) = await claiming(shop)
    assert (found.released, [(part.connection, part.there) for part in found.parts]) == (True, [("warehouse", False)])
    assert found.parts[0].doubtful
    await shop.settle(done(promise))
    (found,) = await claiming(shop)
    assert (found.parts[0].doubtful, found.parts[0].there, found.parts[0].request.number, found.waits) == (
        False,
        True,
        "N1",
        True,
    )
    await shop.collect(a_box("A", "N1"))
    (found,) = await claiming(shop)
    assert (found.picked, found.picked_since, found.told) == ({("N1", "10"): 2}, {}, {})
    await told(shop)
    assert await shop.states() == {"1": "shipped"}
    assert await claiming(shop) == []


@played
async def test_what_happened_after_the_count_had_not_happened_when_it_was_made(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"))
    await told(shop)
    await shop.release(an_order("2"))
    found = await claiming(shop, NOON)
    assert [(one.id, one.waits, one.parts[0].there) for one in found] == [(1, False, False), (2, True, False)]
    assert (found[0].picked, found[0].picked_since) == ({}, {("N1", "10"): 2})


@played
async def test_pages_follow_one_another_without_a_gap(shop: Shop) -> None:
    await shop.download(*(a_read(an_order(str(key))) for key in range(7)))
    await shop.download(a_read(an_order("9"), state=OrderState.SKIPPED))
    seen, after = [], 0
    while page := await claiming(shop, limit=3, after=after):
        seen += [one.id for one in page]
        after = seen[-1]
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert list(await shop.store.claiming_orders("other", LATER, 10)) == []


@played
async def test_a_refused_request_is_told_apart_and_one_that_was_taken_back_is_none(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    (promise,), _ = await shop.plan()
    await shop.settle(refused(promise))
    (found,) = await claiming(shop)
    assert [(part.there, part.refused) for part in found.parts] == [(False, True)]
    await shop.store.write(lambda conn: conn.exec_driver_sql("UPDATE promise SET state = 'withdrawn'"))
    (found,) = await claiming(shop)
    assert found.parts == ()


@played
async def test_a_box_that_was_taken_back_was_not_picked(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"))
    await shop.store.write(lambda conn: conn.exec_driver_sql("UPDATE shipment SET state = 'voided'"))
    (found,) = await claiming(shop)
    assert found.picked == {}
    assert [one.picked_since for one in await claiming(shop, NOON)] == [{}]


@played
async def test_a_box_that_was_taken_back_after_the_cart_was_told_was_not_picked_either(shop: Shop) -> None:
    line = an_order("1").lines[0].model_copy(update={"quantity": 9})
    await shop.release(an_order("1").model_copy(update={"lines": (line,)}))
    await shop.collect(a_box("A", "N1"), a_box("B", "N1"))
    await shop.settle(*(done(promise) for promise in await shop.confirm(closes=False)))
    await shop.take_back("N1", "A")
    (found,) = await claiming(shop)
    assert (found.picked, found.told) == ({("N1", "10"): 2}, {("east", "10"): 4})
    await shop.take_back("N1")
    (found,) = await claiming(shop)
    assert (found.picked, found.told) == ({}, {("east", "10"): 4})


@played
async def test_a_confirmation_counts_once_the_cart_may_have_it(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"))
    (promise,) = await shop.confirm(closes=False)
    (found,) = await claiming(shop)
    assert found.told == {("east", "10"): 2}
    await shop.settle(Settlement(promise, PromiseState.DUE, due_at=LATER))
    (found,) = await claiming(shop)
    assert found.told == {}


@played
async def test_cancellations_count_from_the_release_on_whoever_asked_for_them(shop: Shop) -> None:
    before = RecordedAdjustment(external_id="1", kind=AdjustmentKind.CANCELLATION, line_id="10", quantity=1)
    since = before.model_copy(update={"external_id": "2"})
    line = an_order("1").lines[0].model_copy(update={"quantity": 9})
    order = an_order("1").model_copy(update={"lines": (line,), "adjustments": (before,)})
    await shop.release(order)
    assert await cancelled(shop) == {"10": 0}
    await shop.download(a_read(_with(order, before, since), version=2))
    assert await cancelled(shop) == {"10": 1}
    wish = AdjustmentWish(AdjustmentKind.CANCELLATION, AdjustmentReason.GENERAL, "10", 3)
    shop.clock.advance(seconds=1)
    await shop.store.write(ask_adjustment, 1, "cart", wish, again=False, anyway=True, now=shop.now)
    assert await cancelled(shop) == {"10": 1}
    await shop.settle(*(done(promise) for promise in await shop.claim(Kind.ADJUST)))
    await shop.store.write(lambda conn: conn.exec_driver_sql("UPDATE promise SET answer = 'accepted'"))
    assert await cancelled(shop) == {"10": 3}
    whole = since.model_copy(update={"line_id": "", "quantity": None})
    await shop.download(a_read(_with(order, before, whole), version=3))
    assert await cancelled(shop) == {"10": 8}


def _with(order: Order, *adjustments: RecordedAdjustment) -> Order:
    return order.model_copy(update={"adjustments": adjustments, "status": OrderStatus.OPEN})


async def cancelled(shop: Shop) -> object:
    (found,) = await claiming(shop)
    return found.cancelled


@played
async def test_a_correction_counts_before_the_order_is_read_again(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    edit = Edit(path="lines.10.sku", value="SKU-9", said="SKU-1", by="ada", at=NOON)
    await shop.store.write(keep_edits, "main", "1", (edit,))
    (found,) = await claiming(shop)
    assert found.order
    assert found.order.lines[0].sku == "SKU-9"


@played
async def test_an_order_whose_newest_version_cannot_be_read_is_there_without_its_lines(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await shop.store.write(lambda conn: conn.exec_driver_sql("UPDATE record SET document = ''"))
    (found,) = await claiming(shop)
    assert (found.order, found.waits) == (None, True)


def test_open_orders_are_found_without_a_walk_through_those_that_are_done(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        statements[statement] = parameters

    async def take(shop: Shop) -> None:
        await shop.release(an_order("1"))
        await shop.collect(a_box("A", "N1"))
        event.listen(Engine, "before_cursor_execute", remember)
        try:
            await claiming(shop, NOON)
        finally:
            event.remove(Engine, "before_cursor_execute", remember)
        for statement, parameters in statements.items():
            if statement.startswith("SELECT"):
                steps = await shop.store.read(_plan, statement, parameters)
                walks = [
                    step
                    for step in steps
                    if re.search(r"SCAN (orders|promise|record)\b|shipment USING .*\(order_id>", step)
                ]
                assert walks == [], statement
        (found,) = [await shop.store.read(_plan, one, at) for one, at in statements.items() if "part_shipped" in one]
        assert "orders_open" in " ".join(found)
        (found,) = [await shop.store.read(_plan, one, at) for one, at in statements.items() if "order_id IS NOT" in one]
        assert "PRIMARY KEY (rowid>?)" in " ".join(found)

    play(sqlite_url, take)
