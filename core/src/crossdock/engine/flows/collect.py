"""Collect: what a warehouse tells of its work, stored raw before it is read, acknowledged after the save.

One queue tells several kinds of facts: each record is shown to every reader of the role, and may tell each something.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crossdock.domain import InventoryMovement, Parcel, Putaway, Shortage, digest
from crossdock.engine.causes import cause_of
from crossdock.engine.delivery import BATCH
from crossdock.engine.facts import Fact, FactSource, ReadRecord, RecordKind
from crossdock.engine.parcel_match import identified
from crossdock.engine.pipeline import Bound, Run
from crossdock.engine.problems import Problem
from crossdock.hooks.errors import Unavailable, Unreadable
from crossdock.hooks.features import (
    AcknowledgesRecords,
    TellsMovements,
    TellsPutaways,
    TellsShipments,
    TellsShortages,
)
from crossdock.hooks.records import Cursor, Page, Record
from crossdock.hooks.roles import ShippingProvider

MOST_PIECES = 2**53
Fetch = Callable[[Cursor | None], Coroutine[Any, Any, Page]]
Reader = Callable[[Record], Fact | Sequence[Shortage] | None]


async def collect(run: Run) -> None:
    """Take in every page of work done; the same record told twice is one record."""
    target = run.pipeline.target
    await drain(run, target, RecordKind.SHIPMENT, target.role.fetch_shipments)


async def drain(run: Run, bound: Bound[object], kind: RecordKind, fetch: Fetch) -> None:
    """Take in page after page until there is no more; each is acknowledged, where the role knows that, once it is
    saved."""
    taking = _Taking(run, bound, kind)
    await taking.reread()
    cursor, before = run.lease.checkpoint, tuple[Record, ...]()
    while True:
        page = await fetch(cursor)
        if page.records and page.records == before:
            raise Unavailable(
                f"{bound.connection} gives the same {len(before)} records again and again although they were "
                "acknowledged; look at its queue"
            )
        before = page.records
        await taking.take_in(page)
        if isinstance(bound.role, AcknowledgesRecords) and page.records:
            await bound.role.acknowledge_records([record.id for record in page.records])
        if not page.more or run.stop.is_set():
            return
        cursor = page.cursor


class _Taking:
    """Takes in pages of one role: reads them and saves what they say."""

    def __init__(self, run: Run, bound: Bound[object], kind: RecordKind) -> None:
        self._run, self._readers = run, readers_of(bound.role, kind)
        hearers = run.pipeline.hearers.get(bound.connection, ())
        self._source = FactSource(bound.connection, kind, tuple(hearers), run.pipeline.place)

    async def reread(self) -> None:
        """Read what was stored and not read: a person asked for it, or the warehouse sent it by itself."""
        pipeline, source = self._run.pipeline, self._source
        while again := await pipeline.store.records_to_reread(pipeline.name, source.kept_as, BATCH):
            told = tuple(replace(record, id=source.told_id(record.id)) for record in again)
            await self.take_in(Page(told, checkpoint=self._run.lease.checkpoint))

    async def take_in(self, page: Page) -> None:
        """Save one page of facts in one transaction."""
        pipeline = self._run.pipeline
        records = {record.id: record for record in page.records}.values()
        read = [_read(self._readers, record, self._source) for record in records]
        new = await pipeline.store.save_facts(
            self._run.lease,
            self._source,
            [item for item, _ in read],
            [problem for _, problem in read if problem],
            page.checkpoint,
            now=pipeline.clock.now(),
        )
        _count(self._run, read, new)
        self._run.downstream.ring()


def readers_of(role: object, kind: RecordKind) -> Sequence[Reader]:
    """The readers of a role, in the order in which they are shown a record."""
    if kind is RecordKind.PARCEL:
        return [role.read_parcel] if isinstance(role, ShippingProvider) else []
    readers: list[Reader] = []
    if isinstance(role, TellsShipments):
        readers.append(role.read_shipment)
    if isinstance(role, TellsMovements):
        readers.append(role.read_movement)
    if isinstance(role, TellsPutaways):
        readers.append(role.read_putaway)
    if isinstance(role, TellsShortages):
        readers.append(role.read_shortages)
    return readers


def _read(readers: Sequence[Reader], record: Record, source: FactSource) -> tuple[ReadRecord, Problem | None]:
    kept_id = source.kept_id(record.id)
    seen, kept = digest(record.data), record if record.id == kept_id else replace(record, id=kept_id)
    try:
        facts = [fact for reader in readers for fact in _facts(reader(record))]
        return ReadRecord(kept, seen, tuple(_storable(fact, record) for fact in facts)), None
    except Exception as error:  # a plugin's bug in one record must not stop the others
        whose = source.connection if source.kind is RecordKind.PARCEL else "the warehouse"
        problem = Problem(
            source.unreadable,
            kept_id,
            f"Record {kept_id} of {whose} cannot be read: {error}",
            detail=type(error).__name__,
            action="Correct it there, or report it to the plugin's authors; then `crossdock problems retry`.",
            cause=cause_of(str(error)),
        )
        return ReadRecord(kept, seen), problem


def _facts(told: Fact | Sequence[Shortage] | None) -> Sequence[Fact]:
    if told is None:
        return ()
    return told if isinstance(told, Sequence) else (told,)


def _storable(fact: Fact, record: Record) -> Fact:
    """The fact, if its number fits into a database: one bad record must not stop the others."""
    if isinstance(fact, Parcel):
        return identified(fact, record)
    if isinstance(fact, InventoryMovement | Putaway | Shortage) and fact.quantity > MOST_PIECES:
        raise Unreadable(f"{fact.quantity} pieces are more than a warehouse holds")
    return fact


def _count(run: Run, read: Sequence[tuple[ReadRecord, Problem | None]], new: Mapping[str, int]) -> None:
    run.report.add("pages")
    run.report.add("records", len(read))
    for what, number in new.items():
        run.report.add(f"new {what}", number)
    run.report.add("unreadable", sum(problem is not None for _, problem in read))
