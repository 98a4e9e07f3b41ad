"""The floor for goods: products into a table, stock differences to the cart, written by hand and nothing else.

It has no ledger, no order of changes, no comparison: a lost reply is a change made twice or never. Run as
`python -m bench.goods_floor products|stock --cart URL --database FILE [--items FILE]`.
"""

import argparse
import asyncio
import json
from pathlib import Path

import httpx
import msgspec
from sqlalchemy import Column, Connection, Integer, LargeBinary, String, Table, select
from sqlalchemy.dialects.sqlite import insert

from bench import accounts, floor
from crossdock import Record
from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, digest
from crossdock_channeladvisor.catalog.products import read_product
from crossdock_channeladvisor.catalog.source import first_page
from crossdock_channeladvisor.inventory.lookup import id_clauses, product_urls
from crossdock_channeladvisor.inventory.stock import STOCK_QUERY, StockedProduct, quantity_call, stock_reading

TOGETHER = 20

products = Table(
    "products",
    floor.metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("sku", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)
_insert = insert(products)
UPSERT = _insert.on_conflict_do_update(
    index_elements=["id"],
    set_={name: _insert.excluded[name] for name in ("digest", "sku", "document", "raw")},
    where=products.c.digest != _insert.excluded.digest,
)


async def ingest(cart: httpx.AsyncClient, database: Connection) -> None:
    """Every page into the database."""
    url: str | None = first_page(accounts.CART, None)
    while url:
        body = (await cart.get(url)).raise_for_status().content
        link = floor.NEXT_LINK.search(body[-2000:])
        _save(database, floor.PAGE.decode(body).value)
        url = link[1].decode() if link else None


def _save(database: Connection, slices: list[msgspec.Raw]) -> None:
    records = {floor.KEY.decode(raw).id: bytes(raw) for raw in slices}
    query = select(products.c.id, products.c.digest).where(products.c.id.in_(records))
    known = dict(database.execute(query).all())
    rows = []
    for key, data in records.items():
        seen = digest(data)
        if known.get(key) != seen:
            product = read_product(Record(str(key), data), None)
            document = product.model_dump_json(exclude_defaults=True).encode()
            rows.append({"id": key, "digest": seen, "sku": product.sku, "document": document, "raw": data})
    if rows:
        database.execute(UPSERT, rows)
    database.commit()


async def stock(cart: httpx.AsyncClient, items: list[tuple[str, str]]) -> None:
    """One piece more of each item, what the cart holds read before."""
    queue: asyncio.Queue[StockItem | None] = asyncio.Queue(maxsize=2 * floor.CART_AT_ONCE)

    async def worker() -> None:
        while item := await queue.get():
            more = (CenterQuantity(distribution_center="1", quantity=1),)
            change = StockChange(key=item.sku, item=item, meaning=StockMeaning.DIFFERENCE, centers=more)
            await cart.post(
                f"/v1/Products({item.product_id})/UpdateQuantity",
                content=quantity_call(change, accounts.CART),
                headers={"Content-Type": "application/json"},
            )

    async with asyncio.TaskGroup() as group:
        for _ in range(floor.CART_AT_ONCE):
            group.create_task(worker())
        for start in range(0, len(items), TOGETHER):
            some = [StockItem(sku=sku, product_id=id_) for sku, id_ in items[start : start + TOGETHER]]
            for item in await _read(cart, some):
                await queue.put(item)
        for _ in range(floor.CART_AT_ONCE):
            await queue.put(None)


async def _read(cart: httpx.AsyncClient, items: list[StockItem]) -> list[StockItem]:
    found = []
    for url in product_urls(id_clauses(items), (), STOCK_QUERY):
        for raw in floor.PAGE.decode((await cart.get(url)).raise_for_status().content).value:
            product = StockedProduct.model_validate_json(bytes(raw))
            item = StockItem(sku=product.sku or "", product_id=str(product.id))
            found.append(stock_reading(item, product).item)
    return found


async def main() -> None:
    """Run one job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["products", "stock"])
    for name in ("cart", "wms", "database"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--items", type=Path)
    told = parser.parse_args()
    database = floor.open_database(told.database)
    async with floor.client(told.cart, floor.CART_AT_ONCE) as cart:
        await floor.sign_in(cart)
        if told.job == "products":
            await ingest(cart, database)
        else:
            await stock(cart, json.loads(told.items.read_text()))
    database.close()


if __name__ == "__main__":
    asyncio.run(main())
