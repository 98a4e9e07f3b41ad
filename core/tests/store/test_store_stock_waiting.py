"""How many stock changes wait is counted without those in doubt, done, in hand, later, or of another pipeline."""

from datetime import timedelta

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.engine.ledger import PromiseState, Settlement

from .shop import Shop, done, played


def _levels(*skus: str) -> list[StockChange]:
    at = (CenterQuantity(distribution_center="1", quantity=3),)
    return [StockChange(key=sku, item=StockItem(sku=sku), meaning=StockMeaning.SELLABLE, centers=at) for sku in skus]


@played
async def test_changes_that_wait_are_counted(shop: Shop) -> None:
    assert await shop.store.stock_waiting("main", now=shop.now) == 0
    await shop.store.promise_stock("main", "shop", _levels(*"ABCDE"), now=shop.now)
    await shop.store.promise_stock("other", "shop", _levels("F"), now=shop.now)
    assert await shop.store.stock_waiting("main", now=shop.now) == 5
    assert await shop.store.stock_waiting("main", now=shop.now - timedelta(seconds=1)) == 0

    lease = await shop.lease("stock")
    first, second, third, _ = await shop.store.claim_stock(lease, "shop", 4, now=shop.now)
    assert await shop.store.stock_waiting("main", now=shop.now) == 1
    await shop.settle(
        done(first),
        Settlement(second, PromiseState.IN_DOUBT, due_at=shop.now),
        Settlement(third, PromiseState.DUE, due_at=shop.now),
    )
    assert await shop.store.stock_waiting("main", now=shop.now) == 2
