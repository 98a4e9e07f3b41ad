"""What people ask: lists, where everything stands, the story of one order, and the request log in it."""

from datetime import timedelta

import pytest

from crossdock.engine.lease import LeaseLost
from crossdock.engine.ledger import Kind
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code, Problem
from crossdock.engine.trace import Exchange
from crossdock.store import NotFound
from crossdock.store.journal import MOST_BYTES, StoreJournal
from crossdock.store.queries import find_orders, list_orders, list_problems
from crossdock.store.standing import standing
from crossdock.store.stories import order_story

from .shop import NOON, Shop, a_box, a_read, a_request, an_order, done, played


def an_exchange(order_id: int | None, url: str = "/orders", *, minutes: float = 0, body: bytes = b"{}") -> Exchange:
    at = NOON + timedelta(minutes=minutes)
    return Exchange("warehouse", order_id, at, "POST", url, 201, 0.25, body, b"answer to " + body, "")


@played
async def test_story_tells_everything_in_the_order_of_time(shop: Shop) -> None:
    order = an_order("1")
    await shop.download(a_read(order))
    shop.clock.advance(minutes=1)
    [promise] = (await shop.plan())[0]
    shop.store.journal.note(an_exchange(promise.order_id, minutes=2, body=b"{'lines': 7}" * 100))
    shop.clock.advance(minutes=2)
    await shop.settle(done(promise, "WO-77"))
    shop.clock.advance(minutes=1)
    await shop.settle(done((await shop.claim(Kind.ACKNOWLEDGE))[0]))
    shop.clock.advance(minutes=1)
    await shop.collect(a_box("A", "N1"))
    shop.clock.advance(minutes=1)
    await shop.settle(done((await shop.confirm())[0]))
    [found] = await shop.store.read(find_orders, "N1")
    story = await shop.store.read(order_story, found.id)
    line = story.time_line()
    assert [happening.what for happening in line] == [
        "received", "promised", "exchange", "done", "promised", "done", "acknowledged", "packed", "promised", "done",
        "shipped",
    ]  # fmt: skip
    assert [happening.at for happening in line] == sorted(happening.at for happening in line)
    assert any("WO-77" in happening.detail for happening in line)
    details = {happening.title: happening.detail for happening in line}
    assert details["warehouse packed box A of N1"] == "2 of SKU-1; 1Z999"
    assert details["confirm N1/A to cart"] == "2 of SKU-1"
    assert story.document == order
    assert story.requests == (a_request(order),)
    [exchange] = story.exchanges
    assert (exchange.request, exchange.answer) == (b"{'lines': 7}" * 100, b"answer to " + b"{'lines': 7}" * 100)
    assert [view.shipment for view in story.shipments] == [a_box("A", "N1")]


@played
async def test_orders_are_found_by_number_or_external_id(shop: Shop) -> None:
    await shop.download(a_read(an_order("1", number="AMZ-1")), a_read(an_order("2", number="AMZ-12")))
    await shop.download(a_read(an_order("AMZ-1"), state=OrderState.WAITING, reason="not paid"))
    assert [order.external_id for order in await shop.store.read(find_orders, "AMZ-1")] == ["1", "AMZ-1"]
    assert await shop.store.read(find_orders, "AMZ-1", pipeline="other") == []
    assert [order.external_id for order in await shop.store.read(list_orders, text="AMZ-1")] == ["AMZ-1", "2", "1"]
    assert [order.reason for order in await shop.store.read(list_orders, state="waiting")] == ["not paid"]
    assert len(await shop.store.read(list_orders, limit=2, pipelines=["main"])) == 2
    with pytest.raises(NotFound, match="no order with the id 999"):
        await shop.store.read(order_story, 999)


@played
async def test_standing_says_what_there_is(shop: Shop) -> None:
    await shop.release(an_order("1"), an_order("2"))
    problem = Problem(Code.OVER_PICKED, "N1/A/SKU-1", "3 were picked, 2 were asked for")
    await shop.store.report_problems("main", [problem, problem], now=NOON)
    await shop.download(a_read(an_order("3"), state=OrderState.WAITING))
    [seen] = await shop.store.read(list_problems)
    assert (seen.count, seen.title) == (2, problem.title)
    summary = await shop.store.read(standing)
    assert summary.orders == {("released", ""): 2, ("waiting", ""): 1}
    assert [(item.code, item.count) for item in summary.problems] == [("over_picked", 1)]
    assert summary.unfinished == 2
    assert summary.done(Kind.RELEASE) == 2


@played
async def test_exchanges_are_written_with_the_next_transaction(shop: Shop) -> None:
    shop.store.journal.note(an_exchange(None, "/page/1"))
    assert await shop.rows("SELECT url FROM exchange") == []
    await shop.download(a_read(an_order("1")))
    assert await shop.rows("SELECT url FROM exchange") == [("/page/1",)]


@played
async def test_exchanges_of_a_transaction_that_failed_are_written_with_the_next(shop: Shop) -> None:
    await shop.lease("download")
    lost = shop.leases["download"]
    await shop.crash()
    await shop.lease("download")
    for number in range(3):
        shop.store.journal.note(an_exchange(None, f"/page/{number}"))
    with pytest.raises(LeaseLost):
        await shop.store.save_orders(lost, "cart", [], [], None, now=NOON)
    shop.store.journal.note(an_exchange(None, "/page/3"))
    await shop.store.flush()
    assert await shop.rows("SELECT url FROM exchange ORDER BY id") == [(f"/page/{number}",) for number in range(4)]


def test_journal_gives_up_the_oldest_when_memory_would_grow() -> None:
    journal = StoreJournal()
    body = b"x" * (MOST_BYTES // 20)
    for number in range(100):
        journal.note(an_exchange(None, f"/{number}", body=body))
    with journal.taken() as kept:
        assert kept[-1].url == "/99"
        assert 5 < len(kept) < 20
    with journal.taken() as rest:
        assert rest == []
