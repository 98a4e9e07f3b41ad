"""Parcels of shipping providers: kept once, used once; what waits for one is woken, what lost its label waits anew."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, Row, and_, bindparam, delete, func, select, update

from crossdock.domain import Parcel, Shipment, ShipmentConfirmation
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind
from crossdock.engine.parcel_match import is_voided, matched, newer, use_of, voided_numbers
from crossdock.engine.parcel_ports import ParcelUse, StoredParcel
from crossdock.engine.parcel_void import TAKEN_BACK, LabelledBox, Voided, label_voided, unlabelled, void_labels
from crossdock.engine.ports import ShipmentState, StoredShipment
from crossdock.engine.problems import Code
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.problems import NOT_RESOLVED, close_subjects, open_problems
from crossdock.store.reversals import is_surely_unsent
from crossdock.store.tables import parcel, problem, promise, shipment
from crossdock.store.upsert import insert_into, write_rows

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_REFERENCES: BindParameter[str] = bindparam("references", expanding=True)
_KNOWN = select(parcel.c.external_id, parcel.c.document).where(
    parcel.c.connection == bindparam("on"), parcel.c.external_id.in_(bindparam("keys", expanding=True))
)
_COUNTS = and_(shipment.c.id == parcel.c.shipment_id, shipment.c.state != ShipmentState.VOIDED.value)
_PARCELS = (
    select(parcel.c.id, parcel.c.document, parcel.c.seen_at, parcel.c.voided_at, shipment.c.id.label("used_for"))
    .select_from(parcel.outerjoin(shipment, _COUNTS))
    .order_by(parcel.c.id)
)
_OF_REFERENCES = _PARCELS.where(parcel.c.connection == bindparam("on"), parcel.c.reference.in_(_REFERENCES))
_FREE = (
    select(parcel.c.id)
    .select_from(parcel.outerjoin(shipment, _COUNTS))
    .where(parcel.c.id.in_(_IDS), parcel.c.voided_at.is_(None), shipment.c.id.is_(None))
    .order_by(parcel.c.external_id)
    .with_for_update(of=parcel)
)
_USE = (
    update(parcel)
    .where(parcel.c.id == bindparam("its_id"))
    .values(shipment_id=bindparam("for_shipment"), carrier_before=bindparam("was"), service_before=bindparam("by"))
)
_BOXES = (
    select(shipment.c.id, shipment.c.pipeline, shipment.c.order_id, shipment.c.state)
    .add_columns(shipment.c.created_at, shipment.c.document)
    .where(shipment.c.request_number.in_(_REFERENCES), shipment.c.order_id.is_not(None))
    .where(shipment.c.state.not_in([ShipmentState.VOIDED.value, ShipmentState.UNKNOWN.value]))
    .order_by(shipment.c.id)
    .with_for_update()
)
_CONFIRMATIONS = (
    select(promise.c.id, promise.c.order_id, promise.c.key, promise.c.state, promise.c.claimed_by, promise.c.document)
    .where(promise.c.order_id.in_(_IDS), promise.c.kind == Kind.CONFIRM.value)
    .order_by(promise.c.id)
    .with_for_update()
)
_BEFORE = (
    select(parcel.c.shipment_id, parcel.c.tracking_number, parcel.c.carrier_before, parcel.c.service_before)
    .where(parcel.c.shipment_id.in_(_IDS))
    .order_by(parcel.c.id)
)
_WITHOUT_LABEL = (
    update(shipment)
    .where(shipment.c.id == bindparam("its_id"))
    .values(
        state=ShipmentState.AWAITING_TRACKING.value,
        look_again_at=bindparam("now"),
        reason=TAKEN_BACK,
        document=bindparam("new_document"),
    )
)
_WAKE = (
    update(shipment)
    .where(shipment.c.id.in_(_IDS), shipment.c.state == ShipmentState.AWAITING_TRACKING.value)
    .values(look_again_at=bindparam("now"))
)
_NOT_TOLD = delete(promise).where(promise.c.id.in_(_IDS))
_NOT_CLOSED = (
    update(promise).where(promise.c.order_id.in_(_IDS), promise.c.kind == Kind.CONFIRM.value).values(closes=False)
)
_UNSENT = (promise.c.state == "due", promise.c.claimed_by.is_(None), promise.c.due_at.is_not(None))
_VOIDED_UNSENT = (
    select(parcel.c.connection, parcel.c.reference)
    .select_from(
        promise.join(shipment, shipment.c.order_id == promise.c.order_id).join(
            parcel, parcel.c.shipment_id == shipment.c.id
        )
    )
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == Kind.CONFIRM.value, *_UNSENT)
    .where(promise.c.key == shipment.c.request_number + "/" + shipment.c.external_id)
    .where(parcel.c.voided_at.is_not(None))
    .distinct()
)
_STILL_OPEN = select(problem.c.subject).where(
    problem.c.pipeline == bindparam("of_pipeline"),
    problem.c.code == Code.LABEL_VOIDED.value,
    problem.c.subject.in_(bindparam("subjects", expanding=True)),
    NOT_RESOLVED,
)
AT_ONCE = 500
Key = tuple[int, str]
"""An order, and the key of what was promised of one of its boxes."""


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, parcel)
    new = keeping.excluded
    told = ("reference", "box", "tracking_number", "carrier", "service_level", "key", "shipped_at", "document")
    first = {"voided_at": func.coalesce(parcel.c.voided_at, new.voided_at)}
    return keeping.on_conflict_do_update(
        index_elements=["connection", "external_id"], set_={name: new[name] for name in told} | first
    )


def save_parcels(
    conn: Connection, lease: Lease | None, connection: str, pipeline: str, parcels: Sequence[Parcel], now: int
) -> int:
    """Keep parcels that were looked up or bought; says how many were new."""
    if lease:
        renew(conn, lease, now)
    return keep_parcels(conn, connection, pipeline, parcels, now)


def keep_parcels(conn: Connection, connection: str, pipeline: str, told: Sequence[Parcel], now: int) -> int:
    """Keep parcels, and do what follows from them for boxes; says how many were new."""
    parts = (told[start : start + AT_ONCE] for start in range(0, len(told), AT_ONCE))
    return sum(_keep_some(conn, connection, pipeline, part, now) for part in parts)


def _keep_some(conn: Connection, connection: str, pipeline: str, told: Sequence[Parcel], now: int) -> int:
    known = _known(conn, connection, {one.external_id for one in told})
    page = dict(known)
    for one in told:
        page[one.external_id] = newer(page.get(one.external_id, one), one)
    news = {key: one for key, one in sorted(page.items()) if one != known.get(key)}
    if not news:
        return 0
    moved = {known[key].reference for key in news if key in known}
    boxes = _boxes(conn, {one.reference for one in news.values()} | moved)  # boxes are locked before parcels
    write_rows(conn, _keep(conn.dialect.name), [_row(connection, pipeline, one, now) for one in news.values()])
    gone = {one.tracking_number for key, one in news.items() if one.voided and not _was_voided(known.get(key))}
    _settle(conn, connection, boxes, gone, now)
    return sum(key not in known for key in news)


def _known(conn: Connection, connection: str, keys: Collection[str]) -> Mapping[str, Parcel]:
    rows = conn.execute(_KNOWN, {"on": connection, "keys": sorted(keys)}) if keys else ()
    return {key: Parcel.model_validate_json(document) for key, document in rows}


def _was_voided(known: Parcel | None) -> bool:
    return known is not None and known.voided


def parcels_of(conn: Connection, connection: str, references: Collection[str]) -> list[StoredParcel]:
    """The parcels of a provider that were made for these order numbers."""
    wanted = {"on": connection, "references": sorted(references)}
    return [_stored(row) for row in (conn.execute(_OF_REFERENCES, wanted) if references else ())]


def _stored(row: Row[*tuple[Any, ...]]) -> StoredParcel:
    told = Parcel.model_validate_json(row.document).model_copy(update={"voided": row.voided_at is not None})
    return StoredParcel(row.id, told, moment(row.seen_at), moment(row.voided_at), row.used_for)


def use_parcels(conn: Connection, uses: Iterable[ParcelUse]) -> None:
    """Note whose parcels these are; that they are free was seen in the same transaction."""
    if rows := [_used(one) for one in uses]:
        conn.execute(_USE, rows)


def _used(one: ParcelUse) -> dict[str, object]:
    return {"its_id": one.parcel_id, "for_shipment": one.shipment_id, "was": one.carrier, "by": one.service_level}


def free_of(conn: Connection, ids: Collection[int]) -> Collection[int]:
    """Those of these parcels that are nobody's and were not taken back; nobody else can take them from now on."""
    return set(conn.scalars(_FREE, {"ids": sorted(ids)})) if ids else ()


def settle_voided(conn: Connection, lease: Lease, now: int) -> None:
    """Take labels that were taken back off shipments whose confirmation turned out not to have been sent."""
    renew(conn, lease, now)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for connection, reference in conn.execute(_VOIDED_UNSENT, {"of_pipeline": lease.pipeline}):
        found[connection].add(reference)
    for connection, references in found.items():
        _settle(conn, connection, _boxes(conn, references), (), now)


def _boxes(conn: Connection, references: Collection[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The shipments of these order numbers that count, each locked: nobody else decides about them meanwhile."""
    wanted = sorted(filter(None, references))
    return conn.execute(_BOXES, {"references": wanted}).all() if wanted else ()


def _settle(
    conn: Connection, connection: str, rows: Sequence[Row[*tuple[Any, ...]]], gone: Collection[str], now: int
) -> None:
    """What follows for these boxes; `gone` are numbers whose labels were just taken back."""
    stored = {row.id: _shipment(row) for row in rows}
    parcels = parcels_of(conn, connection, {one.shipment.request_number for one in stored.values()})
    voided = voided_numbers(parcels)
    meant = {row.order_id for row in rows if is_voided(stored[row.id], voided)}
    promised = _confirmations(conn, meant)
    boxes = [_labelled(row, stored[row.id], promised) for row in rows]
    found = void_labels(boxes, parcels)
    own = matched([*stored.values()], parcels)
    use_parcels(conn, [use_of(stored[id], one) for id, one in own.items() if _is_settled(stored[id], one, voided)])
    use_parcels(conn, _of_gone(found, parcels))
    _take_off(conn, found.untold, promised, now)
    for box in found.told:
        _show(conn, box, own.get(box.stored.id), gone, now)
    _close_others(conn, boxes, found, now)
    _wake(conn, [*found.untold, *(box for box in boxes if box.stored.state is ShipmentState.AWAITING_TRACKING)], now)


def _shipment(row: Row[*tuple[Any, ...]]) -> StoredShipment:
    fact = Shipment.model_validate_json(row.document)
    return StoredShipment(row.id, ShipmentState(row.state), fact, moment(row.created_at))


def _confirmations(conn: Connection, orders: Collection[int]) -> Mapping[Key, Row[*tuple[Any, ...]]]:
    found = conn.execute(_CONFIRMATIONS, {"ids": sorted(orders)}) if orders else ()
    return {(row.order_id, row.key): row for row in found}


def _labelled(
    row: Row[*tuple[Any, ...]], stored: StoredShipment, promised: Mapping[Key, Row[*tuple[Any, ...]]]
) -> LabelledBox:
    box = LabelledBox(stored, row.pipeline, row.order_id)
    kept = promised.get((row.order_id, box.key))
    if kept is None or is_surely_unsent(kept):
        return box
    return replace(box, told=ShipmentConfirmation.model_validate_json(kept.document))


def _is_settled(stored: StoredShipment, own: StoredParcel, voided: Mapping[str, Collection[str]]) -> bool:
    """Whether this new parcel is noted at once: the others are noted when their box is completed."""
    has_number = bool(stored.shipment.package.tracking_number) and not is_voided(stored, voided)
    return own.shipment_id is None and (has_number or stored.state is ShipmentState.PLANNED)


def _of_gone(found: Voided, parcels: Sequence[StoredParcel]) -> list[ParcelUse]:
    """Labels of which we heard only when they were taken back are their boxes', too."""
    return [
        use_of(box.stored, one)
        for box in (*found.untold, *found.told)
        for one in parcels
        if one.shipment_id is None and one.parcel.reference == box.stored.shipment.request_number
        if one.parcel.tracking_number == box.stored.shipment.package.tracking_number
    ]


def _take_off(
    conn: Connection,
    untold: Sequence[LabelledBox],
    promised: Mapping[Key, Row[*tuple[Any, ...]]],
    now: int,
) -> None:
    """Take the number off boxes of which the cart was not told, and what was promised of it back."""
    if not untold:
        return
    unsent = [kept for box in untold if (kept := promised.get((box.order_id, box.key)))]
    if unsent:
        conn.execute(_NOT_TOLD, {"ids": [kept.id for kept in unsent]})
        conn.execute(_NOT_CLOSED, {"ids": sorted({kept.order_id for kept in unsent})})
    rows = conn.execute(_BEFORE, {"ids": [box.stored.id for box in untold]})
    before = {(id, number): (carrier, service) for id, number, carrier, service in rows}
    conn.execute(_WITHOUT_LABEL, [_unlabelled(box.stored, before, now) for box in untold])


def _unlabelled(
    stored: StoredShipment, before: Mapping[tuple[int, str], tuple[str, str]], now: int
) -> dict[str, object]:
    package = stored.shipment.package
    own = (package.carrier, package.service_level)
    fact = unlabelled(stored.shipment, *before.get((stored.id, package.tracking_number), own))
    return {"its_id": stored.id, "new_document": fact.model_dump_json().encode(), "now": now}


def _show(conn: Connection, box: LabelledBox, instead: StoredParcel | None, gone: Collection[str], now: int) -> None:
    """Show a person what the cart has wrong; what was resolved is not opened again by another label."""
    open_now = {"of_pipeline": box.pipeline, "subjects": [box.key]}
    if box.stored.shipment.package.tracking_number in gone or conn.scalar(_STILL_OPEN, open_now):
        open_problems(conn, box.pipeline, [label_voided(box, instead.parcel if instead else None)], now)


def _close_others(conn: Connection, boxes: Sequence[LabelledBox], found: Voided, now: int) -> None:
    for pipeline in {box.pipeline for box in boxes}:
        right = [box.key for box in boxes if box.pipeline == pipeline and box not in found.told]
        close_subjects(conn, pipeline, Code.LABEL_VOIDED, right, now)


def _wake(conn: Connection, waiting: Sequence[LabelledBox], now: int) -> None:
    """Have boxes looked at that wait for a number: it may be there."""
    if waiting:
        conn.execute(_WAKE, {"ids": [box.stored.id for box in waiting], "now": now})
    for pipeline in {box.pipeline for box in waiting}:
        schedule(conn, pipeline, "confirm", moment(now))


def _row(connection: str, pipeline: str, one: Parcel, now: int) -> dict[str, object]:
    return {
        "connection": connection,
        "external_id": one.external_id,
        "pipeline": pipeline,
        "reference": one.reference,
        "box": one.box,
        "tracking_number": one.tracking_number,
        "carrier": one.carrier,
        "service_level": one.service_level,
        "key": one.key,
        "voided_at": now if one.voided else None,
        "shipped_at": micros(one.shipped_at) if one.shipped_at else None,
        "seen_at": now,
        "document": one.model_dump_json().encode(),
    }
