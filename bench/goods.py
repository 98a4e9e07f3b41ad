"""Products in and stock changes out, over the simulated cart: what they cost, and in how many requests."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from bench.measure import Result, World
from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.store import open_store

CONFIG = """
[store]
url = "sqlite:///{database}"

[connections.cart]
connector = "channeladvisor"
base_url = "{cart}"
application_id = "sandbox-application"
shared_secret = {{ env = "BENCH_SHARED_SECRET" }}
refresh_token = {{ env = "BENCH_REFRESH_TOKEN" }}
requests_per_minute = 10_000_000
requests_per_second = 100_000

[pipelines.main]
inventory_sink = "cart"
catalog_source = "cart"

[pipelines.main.services]
{services}
"""
ITEMS = text("SELECT sku, external_id FROM product WHERE kind = 'item' ORDER BY id DESC LIMIT :most")
PIECE = (CenterQuantity(distribution_center="1", quantity=1),)


def our_products(there: World) -> Result:
    """Our walk through the catalogue."""
    return _ours(there, "catalog")


def floor_products(there: World) -> Result:
    """The floor's."""
    return there.program("bench.goods_floor", "products")


def our_stock(there: World) -> Result:
    """A difference for every tenth product, promised before; exactly once, in order, with the ledger on."""
    items = known_items(there)
    asyncio.run(_promise(there, items))
    return replace(_ours(there, "stock"), orders=len(items))


def floor_stock(there: World) -> Result:
    """The same differences, sent by hand."""
    items = known_items(there)
    path = there.folder / "items.json"
    path.write_text(json.dumps(items))
    there.database.unlink()
    return replace(there.program("bench.goods_floor", "stock", "--items", str(path)), orders=len(items))


def known_items(there: World) -> list[tuple[str, str]]:
    """SKU and id of a tenth of the products, read from the cart before; their requests are not counted."""
    our_products(there)
    there.forget_calls()
    return asyncio.run(_items(there))


async def _items(there: World) -> list[tuple[str, str]]:
    def ask(conn: Connection) -> list[tuple[str, str]]:
        return [(row.sku, row.external_id) for row in conn.execute(ITEMS, {"most": there.orders // 10})]

    async with open_store(f"sqlite:///{there.database}") as store:
        return await store.read(ask)


async def _promise(there: World, items: list[tuple[str, str]]) -> None:
    changes = [
        StockChange(key=sku, item=StockItem(sku=sku), meaning=StockMeaning.DIFFERENCE, centers=PIECE)
        for sku, _ in items
    ]
    async with open_store(f"sqlite:///{there.database}") as store:
        await store.promise_stock("main", "cart", changes, now=datetime.now(UTC))


def _ours(there: World, service: str) -> Result:
    services = "\n".join(f'{name} = "{"1m" if name == service else "off"}"' for name in ("stock", "catalog"))
    result = there.configured(CONFIG.format(cart=there.cart, database=there.database, services=services))
    if error := result.counts[service]["error"]:
        raise SystemExit(f"{service} ended in an error: {error}")
    return result
