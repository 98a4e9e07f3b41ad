"""Several merchants in one database and one warehouse: what belongs to one pipeline is not touched by another."""

from datetime import timedelta

import pytest

from crossdock.domain import ExpectedLine, InventoryMovement, MovementKind, Place, PurchaseOrder
from crossdock.engine.ledger import Kind
from crossdock.engine.movement_ports import Hearer
from crossdock.mapping import AreaRule, Areas
from crossdock.store import NotFound
from crossdock.store.goods import list_movements
from crossdock.store.moments import micros
from crossdock.store.movements import keep_movements
from crossdock.store.purge import Retention, purge
from crossdock.store.queries import the_order
from crossdock.store.receipts import list_purchases, purchase_stories
from crossdock.store.receiving import NumberTaken

from .shop import LEASE, NOON, WORK, Shop, a_box, a_read, an_order, done, played, told


def goods(number: str) -> PurchaseOrder:
    return PurchaseOrder(number=number, lines=(ExpectedLine(id="a", sku="A", quantity=5),))


async def collect_for_others(shop: Shop, pipeline: str, key: str, number: str) -> None:
    """Another pipeline of the same warehouse hears of the box first."""
    lease = await shop.store.begin_run(pipeline, "collect", now=shop.now, seconds=LEASE)
    assert lease is not None
    await shop.store.save_facts(lease, WORK, [told(a_box(key, number))], [], None, now=shop.now)


@played
async def test_an_id_of_one_pipeline_is_not_taken_for_a_number_of_another(shop: Shop) -> None:
    await shop.download(a_read(an_order("1", number="7")))
    lease = await shop.store.begin_run("other", "download", now=shop.now, seconds=LEASE)
    assert lease is not None
    await shop.store.save_orders(lease, "other-cart", [a_read(an_order("7", number="8"))], [], None, now=shop.now)
    with pytest.raises(NotFound, match="id 1 in pipeline main, id 7 in pipeline other"):
        await shop.store.read(the_order, "7")
    assert (await shop.store.read(the_order, "7", pipeline="main")).external_id == "1"
    assert (await shop.store.read(the_order, "7", pipeline=["other"])).external_id == "7"
    with pytest.raises(NotFound, match="there is no order"):
        await shop.store.read(the_order, "8", pipeline=["main"])


@played
async def test_the_record_of_a_box_that_another_pipeline_heard_of_goes_with_the_buyers_data(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.settle(*(done(promise) for promise in await shop.claim(Kind.ACKNOWLEDGE)))
    await collect_for_others(shop, "other", "A", "N1")
    await collect_for_others(shop, "third", "A", "N9")
    await shop.settle(*(done(promise) for promise in await shop.confirm()))
    assert (await purge(shop.store, Retention(), now=NOON + timedelta(days=31))).orders == 1
    kept = await shop.rows("SELECT pipeline, length(data) > 0 FROM record WHERE kind = 'shipment' ORDER BY pipeline")
    assert [(pipeline, bool(there)) for pipeline, there in kept] == [("other", False), ("third", True)]


@played
async def test_a_purchase_order_of_another_pipeline_is_not_touched(shop: Shop) -> None:
    await shop.store.expect_goods("main", "warehouse", [goods("PO-1")], now=shop.now)
    with pytest.raises(NumberTaken, match="warehouse expects a purchase order PO-1 for pipeline main already"):
        await shop.store.expect_goods("other", "warehouse", [goods("PO-2"), goods("PO-1")], now=shop.now)
    assert [one.number for one in await shop.store.read(list_purchases, pipelines=["other"])] == []
    await shop.store.expect_goods("other", "elsewhere", [goods("PO-1")], now=shop.now)
    assert len(await shop.store.read(purchase_stories, "PO-1")) == 2
    assert len(await shop.store.read(purchase_stories, "PO-1", pipelines=["other"])) == 1


@played
async def test_what_moves_in_the_areas_of_another_client_is_not_heard_of(shop: Shop) -> None:
    hearers = (
        Hearer("acme", sells=True, others=Areas((AreaRule("BOLT*", "1"),))),
        Hearer("bolt", sells=True, others=Areas((AreaRule("ACME", "1"),))),
    )
    places = {"1": ("ACME", "ACME"), "2": ("BOLT-7", "bolt-8"), "3": ("DOCK", "ACME"), "4": ("DOCK", "DOCK")}
    moved = [
        InventoryMovement(
            external_id=key,
            sku="TEE",
            kind=MovementKind.MOVE,
            quantity=1,
            origin=Place(area=origin, location="1"),
            destination=Place(area=destination, location="2"),
            moved_at=NOON,
        )
        for key, (origin, destination) in places.items()
    ]
    await shop.store.write(keep_movements, "warehouse", hearers, moved, micros(shop.now))
    heard = {
        name: sorted(one.external_id for one in await shop.store.read(list_movements, pipelines=[name]))
        for name in ("acme", "bolt")
    }
    assert heard == {"acme": ["1", "3", "4"], "bolt": ["2", "3", "4"]}
