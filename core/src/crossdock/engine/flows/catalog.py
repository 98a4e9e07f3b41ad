"""Catalog: products of the source, page by page, stored raw before they are read."""

import asyncio
from contextlib import suppress

from crossdock.domain import digest
from crossdock.engine.causes import cause_of
from crossdock.engine.delivery import BATCH
from crossdock.engine.goods_ports import ReadProduct
from crossdock.engine.lasting import lasting
from crossdock.engine.pipeline import Bound, Run
from crossdock.engine.problems import Code, Problem
from crossdock.engine.product_changes import fingerprint
from crossdock.hooks.errors import OutcomeUnknown, Unreadable
from crossdock.hooks.records import Page, Record
from crossdock.hooks.roles import CatalogSource


async def catalog(run: Run) -> None:
    """Take in every product that is new or changed."""
    source = run.pipeline.need(run.pipeline.catalog_source, "catalog source")
    await _reread(run, source)
    cursor = run.lease.checkpoint
    while not run.stop.is_set():
        page = await source.role.fetch_products(cursor)
        await _take_in(run, source, page)
        if not page.more:
            return
        cursor = page.cursor
        if page.wait:
            with suppress(OutcomeUnknown):  # a stop ends the waiting
                await lasting(run, asyncio.sleep(page.wait))


async def _reread(run: Run, source: Bound[CatalogSource]) -> None:
    """Read again what a person asked for, from the store."""
    while again := await run.pipeline.store.records_to_reread(run.pipeline.name, "product", BATCH):
        await _take_in(run, source, Page(tuple(again)))


async def _take_in(run: Run, source: Bound[CatalogSource], page: Page) -> None:
    pipeline = run.pipeline
    records = {record.id: record for record in page.records}
    known = await pipeline.store.known_products(pipeline.name, list(records)) if records else {}
    read = [item for record in records.values() if (item := _read(source.role, record, known.get(record.id)))]
    await pipeline.store.save_products(
        run.lease,
        source.connection,
        [item for item, _ in read],
        [problem for _, problem in read if problem],
        page.checkpoint,
        now=pipeline.clock.now(),
    )
    _count(run, len(records), [item for item, _ in read])
    run.downstream.ring()


def _read(source: CatalogSource, record: Record, known: bytes | None) -> tuple[ReadProduct, Problem | None] | None:
    """Translate one record; None when it is what we have already."""
    seen = digest(record.data)
    if known == seen:
        return None
    try:
        product = source.read_product(record)
        return ReadProduct(record, seen, product, fingerprint(product)), None
    except Exception as error:  # a plugin's bug in one product must not stop the others
        by_plugin = f"Product {record.id} cannot be read, the plugin failed: {type(error).__name__}: {error}"
        reason = str(error) if isinstance(error, Unreadable) else by_plugin
        action = "Correct it at its source, or report it to the plugin's authors; then `crossdock problems retry`."
        problem = Problem(Code.UNREADABLE_PRODUCT, record.id, reason, action=action, cause=cause_of(str(error)))
        return ReadProduct(record, seen, None), problem


def _count(run: Run, seen: int, read: list[ReadProduct]) -> None:
    run.report.add("pages")
    run.report.add("products seen", seen)
    run.report.add("unchanged", seen - len(read))
    run.report.add("unreadable", sum(item.product is None for item in read))
    run.report.add("products", sum(item.product is not None for item in read))
