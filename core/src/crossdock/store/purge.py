"""Removes what need not be kept: old exchanges and runs, and the buyer's data of orders that are done.

What the ledger needs stays: keys, references, states, digests and fingerprints. An order that comes again after its
data was removed therefore does not look changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from crossdock.domain import Address, FulfillmentRequest, Order, Shipment, ShipmentConfirmation
from crossdock.domain.document import Document
from crossdock.engine.amendment import Amendment
from crossdock.engine.label_ports import LabelWork, VoidWork
from crossdock.engine.lease import named
from crossdock.engine.ledger import Kind
from crossdock.engine.problems import Code
from crossdock.store.intake import MOVEMENT, ORDER, RECORD_OF_ORDER, SHIPMENT
from crossdock.store.labels import drop_files_of, drop_label_files
from crossdock.store.level_reads import drop_old_reads
from crossdock.store.moments import micros
from crossdock.store.parcel_purge import drop_raw_parcels, drop_unused_parcels, scrub_parcels
from crossdock.store.reconciliations import drop_old_reports
from crossdock.store.store import CrossdockStore
from crossdock.store.tables import exchange, orders, problem, promise, record, run, shipment

BATCH = 200
D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept; buyer data counts from the moment an order was done."""

    buyer_data: timedelta = timedelta(days=30)
    exchanges: timedelta = timedelta(days=30)
    most_exchanges: int = 1_000_000
    runs: timedelta = timedelta(days=90)
    reports: timedelta = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was removed: orders scrubbed; exchanges, runs, reports, levels that were read long ago, parcels that no
    box has, raw records of parcels and files of labels deleted."""

    orders: int
    exchanges: int
    runs: int
    level_reads: int = 0
    reports: int = 0
    parcels: int = 0
    raw_parcels: int = 0
    label_files: int = 0


_OF_CHANGES = [code.value for code in (Code.CHANGED_AFTER_RELEASE, Code.WITHDRAW_REFUSED)]
_NO_GIFT: dict[str, object] = {"gift_message": "", "gift_notes": ""}
_NO_WORDS: dict[str, object] = {"notes": "", "custom_fields": {}, "attachments": ()}
_NO_MAPPED: dict[str, object] = {"source": "", "area": "", "tags": ()}
"""What an operator's rules may have made of the buyer's data, beside notes and custom fields."""
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_TO_SCRUB = (
    select(orders.c.id)
    .where(orders.c.completed_at <= bindparam("before"), orders.c.scrubbed_at.is_(None))
    .order_by(orders.c.completed_at)
    .limit(BATCH)
)
_DOCUMENTS = (
    select(record.c.pipeline, record.c.external_id, record.c.document)
    .join(orders, RECORD_OF_ORDER)
    .where(orders.c.id.in_(_IDS))
)
_PROMISES = select(promise.c.id, promise.c.kind, promise.c.document).where(promise.c.order_id.in_(_IDS))
_SHIPMENTS = select(shipment.c.id, shipment.c.document).where(shipment.c.order_id.in_(_IDS))
_COLLECTOR = case((shipment.c.collected_by == "", shipment.c.pipeline), else_=shipment.c.collected_by)
_RAW_SHIPMENTS = (
    update(record)
    .where(or_(record.c.kind.in_([SHIPMENT, MOVEMENT]), record.c.kind.startswith(named(SHIPMENT, "%"))))
    .where(
        select(shipment.c.id)
        .where(record.c.pipeline == _COLLECTOR, shipment.c.record_id == record.c.external_id)
        .where(shipment.c.order_id.in_(_IDS))
        .exists()
    )
    .values(data=b"")
)


async def purge(store: CrossdockStore, retention: Retention, *, now: datetime) -> Purged:
    """Remove what is too old, a batch a transaction, so that the work beside it goes on."""
    ages = (retention.buyer_data, retention.exchanges, retention.runs, retention.reports)
    done, old, old_runs, old_reports = (micros(now - age) for age in ages)
    return Purged(
        orders=await _until_nothing(store, lambda conn: _scrub(conn, done, micros(now))),
        exchanges=await _until_nothing(store, lambda conn: _drop_exchanges(conn, old, retention.most_exchanges)),
        runs=await _until_nothing(store, lambda conn: _drop_rows(conn, run, run.c.ended_at < old_runs)),
        reports=await _until_nothing(store, lambda conn: drop_old_reports(conn, old_reports, BATCH)),
        level_reads=await _until_nothing(store, lambda conn: drop_old_reads(conn, old, BATCH)),
        parcels=await _until_nothing(store, lambda conn: drop_unused_parcels(conn, done, BATCH)),
        raw_parcels=await _until_nothing(store, lambda conn: drop_raw_parcels(conn, done, BATCH)),
        label_files=await _until_nothing(store, lambda conn: drop_label_files(conn, micros(now), BATCH)),
    )


async def _until_nothing(store: CrossdockStore, batch: Callable[[Connection], int]) -> int:
    total = 0
    while number := await store.write(batch):
        total += number
    return total


def _drop_exchanges(conn: Connection, before: int, most: int) -> int:
    newest = conn.scalar(select(func.max(exchange.c.id))) or 0
    return _drop_rows(conn, exchange, or_(exchange.c.at < before, exchange.c.id <= newest - most))


def _drop_rows(conn: Connection, rows: Table, too_old: ColumnElement[bool]) -> int:
    """Delete a batch from the old end; rows are numbered in the order of time."""
    oldest = conn.execute(select(rows.c.id, too_old).order_by(rows.c.id).limit(BATCH)).all()
    ids = [id for id, gone in oldest if gone]
    if ids:
        conn.execute(delete(rows).where(rows.c.id.in_(ids)))
    return len(ids)


def _scrub(conn: Connection, before: int, now: int) -> int:
    ids = conn.scalars(_TO_SCRUB, {"before": before}).all()
    if ids:
        _scrub_records(conn, ids)
        _scrub_promises(conn, ids)
        _scrub_shipments(conn, ids)
        scrub_parcels(conn, ids)
        drop_files_of(conn, ids)
        _scrub_problems(conn, ids)
        conn.execute(update(exchange).where(exchange.c.order_id.in_(ids)).values(request=b"", answer=b""))
        conn.execute(update(orders).where(orders.c.id.in_(ids)).values(scrubbed_at=now, edits=""))
    return len(ids)


def _scrub_records(conn: Connection, ids: Sequence[int]) -> None:
    scrubbed = [
        {"of_pipeline": pipeline, "its_id": key, "new_document": _rewritten(document, Order, _without_buyer)}
        for pipeline, key, document in conn.execute(_DOCUMENTS, {"ids": ids})
    ]
    same = (record.c.pipeline == bindparam("of_pipeline"), record.c.external_id == bindparam("its_id"))
    blank = update(record).where(*same, record.c.kind == ORDER).values(data=b"", document=bindparam("new_document"))
    conn.execute(blank, scrubbed)


def _scrub_promises(conn: Connection, ids: Sequence[int]) -> None:
    scrubbed = [
        {"its_id": id, "new_document": _scrubbed_promise(kind, document)}
        for id, kind, document in conn.execute(_PROMISES, {"ids": ids})
    ]
    if scrubbed:
        same = promise.c.id == bindparam("its_id")
        conn.execute(update(promise).where(same).values(document=bindparam("new_document")), scrubbed)


def _scrub_shipments(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(_RAW_SHIPMENTS, {"ids": ids})
    scrubbed = [
        {"its_id": id, "new_document": _rewritten(document, Shipment, _without_tracking)}
        for id, document in conn.execute(_SHIPMENTS, {"ids": ids})
    ]
    if scrubbed:
        same = shipment.c.id == bindparam("its_id")
        conn.execute(update(shipment).where(same).values(document=bindparam("new_document")), scrubbed)


def _scrub_problems(conn: Connection, ids: Sequence[int]) -> None:
    """What was said of changes names the town that an order went to."""
    conn.execute(update(problem).where(problem.c.order_id.in_(ids), problem.c.code.in_(_OF_CHANGES)).values(detail=""))


def _scrubbed_promise(kind: str, document: bytes) -> bytes:
    if kind == Kind.RELEASE:
        return _rewritten(document, FulfillmentRequest, _without_address)
    if kind == Kind.CONFIRM:
        return _rewritten(document, ShipmentConfirmation, _without_parcel)
    if kind == Kind.WITHDRAW:
        return _rewritten(document, Amendment, _without_difference)
    if kind == Kind.LABEL:
        return _rewritten(document, LabelWork, _without_receiver)
    if kind == Kind.VOID:
        return _rewritten(document, VoidWork, _without_number)
    return document


def _rewritten(document: bytes, model: type[D], change: Callable[[D], D]) -> bytes:
    return change(model.model_validate_json(document)).model_dump_json().encode() if document else b""


def _without_buyer(order: Order) -> Order:
    lines = tuple(line.model_copy(update=_NO_GIFT) for line in order.lines)
    return order.model_copy(update={"ship_to": Address(country=order.ship_to.country), "lines": lines, **_NO_WORDS})


def _without_address(request: FulfillmentRequest) -> FulfillmentRequest:
    lines = tuple(line.model_copy(update=_NO_GIFT) for line in request.lines)
    address = Address(country=request.ship_to.country)
    return request.model_copy(update={"ship_to": address, "lines": lines, **_NO_WORDS, **_NO_MAPPED})


def _without_difference(amendment: Amendment) -> Amendment:
    return amendment.model_copy(update={"difference": ()})


def _without_receiver(work: LabelWork) -> LabelWork:
    if work.wanted is None:
        return work
    address = Address(country=work.wanted.ship_to.country)
    return work.model_copy(update={"wanted": work.wanted.model_copy(update={"ship_to": address})})


def _without_number(work: VoidWork) -> VoidWork:
    nameless = work.parcel.model_copy(update={"tracking_number": "", "tracking_url": ""})
    return work.model_copy(update={"parcel": nameless})


def _without_parcel(confirmation: ShipmentConfirmation) -> ShipmentConfirmation:
    return confirmation.model_copy(update={"tracking_number": ""})


def _without_tracking(fact: Shipment) -> Shipment:
    return fact.model_copy(update={"package": fact.package.model_copy(update={"tracking_number": ""})})
