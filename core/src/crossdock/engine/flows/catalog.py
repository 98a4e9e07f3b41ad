"""Catalog: products of the source, page by page, stored raw before they are read."""

import asyncio

from crossdock.domain import digest
from crossdock.engine.goods_ports import KnownProduct, ReadProduct
from crossdock.engine.pipeline import Bound, Run
from crossdock.engine.problems import Code, Problem
from crossdock.engine.product_changes import fingerprint
from crossdock.hooks.errors import NeedsConfig, Unreadable
from crossdock.hooks.records import Page, Record
from crossdock.hooks.roles import CatalogSource

ANSWERED = 1.0
"""Seconds between two looks at whether the run is to stop, while the remote system prepares a page."""


async def catalog(run: Run) -> None:
    """Take in every product that is new or changed."""
    source = _source(run)
    cursor = run.lease.checkpoint
    while True:
        page = await source.role.fetch_products(cursor)
        await _take_in(run, source, page)
        if not page.more or run.stop.is_set():
            return
        cursor = page.cursor
        await _wait(run, page.wait)


def _source(run: Run) -> Bound[CatalogSource]:
    source = run.pipeline.catalog_source
    if source is None:
        raise NeedsConfig(f"pipeline {run.pipeline.name} has no catalog source")
    return source


async def _wait(run: Run, seconds: float) -> None:
    """Wait for the remote system; a stop ends the waiting, and the lease is kept alive."""
    while seconds > 0 and not run.stop.is_set():
        await asyncio.sleep(min(seconds, ANSWERED))
        seconds -= ANSWERED


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
        publish=pipeline.catalog_sink is not None,
        now=pipeline.clock.now(),
    )
    _count(run, len(records), [item for item, _ in read])
    run.downstream.ring()


def _read(
    source: CatalogSource, record: Record, known: KnownProduct | None
) -> tuple[ReadProduct, Problem | None] | None:
    """Translate one record; None when it is what we have already."""
    seen = digest(record.data)
    if known and known.digest == seen:
        return None
    try:
        product = source.read_product(record)
        return ReadProduct(record, seen, product, fingerprint(product)), None
    except Exception as error:  # a plugin's bug in one product must not stop the others
        by_plugin = f"Product {record.id} cannot be read, the plugin failed: {type(error).__name__}: {error}"
        reason = str(error) if isinstance(error, Unreadable) else by_plugin
        action = "Correct the product at its source, or report it to the plugin's authors."
        return ReadProduct(record, seen, None), Problem(Code.UNREADABLE_PRODUCT, record.id, reason, action=action)


def _count(run: Run, seen: int, read: list[ReadProduct]) -> None:
    run.report.add("pages")
    run.report.add("products seen", seen)
    run.report.add("unchanged", seen - len(read))
    run.report.add("unreadable", sum(item.product is None for item in read))
    run.report.add("products", sum(item.product is not None for item in read))
