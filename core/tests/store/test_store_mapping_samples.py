"""Stored orders to try rules on, with what the ledger holds of them."""

from sqlalchemy import text

from crossdock.engine.ports import OrderState
from crossdock.store.mapping_samples import last_orders, one_order
from crossdock.store.queries import find_orders

from .shop import Shop, a_read, a_request, an_order, played, unreadable


@played
async def test_the_newest_orders_come_with_what_was_asked_for_them(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    await shop.plan()
    await shop.download(a_read(an_order("3")), a_read(an_order("4"), state=OrderState.SKIPPED), unreadable("5"))
    found = await shop.store.read(last_orders, "main", 2)
    assert [(one.number, one.state) for one in found] == [("N3", "ready"), ("N2", "releasing")]
    assert [one.order for one in found] == [an_order("3"), an_order("2")]
    assert [one.requests for one in found] == [(), (a_request(an_order("2")),)]
    assert await shop.store.read(last_orders, "another", 9) == []


@played
async def test_an_order_whose_buyers_data_is_gone_is_no_sample(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    [first] = await shop.store.read(find_orders, "N1")
    assert (await shop.store.read(one_order, first.id)).order == an_order("1")
    await shop.store.write(lambda conn: conn.execute(text("UPDATE orders SET scrubbed_at = 1 WHERE number = 'N1'")))
    assert await shop.store.read(one_order, first.id) is None
    assert [one.number for one in await shop.store.read(last_orders, "main", 9)] == ["N2"]


@played
async def test_more_orders_than_one_question_can_name_are_found(shop: Shop) -> None:
    await shop.download(*(a_read(an_order(str(number))) for number in range(1100)))
    found = await shop.store.read(last_orders, "main", 5000)
    assert len({one.external_id for one in found}) == 1100
