"""Levels of a whole warehouse of which one in a hundred changed, and differences on top of a long ledger."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import history, shelves, stock_floor
from bench.floor import open_database
from bench.measure import CART_APP, NO_LIMITS, Result, World
from crossdock import Scenario
from crossdock.sandbox import SandboxProcess
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

[connections.warehouse]
connector = "warehouseos"
base_url = "{wms}"
api_key = {{ env = "BENCH_API_KEY" }}

[pipelines.main]
inventory_sink = "cart"
inventory_source = "warehouse"

[pipelines.main.stock]
send = "{send}"

[pipelines.main.distribution_centers.1]
area = "EAST"

[pipelines.main.services]
levels = "{levels}"
movements = "off"
reconcile = "off"
"""
CHANGED = 100
"""One product in so many differs from what the cart was told."""
TOLD = """
    INSERT INTO told_level (pipeline, sku, center, stock_unit, quantity, on_hand, allocated, in_flight, counted_at,
                            told_at, promise_key)
    VALUES ('main', :sku, '1', :sku, :quantity, :quantity, 0, 0, 0, 0, '')
"""
MOVED = """
    INSERT INTO movement (pipeline, connection, external_id, sku, kind, quantity, from_area, from_location, to_area,
                          to_location, reason, order_number, moved_by, moved_at, seen_at, state, promise_key)
    VALUES ('main', 'warehouse', :id, :sku, 'put', 1, NULL, '', 'EAST', 'E-01', 'FOUND', '', '', 0, 0, :state, '')
"""
PROMISED = """
    INSERT INTO promise (pipeline, connection, kind, key, order_id, state, closes, attempts, created_at, sent_at,
                         settled_at, ref, error, subject, document)
    VALUES ('main', 'cart', 'stock', :id, 0, 'done', 0, 1, 0, 0, 0, '', '', :sku, :document)
"""


@contextmanager
def shelves_of(products: int) -> Iterator[World]:
    """A cart that sells so many products and a warehouse that has them; `World.orders` counts them."""
    with (
        SandboxProcess(CART_APP, Scenario(orders=0, options={**NO_LIMITS, "products": products})) as shop,
        SandboxProcess("bench.shelves:sandbox_app", Scenario(orders=0, options={"shelves": products})) as warehouse,
        TemporaryDirectory() as folder,
    ):
        yield World(shop.url, warehouse.url, Path(folder), products)


def our_levels(there: World) -> Result:
    """Our levels and what follows of them, with the ledger on and all guards."""
    _make(there.database)
    with closing(sqlite3.connect(there.database)) as database:
        database.executemany(TOLD, _told_before(there))
        database.execute(
            "INSERT INTO flow (pipeline, flow, fence, began_at, lease_until, lease_length, fails, checkpoint) "
            "SELECT 'main', 'levels', 1, 0, 0, 0, 0, NULL WHERE NOT EXISTS (SELECT 1 FROM flow WHERE flow = 'levels')"
        )
        database.commit()
    return _ours(there, send="set", levels="1h")


def floor_levels(there: World) -> Result:
    """The floor's."""
    with closing(open_database(str(there.database))) as database:
        database.execute(stock_floor.told.insert(), [{**row, "center": "1"} for row in _told_before(there)])
        database.commit()
    return there.program("bench.stock_floor")


@contextmanager
def long_ledger(products: int, long_ago: int) -> Iterator[Path]:
    """A database with so many transactions of these products that were told long ago, and half as many changes."""
    old = ({"id": f"old-{n}", "sku": shelves.sku(1 + n % products), "state": "planned"} for n in range(long_ago))
    sent = (
        {"id": f"sent-{n}", "sku": shelves.sku(1 + n % products).casefold(), "document": DOCUMENT}
        for n in range(long_ago // 2)
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        _make(path)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous=OFF")
            for statement, rows in ((MOVED, old), (PROMISED, sent)):
                database.executemany(statement, rows)
            database.commit()
        yield path


def differences(there: World, past: Path) -> Result:
    """Our differences for every tenth product, on top of such a ledger."""
    history.copy(past, there.database)
    waiting = [{"id": f"new-{n}", "sku": shelves.sku(n), "state": "waiting"} for n in range(1, there.orders // 10 + 1)]
    with closing(sqlite3.connect(there.database)) as database:
        database.executemany(MOVED, waiting)
        database.execute("ANALYZE")
        database.commit()
    return _ours(there, send="adjust", levels="off")


DOCUMENT = (
    b'{"key":"sent","item":{"sku":"GEN-0000001","product_id":""},"meaning":"difference",'
    b'"centers":[{"distribution_center":"1","quantity":1}],"reason":"","before":null,"read_at":null}'
)


def _told_before(there: World) -> Iterator[dict[str, object]]:
    for number in range(1, there.orders + 1):
        yield {"sku": shelves.sku(number), "quantity": shelves.PIECES - (number % CHANGED == 0)}


def _make(path: Path) -> None:
    """The database, made before: its tables are not measured."""

    async def make() -> None:
        async with open_store(f"sqlite:///{path}"):
            pass

    asyncio.run(make())


def _ours(there: World, *, send: str, levels: str) -> Result:
    result = there.configured(
        CONFIG.format(cart=there.cart, wms=there.wms, database=there.database, send=send, levels=levels)
    )
    for service, told in result.counts.items():
        if told["error"]:
            raise SystemExit(f"{service} ended in an error: {told['error']}")
    return result
