"""The floor: what a good engineer writes by hand for one cart and one warehouse, and nothing else.

Plain asyncio; httpx on the httpx-aiohttp transport; the same pydantic models and the same pure translations as the
plugins; SQLAlchemy Core bulk upserts. It has no ledger, no request log, no mapping, no retries, no look-ups: a lost
reply is an order sent twice. Run as `python -m bench.floor ingest|road --cart URL --wms URL --database FILE`.
"""

import argparse
import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import msgspec
from httpx_aiohttp import HttpxAiohttpClient
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert

from bench import accounts
from crossdock import Record
from crossdock.domain import FulfillmentRequest, Order, PaymentStatus, digest
from crossdock.engine.ports import StoredOrder
from crossdock.engine.release_plan import plan_release
from crossdock_channeladvisor.orders.reading import read_order
from crossdock_warehouseos.orders.document import OrderWriter

CART_AT_ONCE, WMS_AT_ONCE, BATCH = 5, 8, 100
NEXT_LINK = re.compile(rb'"@odata\.nextLink"\s*:\s*"([^"]+)"')
NEW, SENT, DONE, LEFT = 0, 1, 2, 3

metadata = MetaData()
orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False),
    Column("number", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
)
Index("unfinished", orders.c.state, sqlite_where=text("state in (0, 1)"))
_insert = insert(orders)
UPSERT = _insert.on_conflict_do_update(
    index_elements=["id"],
    set_={name: _insert.excluded[name] for name in ("digest", "number", "document")},
    where=orders.c.digest != _insert.excluded.digest,
)
MARK = orders.update().where(orders.c.id == bindparam("key")).values(state=bindparam("now"))


class Page(msgspec.Struct):
    """A page of raw orders."""

    value: list[msgspec.Raw]


class OrderKey(msgspec.Struct, rename={"id": "ID"}):
    """The one field that is needed before an order is read."""

    id: int


PAGE, KEY = msgspec.json.Decoder(Page), msgspec.json.Decoder(OrderKey)


def open_database(file: str) -> Connection:
    """SQLite as durable as the product's: WAL, every commit on the disk, a small cache."""
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def tune(raw: Any, record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-4000"):
            raw.execute(f"PRAGMA {pragma}")

    metadata.create_all(engine)
    return engine.connect()


async def sign_in(cart: httpx.AsyncClient) -> None:
    """One token for the whole run."""
    pair = f"{accounts.APPLICATION}:{accounts.SHARED_SECRET}".encode()
    answer = await cart.post(
        "/oauth2/token",
        data={"grant_type": "refresh_token", "refresh_token": accounts.REFRESH_TOKEN},
        headers={"Authorization": f"Basic {b64encode(pair).decode()}"},
    )
    cart.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


async def ingest(cart: httpx.AsyncClient, database: Connection) -> None:
    """Every page into the database; the next one is asked for while this one is read."""
    coming = asyncio.create_task(cart.get(accounts.LIST))
    while True:
        body = (await coming).raise_for_status().content
        link = NEXT_LINK.search(body[-2000:])
        if link:
            coming = asyncio.create_task(cart.get(link[1].decode()))
        _save(database, PAGE.decode(body).value)
        if not link:
            return


def _save(database: Connection, slices: list[msgspec.Raw]) -> None:
    records = {KEY.decode(raw).id: bytes(raw) for raw in slices}
    known = dict(database.execute(select(orders.c.id, orders.c.digest).where(orders.c.id.in_(records))).all())
    rows = []
    for key, data in records.items():
        seen = digest(data)
        if known.get(key) != seen:
            order = read_order(Record(str(key), data), accounts.CART)
            state = NEW if _wanted(order) else LEFT
            document = order.model_dump_json().encode()
            rows.append({"id": key, "digest": seen, "state": state, "number": order.number, "document": document})
    if rows:
        database.execute(UPSERT, rows)
    database.commit()


def _wanted(order: Order) -> bool:
    return order.payment is PaymentStatus.PAID and order.managed_by != "external" and order.status == "open"


async def release(wms: httpx.AsyncClient, database: Connection) -> None:
    """Every new order to the warehouse."""
    writer = OrderWriter(accounts.WAREHOUSE)

    async def send(item: tuple[int, bytes]) -> None:
        order = Order.model_validate_json(item[1])
        for request in _requests(order):
            answer = await wms.post(
                accounts.CREATE_ORDER, content=writer.document(request), headers={"Content-Type": "application/json"}
            )
            answer.raise_for_status()

    await _work(database, NEW, SENT, send, WMS_AT_ONCE)


def _requests(order: Order) -> Sequence[FulfillmentRequest]:
    return plan_release(StoredOrder(0, order.external_id, order), accounts.RULES).plan.requests


async def acknowledge(cart: httpx.AsyncClient, database: Connection) -> None:
    """Every sent order marked at the cart."""

    async def send(item: tuple[int, bytes]) -> None:
        (await cart.post(f"/v1/Orders({item[0]})/Export")).raise_for_status()

    await _work(database, SENT, DONE, send, CART_AT_ONCE)


async def _work(
    database: Connection, state: int, after: int, send: Callable[[tuple[int, bytes]], Awaitable[None]], at_once: int
) -> None:
    """A fixed number of workers on a bounded queue; marks are stored in batches."""
    queue: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue(maxsize=2 * at_once)
    finished: list[dict[str, int]] = []

    async def worker() -> None:
        while item := await queue.get():
            await send(item)
            finished.append({"key": item[0], "now": after})
            if len(finished) >= BATCH:
                _mark(database, finished)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(worker())
        async for item in _pending(database, state):
            await queue.put(item)
        for _ in range(at_once):
            await queue.put(None)
    _mark(database, finished)


async def _pending(database: Connection, state: int) -> AsyncIterator[tuple[int, bytes]]:
    last = -1
    query = select(orders.c.id, orders.c.document).order_by(orders.c.id).limit(BATCH)
    while rows := database.execute(query.where(orders.c.state == state, orders.c.id > last)).all():
        for row in rows:
            yield row
        last = rows[-1][0]


def _mark(database: Connection, finished: list[dict[str, int]]) -> None:
    if finished:
        database.execute(MARK, list(finished))
        database.commit()
        finished.clear()


def client(url: str, at_once: int) -> httpx.AsyncClient:
    """httpx on aiohttp, one for each endpoint."""
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    return HttpxAiohttpClient(base_url=url, limits=limits, timeout=60, trust_env=False)


async def main() -> None:
    """Run one job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["ingest", "road"])
    for name in ("cart", "wms", "database"):
        parser.add_argument(f"--{name}", required=True)
    told = parser.parse_args()
    database = open_database(told.database)
    async with client(told.cart, CART_AT_ONCE) as cart, client(told.wms, WMS_AT_ONCE) as wms:
        await sign_in(cart)
        wms.headers[accounts.KEY_HEADER] = accounts.API_KEY
        await ingest(cart, database)
        if told.job == "road":
            await release(wms, database)
            await acknowledge(cart, database)
    database.close()


if __name__ == "__main__":
    asyncio.run(main())
