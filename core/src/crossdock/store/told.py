"""What a warehouse told of its work: one page of records with all that they say, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from crossdock.domain import InventoryMovement, Parcel, Putaway, RequestRefusal, Shipment, ShipmentReversal, Shortage
from crossdock.engine.facts import FactSource, ReadRecord
from crossdock.engine.lease import Lease, named, unnamed
from crossdock.engine.problems import Problem
from crossdock.hooks.records import Cursor, Record
from crossdock.store.intake import MOVEMENT, PARCEL, SHIPMENT, keep_newer, keep_records, keep_unread
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros
from crossdock.store.movements import keep_movements
from crossdock.store.parcels import keep_parcels
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.receiving import save_putaways
from crossdock.store.refusals import refuse_requests
from crossdock.store.reversals import save_reversals
from crossdock.store.shipments import keep_shipments
from crossdock.store.shortages import save_shortages, take_shortages_back

F = TypeVar("F")

RECORDS_OF_FLOW = {"collect": SHIPMENT, "movements": MOVEMENT, "parcels": PARCEL}
"""As what the raw records are kept that a flow reads."""


def save_facts(
    conn: Connection,
    lease: Lease,
    source: FactSource,
    read: Sequence[ReadRecord],
    problems: Sequence[Problem],
    checkpoint: Cursor | None,
    now: int,
) -> Mapping[str, int]:
    """Keep one page; says how many facts of each sort were new."""
    renew(conn, lease, now, checkpoint)
    page = sorted({item.record.id: item for item in read}.values(), key=lambda item: item.record.id)
    if page:
        records = [(item.record, item.digest, b"") for item in page]
        keep_records(conn, lease.pipeline, source.kept_as, records, now)
    new = _keep_facts(conn, lease, source, page, now)
    open_problems(conn, lease.pipeline, problems, now)
    readable = {item.record.id for item in page} - {item.subject for item in problems}
    close_subjects(conn, lease.pipeline, source.unreadable, readable, now)
    return new


def _keep_facts(
    conn: Connection, lease: Lease, source: FactSource, page: Sequence[ReadRecord], now: int
) -> Mapping[str, int]:
    """Shipments and shortages before what takes them back."""
    connection = source.connection
    shipments = [(item.record.id, fact) for item in page for fact in item.facts if isinstance(fact, Shipment)]
    new = {"shipments": keep_shipments(conn, lease.pipeline, connection, shipments, now)}
    new["shortages"] = save_shortages(conn, lease.pipeline, connection, _of(page, Shortage), now)
    new["reversals"] = save_reversals(conn, lease, connection, reversals := _of(page, ShipmentReversal), now)
    take_shortages_back(conn, lease.pipeline, connection, reversals, now)
    new["refusals"] = refuse_requests(conn, connection, _of(page, RequestRefusal), now)
    new["movements"] = keep_movements(conn, connection, source.hearers, _of(page, InventoryMovement), now)
    new["putaways"] = save_putaways(conn, connection, _of(page, Putaway))
    new["parcels"] = keep_parcels(conn, connection, lease.pipeline, _of(page, Parcel), now)
    return new


def _of(page: Sequence[ReadRecord], sort: type[F]) -> list[F]:
    return [fact for item in page for fact in item.facts if isinstance(fact, sort)]


def keep_pushed(conn: Connection, pipeline: str, flow: str, records: Sequence[Record], *, now: datetime) -> int:
    """Keep records that a flow is to read, and make it due; says how many are new.

    The work of a warehouse is told once and stays; a parcel is told again as it changes.
    """
    what, place = unnamed(flow)
    kept = [replace(record, id=f"{place}/{record.id}") for record in records] if place else records
    keep = keep_newer if RECORDS_OF_FLOW[what] == PARCEL else keep_unread
    new = keep(conn, pipeline, named(RECORDS_OF_FLOW[what], place), kept, micros(now))
    if new:
        schedule(conn, pipeline, what, now)
    return new
