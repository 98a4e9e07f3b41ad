"""A hundred thousand products pass through in flat memory."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from crossdock.domain import Product, ProductChange
from crossdock.engine.pipeline import Bound
from crossdock.hooks.records import Cursor, Page, ProductAnswer, Record

from .goods import a_product
from .world import new_database, opened

PRODUCTS, PAGE = 100_000, 100


class Endless:
    """Makes its products when they are asked for."""

    async def fetch_products(self, cursor: Cursor | None) -> Page:
        start = int(cursor or 0)
        products = (a_product(f"A{number}", attributes={"color": "red" * 50}) for number in range(start, start + PAGE))
        records = tuple(Record(one.external_id, one.model_dump_json().encode()) for one in products)
        end = str(start + PAGE)
        return Page(records, end, more=start + PAGE < PRODUCTS, checkpoint=end)

    def read_product(self, record: Record) -> Product:
        return Product.model_validate_json(record.data)


class Abyss:
    """Takes everything, keeps nothing, and notes how large the process is."""

    def __init__(self) -> None:
        self.taken = 0
        self.megabytes: list[float] = []

    async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        self.taken += len(changes)
        self.megabytes.append(_megabytes())
        return [ProductAnswer(change.product.sku) for change in changes]


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.slow
def test_memory_does_not_grow_with_the_catalogue(tmp_path: Path) -> None:
    database = new_database(tmp_path)

    async def scene() -> list[float]:
        async with opened(database) as world:
            sink = Abyss()
            world.changes |= {"catalog_source": Bound("pim", Endless()), "catalog_sink": Bound("shop", sink)}
            for flow in ("catalog", "publish"):
                report = await world.flow(flow, patience=900.0)
                assert report.error == ""
            assert sink.taken == PRODUCTS
            return sink.megabytes

    megabytes = asyncio.run(scene())
    early, late = max(megabytes[:100]), max(megabytes)
    print(f"{early:.0f} MB after 10,000 products, {late:.0f} MB after {PRODUCTS:,}")
    assert late < early + 20
