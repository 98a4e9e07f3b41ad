"""Goods that will come and goods that came, on both databases."""

from datetime import timedelta

from crossdock.domain import ExpectedLine, Place, PurchaseOrder, Putaway
from crossdock.engine.receiving_ports import ToldPurchase
from crossdock.store.receipts import list_purchases, purchase_stories
from crossdock.store.receiving import save_putaways

from .shop import NOON, Shop, played


def goods(number: str, *lines: tuple[str, str, int]) -> PurchaseOrder:
    return PurchaseOrder(
        number=number, lines=tuple(ExpectedLine(id=id, sku=sku, quantity=quantity) for id, sku, quantity in lines)
    )


def put(id: str, number: str, sku: str, quantity: int, line_id: str = "") -> Putaway:
    place = Place(area="MAIN", location="A-01")
    return Putaway(
        external_id=id, purchase_order=number, sku=sku, quantity=quantity, line_id=line_id, place=place, put_at=NOON
    )


async def note(shop: Shop, *orders: PurchaseOrder) -> int:
    return await shop.store.expect_goods("main", "warehouse", orders, now=shop.now)


@played
async def test_what_changed_while_it_was_told_stays_due(shop: Shop) -> None:
    await note(shop, goods("1", ("a", "A", 5)))
    lease = await shop.lease("expect")
    (stored,) = await shop.store.purchases_due(lease, 10, now=shop.now)
    await note(shop, goods("1", ("a", "A", 6)))
    await shop.store.save_told(lease, [ToldPurchase(stored, ref="P1")], [], now=shop.now)
    (again,) = await shop.store.purchases_due(lease, 10, now=shop.now)
    assert again.order.lines[0].quantity == 6
    await shop.store.save_told(lease, [ToldPurchase(again)], [], now=shop.now)
    assert await shop.store.purchases_due(lease, 10, now=shop.now + timedelta(days=1)) == []


@played
async def test_each_line_shows_what_came_and_what_the_warehouse_added(shop: Shop) -> None:
    await note(shop, goods("1", ("a", "A", 5), ("b", "B", 2)), goods("2", ("a", "A", 1)))
    came = [put("t1", "1", "A", 3, "a"), put("t2", "1", "A", 1, "a"), put("t3", "1", "C", 4), put("t1", "1", "A", 3)]
    assert await shop.store.write(save_putaways, "warehouse", came) == 3
    assert await shop.store.write(save_putaways, "warehouse", came) == 0
    assert await shop.store.write(save_putaways, "elsewhere", [put("t1", "1", "A", 9, "a")]) == 1

    (story,) = await shop.store.read(purchase_stories, "1")
    assert [(line.sku, line.expected, line.received) for line in story.lines] == [
        ("A", 5, 1),
        ("B", 2, 0),
        ("A", None, 3),
        ("C", None, 4),
    ]
    assert len(story.putaways) == 3
    assert [one.number for one in await shop.store.read(list_purchases)] == ["2", "1"]


@played
async def test_those_of_which_something_is_to_come_can_be_listed_alone(shop: Shop) -> None:
    await note(shop, goods("1", ("a", "A", 5)), goods("2", ("a", "A", 1)))
    await shop.store.write(save_putaways, "warehouse", [put("t1", "2", "A", 1, "a")])
    assert [one.number for one in await shop.store.read(list_purchases, open_only=True)] == ["1"]
    assert [one.number for one in await shop.store.read(list_purchases, limit=1)] == ["2"]
