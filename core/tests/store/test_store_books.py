"""Everything that the store says of its orders, on both databases."""

from crossdock.engine.ports import OrderState
from crossdock.store.books import whole_books

from .shop import Shop, a_box, a_read, an_order, played


@played
async def test_books_hold_every_order_with_its_promises_and_are_sound(shop: Shop) -> None:
    await shop.download(a_read(an_order("2"), state=OrderState.WAITING))
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"))

    books = await shop.store.read(whole_books)

    assert {one.external_id: one.state for one in books.orders.values()} == {"1": "released", "2": "waiting"}
    release, *_ = books.promises
    assert (release.kind, release.state, books.orders[release.order_id].external_id) == ("release", "done", "1")
    assert [books.orders[one.order_id or 0].external_id for one in books.shipments] == ["1"]
    assert (books.problems, books.unsound) == ((), "")
