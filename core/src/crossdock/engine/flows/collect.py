"""Collect: what the warehouse picked and packed, stored raw before it is read, acknowledged after the save."""

from collections.abc import Sequence

from crossdock.domain import digest
from crossdock.engine.delivery import BATCH
from crossdock.engine.pipeline import Run
from crossdock.engine.ports import ReadShipment
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import Unavailable
from crossdock.hooks.features import AcknowledgesRecords
from crossdock.hooks.records import Page, Record


async def collect(run: Run) -> None:
    """Take in every page of work done; the same record told twice is one record."""
    target = run.pipeline.target.role
    cursor = run.lease.checkpoint
    await _reread(run)
    before: tuple[Record, ...] = ()
    while True:
        page = await target.fetch_shipments(cursor)
        if page.records and page.records == before:
            raise Unavailable(
                f"{run.pipeline.target.connection} gives the same {len(before)} records again and again although they "
                "were acknowledged; look at its queue"
            )
        before = page.records
        await _take_in(run, page)
        if isinstance(target, AcknowledgesRecords) and page.records:
            await target.acknowledge_records([record.id for record in page.records])
        if not page.more or run.stop.is_set():
            return
        cursor = page.cursor


async def _reread(run: Run) -> None:
    """Read again what a person asked for: the warehouse has forgotten these records, the store has not."""
    while again := await run.pipeline.store.records_to_reread(run.pipeline.name, "shipment", BATCH):
        await _take_in(run, Page(tuple(again), checkpoint=run.lease.checkpoint))


async def _take_in(run: Run, page: Page) -> None:
    pipeline = run.pipeline
    read = [_read(run, record) for record in {record.id: record for record in page.records}.values()]
    new = await pipeline.store.save_shipments(
        run.lease,
        pipeline.target.connection,
        [shipment for shipment, _ in read],
        [problem for _, problem in read if problem],
        page.checkpoint,
        now=pipeline.clock.now(),
    )
    _count(run, read, new)
    run.downstream.ring()


def _read(run: Run, record: Record) -> tuple[ReadShipment, Problem | None]:
    seen = digest(record.data)
    try:
        return ReadShipment(record, seen, run.pipeline.target.role.read_shipment(record)), None
    except Exception as error:  # a plugin's bug in one record must not stop the others
        problem = Problem(
            Code.UNREADABLE_SHIPMENT,
            record.id,
            f"Record {record.id} of the warehouse cannot be read: {error}",
            detail=type(error).__name__,
            action="Report it to the plugin's authors; after the correction `crossdock problems retry`.",
        )
        return ReadShipment(record, seen, None), problem


def _count(run: Run, read: Sequence[tuple[ReadShipment, Problem | None]], new: int) -> None:
    run.report.add("pages")
    run.report.add("records", len(read))
    run.report.add("new shipments", new)
    run.report.add("unreadable", sum(problem is not None for _, problem in read))
