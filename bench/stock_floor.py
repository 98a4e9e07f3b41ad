"""The floor for levels: all of the warehouse read, compared with what the cart was told, what changed set at the cart.

By hand and nothing else: no orders that claim stock, no bundles, no guard, no ledger; a lost reply is a level that the
cart never gets. Run as `python -m bench.stock_floor --cart URL --wms URL --database FILE`.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Sequence

import httpx
import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, select
from sqlalchemy.dialects.sqlite import insert

from bench import accounts, floor
from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock_channeladvisor.inventory.lookup import product_urls, sku_clauses
from crossdock_channeladvisor.inventory.stock import STOCK_QUERY, StockedProduct, quantity_call, stock_reading
from crossdock_warehouseos.inventory.levels import LevelRow
from crossdock_warehouseos.models import renamed

PROFILE = accounts.WAREHOUSE.profile
PAGE_SIZE = accounts.WAREHOUSE.list_page_size
TOGETHER = 20
CENTERS = {"EAST": "1"}
ROW = renamed(LevelRow, PROFILE.level.model_dump())

told = Table(
    "told",
    floor.metadata,
    Column("sku", String, primary_key=True),
    Column("center", String, primary_key=True),
    Column("quantity", Integer, nullable=False),
)
_insert = insert(told)
TELL = _insert.on_conflict_do_update(index_elements=["sku", "center"], set_={"quantity": _insert.excluded.quantity})
PAGE: msgspec.json.Decoder[dict[str, list[msgspec.Raw]]] = msgspec.json.Decoder(dict[str, list[msgspec.Raw]])


async def levels(cart: httpx.AsyncClient, wms: httpx.AsyncClient, database: Connection) -> None:
    """Set what changed."""
    now = await _count(wms)
    before = {(row.sku, row.center): row.quantity for row in database.execute(select(told))}
    database.rollback()
    changed = [(sku, center, pieces) for (sku, center), pieces in now.items() if before.get((sku, center)) != pieces]
    changed += [(sku, center, 0) for (sku, center), pieces in before.items() if pieces and (sku, center) not in now]
    await _set(cart, changed)
    for start in range(0, len(changed), 500):
        rows = [{"sku": sku, "center": at, "quantity": pieces} for sku, at, pieces in changed[start : start + 500]]
        database.execute(TELL, rows)
        database.commit()


async def _count(wms: httpx.AsyncClient) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    number = 1
    while True:
        query = {PROFILE.query.page: number, PROFILE.query.page_size: PAGE_SIZE}
        body = (await wms.get(PROFILE.paths.list_levels, params=query)).raise_for_status().content
        rows = PAGE.decode(body)[PROFILE.level.list]
        if not rows:
            return sums
        for raw in rows:
            level = ROW.model_validate_json(bytes(raw))
            sums[level.item, CENTERS[level.area or ""]] += level.quantity
        number += 1


async def _set(cart: httpx.AsyncClient, changed: Sequence[tuple[str, str, int]]) -> None:
    queue: asyncio.Queue[StockChange | None] = asyncio.Queue(maxsize=2 * floor.CART_AT_ONCE)

    async def worker() -> None:
        while change := await queue.get():
            answer = await cart.post(
                f"/v1/Products({change.item.product_id})/UpdateQuantity",
                content=quantity_call(change, accounts.CART),
                headers={"Content-Type": "application/json"},
            )
            answer.raise_for_status()

    async with asyncio.TaskGroup() as group:
        for _ in range(floor.CART_AT_ONCE):
            group.create_task(worker())
        for start in range(0, len(changed), TOGETHER):
            some = changed[start : start + TOGETHER]
            ids = await _ids(cart, [sku for sku, _, _ in some])
            for sku, center, pieces in some:
                await queue.put(_level(StockItem(sku=sku, product_id=ids[sku]), center, pieces))
        for _ in range(floor.CART_AT_ONCE):
            await queue.put(None)


def _level(item: StockItem, center: str, pieces: int) -> StockChange:
    centers = (CenterQuantity(distribution_center=center, quantity=pieces),)
    return StockChange(key=item.sku, item=item, meaning=StockMeaning.ON_HAND, centers=centers)


async def _ids(cart: httpx.AsyncClient, skus: Sequence[str]) -> dict[str, str]:
    found = {}
    for url in product_urls(sku_clauses(skus), (), STOCK_QUERY):
        for raw in floor.PAGE.decode((await cart.get(url)).raise_for_status().content).value:
            product = StockedProduct.model_validate_json(bytes(raw))
            item = StockItem(sku=product.sku or "", product_id=str(product.id))
            found[item.sku] = stock_reading(item, product).item.product_id
    return found


async def main() -> None:
    """Run the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("cart", "wms", "database"):
        parser.add_argument(f"--{name}", required=True)
    where = parser.parse_args()
    database = floor.open_database(where.database)
    async with floor.client(where.cart, floor.CART_AT_ONCE) as cart, floor.client(where.wms, 1) as wms:
        await floor.sign_in(cart)
        wms.headers[accounts.KEY_HEADER] = accounts.API_KEY
        await levels(cart, wms, database)
    database.close()


if __name__ == "__main__":
    asyncio.run(main())
