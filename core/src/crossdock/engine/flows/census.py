"""Census: what the source does not list any more is gone; nothing is deleted anywhere."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from crossdock.domain import ProductIdentity
from crossdock.engine.goods_ports import ListedProduct
from crossdock.engine.lasting import lasting
from crossdock.engine.pipeline import Bound, Run
from crossdock.hooks.errors import OutcomeUnknown, Unavailable, Unsupported
from crossdock.hooks.features import ListsProducts
from crossdock.hooks.roles import CatalogSource

AT_ONCE = 500
LISTS = 2
"""How many lists in a row must miss a product: rows that are deleted meanwhile shift others out of one."""


@dataclass
class _Rows:
    """Which of our rows were listed, a bit each."""

    bits: bytearray = field(default_factory=bytearray)

    def add(self, row: int) -> None:
        place, bit = divmod(row, 8)
        self.bits.extend(bytes(max(0, place + 1 - len(self.bits))))
        self.bits[place] |= 1 << bit

    def __contains__(self, row: int) -> bool:
        place, bit = divmod(row, 8)
        return place < len(self.bits) and bool(self.bits[place] >> bit & 1)


async def census(run: Run) -> None:
    """Compare the products that were read with those that the source lists now, and mark the missing ones as gone."""
    source = run.pipeline.need(run.pipeline.catalog_source, "catalog source")
    began, listed, missing = run.pipeline.clock.now(), _Rows(), list[int]()
    for _ in range(LISTS):
        if not await _call_the_roll(run, source, listed):
            return
        missing = await _missing(run, source.connection, listed, began)
        if not missing:
            return
    for start in range(0, len(missing), AT_ONCE):
        some = missing[start : start + AT_ONCE]
        await run.pipeline.store.save_gone(run.lease, some, now=run.pipeline.clock.now())
        run.report.add("gone", len(some))


async def _call_the_roll(run: Run, source: Bound[CatalogSource], listed: _Rows) -> bool:
    """Note every product that the source lists; False if a stop came before its end."""
    if not isinstance(source.role, ListsProducts):
        raise Unsupported(f"connection {source.connection} has no list of its products")
    run.report.counts.clear()  # of the last list alone
    cursor = None
    while not run.stop.is_set():
        page = await source.role.fetch_identities(cursor)
        await _note(run, source.connection, [source.role.read_identity(record) for record in page.records], listed)
        if not page.more:
            return True
        cursor = page.cursor
        if page.wait:
            with suppress(OutcomeUnknown):  # a stop ends the waiting
                await lasting(run, asyncio.sleep(page.wait))
    return False


async def _note(run: Run, connection: str, page: Sequence[ProductIdentity], listed: _Rows) -> None:
    skus, store = {one.external_id: one.sku for one in page}, run.pipeline.store
    ours = await store.note_listed(run.lease, connection, list(skus), now=run.pipeline.clock.now())
    for one in ours:
        listed.add(one.row)
    run.report.add("products listed", len(skus))
    run.report.add("not read yet", len(skus) - len(ours))
    run.report.add("under another SKU", sum(one.sku != skus[one.external_id] for one in ours))


async def _missing(run: Run, connection: str, listed: _Rows, began: datetime) -> list[int]:
    """Our rows that were not listed; raises `Unavailable` when it is so many that the list is hardly whole."""
    known, missing = 0, list[int]()
    async for one in _ours(run, connection, began):
        known += 1
        if one.row not in listed:
            missing.append(one.row)
    if 2 * len(missing) > known:
        raise Unavailable(
            f"connection {connection} lists {known - len(missing)} of the {known} products that were read from it: "
            "none was taken for gone. See whether its settings and rights still cover all of them"
        )
    return missing


async def _ours(run: Run, connection: str, before: datetime) -> AsyncIterator[ListedProduct]:
    pipeline, after = run.pipeline, ""
    while some := await pipeline.store.products_of(
        pipeline.name, connection, before=before, after=after, limit=AT_ONCE
    ):
        for one in some:
            yield one
        after = some[-1].external_id
