"""Labels on their way: which boxes need one, what was promised, and the files that they are printed from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, Row, bindparam, delete, insert, select, text, update

from crossdock.domain import FulfillmentRequest, Parcel, Product, Shipment
from crossdock.engine.label_plan import ProductWeight, first_key, key_of, wants_label
from crossdock.engine.label_ports import LabelCase, LabelWork, VoidWork
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, NewPromise, Promise, PromiseState
from crossdock.engine.ports import ShipmentState
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import LabelFile
from crossdock.store.compression import pack
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.parcels import parcels_of, save_parcels
from crossdock.store.problems import NOT_RESOLVED, close_subjects, open_problems
from crossdock.store.products import RECORD_OF_PRODUCT
from crossdock.store.promise_rows import due_row
from crossdock.store.promises import write_claimed
from crossdock.store.stock import subject_of
from crossdock.store.tables import label_file, orders, parcel, problem, product, promise, record, shipment
from crossdock.store.transactions import Transactions
from crossdock.store.upsert import insert_into

LABEL_CODES = (Code.LABEL_REFUSED, Code.LABEL_TOO_DEAR, Code.ADDRESS_REFUSED)
"""Problems that a box has only while it has no label."""
WAITING = (ShipmentState.NEW.value, ShipmentState.AWAITING_TRACKING.value)
GONE = (ShipmentState.VOIDED.value, ShipmentState.UNKNOWN.value)
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_BOXES = select(shipment.c.id, shipment.c.pipeline, shipment.c.order_id, shipment.c.state, shipment.c.document)
_WAITING_BOXES = (
    _BOXES.where(shipment.c.pipeline == bindparam("of_pipeline"), shipment.c.look_again_at.is_not(None))
    .where(shipment.c.state.in_(WAITING), shipment.c.order_id.is_not(None), shipment.c.id > bindparam("behind"))
    .order_by(shipment.c.id)
    .limit(bindparam("most"))
)
_THESE_BOXES = _BOXES.where(shipment.c.id.in_(_IDS))
_PROMISED = select(promise.c.key, promise.c.order_id).where(
    promise.c.connection == bindparam("on"), promise.c.kind == Kind.LABEL.value, promise.c.key.in_(_KEYS)
)
_REQUESTS = (
    select(promise.c.order_id, promise.c.key, promise.c.document)
    .where(promise.c.order_id.in_(_IDS), promise.c.kind == Kind.RELEASE.value)
    .where(promise.c.state != PromiseState.WITHDRAWN.value)
)
_PRODUCTS = (
    select(product.c.subject, record.c.document)
    .join(record, RECORD_OF_PRODUCT)
    .where(product.c.pipeline == bindparam("of_pipeline"), product.c.gone_at.is_(None))
    .where(product.c.subject.in_(bindparam("subjects", expanding=True)))
    .order_by(product.c.id)
)
_EXTERNAL_IDS = select(orders.c.id, orders.c.external_id).where(orders.c.id.in_(_IDS))
_KEPT = select(label_file.c.parcel_id).where(label_file.c.parcel_id == parcel.c.id).exists()
_WITHOUT_FILE = (
    select(parcel.c.document)
    .where(parcel.c.connection == bindparam("on"), parcel.c.seen_at >= bindparam("since"))
    .where(text("parcel.key <> ''"))  # literally the condition of the index
    .where(parcel.c.pipeline == bindparam("of_pipeline"), parcel.c.voided_at.is_(None), ~_KEPT)
    .order_by(parcel.c.seen_at.desc(), parcel.c.id.desc())
    .limit(bindparam("most"))
)
_PARCEL_ID = select(parcel.c.id).where(
    parcel.c.connection == bindparam("on"), parcel.c.external_id == bindparam("its_id")
)
_HINDERED = select(problem.c.subject, problem.c.order_id).where(
    problem.c.pipeline == bindparam("of_pipeline"),
    problem.c.code.in_(bindparam("codes", expanding=True)),
    problem.c.order_id.is_not(None),
    NOT_RESOLVED,
)
_LOOK_AT = (
    update(promise)
    .where(promise.c.order_id.in_(_IDS), promise.c.kind == Kind.LABEL.value, promise.c.key.in_(_KEYS))
    .where(promise.c.connection == bindparam("on"), promise.c.state == PromiseState.REJECTED.value)
    .values(state="in_doubt", attempts=0, due_at=bindparam("now"))
)
_BOXES_OF_ORDERS = _BOXES.where(shipment.c.order_id.in_(_IDS))
UNTRIED = (PromiseState.DUE.value, PromiseState.REJECTED.value)
"""A label in one of these states may never have been tried to be bought."""
_OF_KEY = (
    select(promise.c.id, promise.c.state, promise.c.document)
    .where(promise.c.connection == bindparam("on"), promise.c.kind == Kind.LABEL.value)
    .where(promise.c.key == bindparam("the_key"))
    .with_for_update()
)
_REVIVE = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(state="in_doubt", attempts=0, due_at=bindparam("now"), document=bindparam("new_document"))
)
_BOUGHT_AFTER_ALL = (
    update(promise)
    .where(promise.c.connection == bindparam("on"), promise.c.kind == Kind.LABEL.value)
    .where(promise.c.key == bindparam("the_key"), promise.c.state == PromiseState.REJECTED.value)
    .values(state=PromiseState.DONE.value, ref=bindparam("its_id"), error="")
)
_PARCELS_OF = (
    select(parcel.c.id)
    .join(promise, (promise.c.connection == parcel.c.connection) & (promise.c.ref == parcel.c.external_id))
    .where(promise.c.order_id.in_(_IDS), promise.c.kind == Kind.LABEL.value, promise.c.ref != "")
)
_TOO_OLD = select(label_file.c.parcel_id).where(label_file.c.keep_until < bindparam("now")).limit(bindparam("most"))


@cache
def _keep_file(dialect: str) -> Executable:
    keeping = insert_into(dialect, label_file)
    new = {name: keeping.excluded[name] for name in ("saved_at", "keep_until", "content")}
    return keeping.on_conflict_do_update(index_elements=["parcel_id", "format"], set_=new)


def boxes_without_label(
    conn: Connection, pipeline: str, connection: str, limit: int, after: int
) -> tuple[Sequence[LabelCase], int | None]:
    """Some packed boxes that wait for a number, and for which we promised and others bought no label."""
    rows = conn.execute(_WAITING_BOXES, {"of_pipeline": pipeline, "behind": after, "most": limit}).all()
    found = [(row, Shipment.model_validate_json(row.document)) for row in rows]
    wanting = {key_of(fact): (row, fact) for row, fact in found if wants_label(fact)}
    promised = _owners(conn, connection, wanting)
    new = [pair for key, pair in wanting.items() if promised.get(key) != pair[0].order_id]
    cases = [case for case in _cases(conn, connection, new) if not case.used and not case.others]
    return cases, rows[-1].id if len(rows) == limit else None


def _owners(conn: Connection, connection: str, keys: Collection[str]) -> Mapping[str, int]:
    rows = conn.execute(_PROMISED, {"on": connection, "keys": list(keys)}) if keys else ()
    return {row.key: row.order_id for row in rows}


def label_cases(conn: Connection, connection: str, shipment_ids: Collection[int]) -> Mapping[int, LabelCase]:
    """What is known of these boxes."""
    rows = conn.execute(_THESE_BOXES, {"ids": list(shipment_ids)}).all() if shipment_ids else ()
    found = [(row, Shipment.model_validate_json(row.document)) for row in rows if row.order_id is not None]
    return {case.shipment_id: case for case in _cases(conn, connection, found)}


def _cases(
    conn: Connection, connection: str, found: Sequence[tuple[Row[*tuple[Any, ...]], Shipment]]
) -> list[LabelCase]:
    numbers = {fact.request_number for _, fact in found}
    parcels = parcels_of(conn, connection, numbers)
    requests = _requests(conn, {row.order_id for row, _ in found})
    weights = _weights(conn, found)
    return [
        LabelCase(
            row.order_id,
            row.id,
            fact,
            requests.get((row.order_id, fact.request_number)),
            waits=row.state in WAITING,
            gone=row.state in GONE,
            weights=weights.get(row.pipeline, {}),
            parcels=tuple(one for one in parcels if one.parcel.reference == fact.request_number),
        )
        for row, fact in found
    ]


def _requests(conn: Connection, order_ids: Collection[int]) -> Mapping[tuple[int, str], FulfillmentRequest]:
    rows = conn.execute(_REQUESTS, {"ids": list(order_ids)}) if order_ids else ()
    return {(id, key): FulfillmentRequest.model_validate_json(document) for id, key, document in rows}


def _weights(
    conn: Connection, found: Iterable[tuple[Row[*tuple[Any, ...]], Shipment]]
) -> Mapping[str, Mapping[str, ProductWeight]]:
    """By pipeline and SKU, what the catalogue says of the pieces of boxes that the warehouse did not weigh."""
    wanted: dict[str, set[str]] = {}
    for row, fact in found:
        if not fact.package.weight:
            wanted.setdefault(row.pipeline, set()).update(line.sku for line in fact.package.lines)
    return {pipeline: _weights_of(conn, pipeline, skus) for pipeline, skus in wanted.items()}


def _weights_of(conn: Connection, pipeline: str, skus: Collection[str]) -> Mapping[str, ProductWeight]:
    asked = {"of_pipeline": pipeline, "subjects": sorted({subject_of(sku) for sku in skus})}
    known: dict[str, ProductWeight] = {}
    for subject, document in conn.execute(_PRODUCTS, asked) if skus else ():
        one = Product.model_validate_json(document) if document else None
        if one and (value := one.measures.get("weight")):
            known.setdefault(subject, ProductWeight(value, one.units.get("weight", "")))
    return {sku: known[subject_of(sku)] for sku in skus if subject_of(sku) in known}


def promise_labels(
    conn: Connection, lease: Lease, connection: str, works: Mapping[str, tuple[int, LabelWork]], now: int
) -> list[Promise]:
    """Write promises of labels, claimed; one whose key another order has is left out, with a problem."""
    renew(conn, lease, now)
    new = [
        NewPromise(Kind.LABEL, connection, order_id, key, work.model_dump_json().encode())
        for key, (order_id, work) in works.items()
    ]
    ids = [order_id for order_id, _ in works.values()]
    promises = write_claimed(conn, lease, new, dict(conn.execute(_EXTERNAL_IDS, {"ids": ids}).all()), now)
    taken = set(works) - {one.key for one in promises}
    problems = [_key_taken(connection, key, works[key][0]) for key in sorted(taken)]
    open_problems(conn, lease.pipeline, problems, now)
    return promises


def _key_taken(connection: str, key: str, order_id: int) -> Problem:
    return Problem(
        Code.LABEL_REFUSED,
        key,
        f"No label was bought for box {key}: a box of another order is known as {key} at {connection}",
        action="Buy it in the shipping system under this order number, and name the box in it: its number is found "
        "there. To keep such orders apart, give each client a connection of its own.",
        order_id=order_id,
    )


def labels_without_file(
    conn: Connection, pipeline: str, connection: str, limit: int, since: datetime
) -> Sequence[Parcel]:
    """Labels that we bought since then and whose file was not kept, the newest first."""
    asked = {"on": connection, "of_pipeline": pipeline, "since": micros(since), "most": limit}
    return [Parcel.model_validate_json(document) for document in conn.scalars(_WITHOUT_FILE, asked)]


def keep_label_file(
    conn: Connection, connection: str, one: Parcel, file: LabelFile, keep: timedelta, now: datetime
) -> None:
    """Keep what a label is printed from."""
    row = {
        "parcel_id": conn.execute(_PARCEL_ID, {"on": connection, "its_id": one.external_id}).scalar_one(),
        "format": file.format.value,
        "saved_at": micros(now),
        "keep_until": micros(now + keep),
        "content": pack(file.content),
    }
    conn.execute(_keep_file(conn.dialect.name), row)


def drop_label_files(conn: Connection, now: int, limit: int) -> int:
    """Delete some files that need not be kept any longer; says how many."""
    ids = conn.scalars(_TOO_OLD, {"now": now, "most": limit}).all()
    if ids:
        conn.execute(delete(label_file).where(label_file.c.parcel_id.in_(ids), label_file.c.keep_until < now))
    return len(ids)


def drop_files_of(conn: Connection, order_ids: Collection[int]) -> None:
    """Delete the files of all labels of these orders: they show the buyer's address."""
    ids = conn.scalars(_PARCELS_OF, {"ids": list(order_ids)}).all()
    if ids:
        conn.execute(delete(label_file).where(label_file.c.parcel_id.in_(ids)))


def save_voided(conn: Connection, lease: Lease, connection: str, kept: Promise, work: VoidWork, now: int) -> None:
    """Keep that a label was taken back; where another one is to be bought, that is promised with it."""
    voided = work.parcel.model_copy(update={"voided": True})
    save_parcels(conn, lease, connection, lease.pipeline, [voided], now)
    if work.next_key:
        promise_again(conn, lease.pipeline, connection, kept.order_id, work, now)


def promise_again(conn: Connection, pipeline: str, connection: str, order_id: int, voided: VoidWork, now: int) -> None:
    """Promise another label for a box of which one was taken back; once, however often this is done."""
    known = conn.execute(_OF_KEY, {"on": connection, "the_key": voided.next_key}).one_or_none()
    if known is None:
        document = LabelWork(shipment_id=voided.shipment_id, again=True).model_dump_json().encode()
        row = due_row(pipeline, connection, Kind.LABEL, order_id, voided.next_key, document, now)
        conn.execute(insert(promise), row)
    elif known.state in UNTRIED:
        work = LabelWork.model_validate_json(known.document).model_copy(update={"again": True})
        conn.execute(_REVIVE, {"promise_id": known.id, "new_document": work.model_dump_json().encode(), "now": now})
    if gone := voided.parcel.key if voided.parcel.key != voided.next_key else "":
        conn.execute(_BOUGHT_AFTER_ALL, {"on": connection, "the_key": gone, "its_id": voided.parcel.external_id})
    for code in LABEL_CODES:
        close_subjects(conn, pipeline, code, [voided.next_key, *filter(None, [gone])], now)
    schedule(conn, pipeline, "label", moment(now))


def close_labelled(conn: Connection, lease: Lease, connection: str, now: int) -> None:
    """Close what hindered the purchase of labels for boxes that need none any more; these are looked at once more, so
    that it is known what they travel as."""
    codes = [code.value for code in LABEL_CODES]
    hindered = conn.execute(_HINDERED, {"of_pipeline": lease.pipeline, "codes": codes}).all()
    if not hindered:
        return
    rows = conn.execute(_BOXES_OF_ORDERS, {"ids": [row.order_id for row in hindered]}).all()
    cases = _cases(conn, connection, [(row, Shipment.model_validate_json(row.document)) for row in rows])
    wanting = {(case.order_id, key_of(case.shipment)): case for case in cases if not case.used}
    over = [row.subject for row in hindered if not _is_wanting(wanting, row.order_id, row.subject)]
    for code in LABEL_CODES:
        close_subjects(conn, lease.pipeline, code, over, now)
    if over:
        ids = [row.order_id for row in hindered]
        conn.execute(_LOOK_AT, {"ids": ids, "keys": over, "on": connection, "now": now})


def _is_wanting(wanting: Mapping[tuple[int, str], LabelCase], order_id: int, key: str) -> bool:
    case = wanting.get((order_id, first_key(key)))
    return case is not None and case.is_wanted(again=first_key(key) != key)


class StoreOfLabels(Transactions):
    """Implements `crossdock.engine.label_ports.Labels`."""

    async def boxes_without_label(
        self, pipeline: str, connection: str, limit: int, *, after: int = 0
    ) -> tuple[Sequence[LabelCase], int | None]:
        return await self.read(boxes_without_label, pipeline, connection, limit, after)

    async def label_cases(self, connection: str, shipment_ids: Collection[int]) -> Mapping[int, LabelCase]:
        return await self.read(label_cases, connection, shipment_ids)

    async def promise_labels(
        self, lease: Lease, connection: str, works: Mapping[str, tuple[int, LabelWork]], *, now: datetime
    ) -> Sequence[Promise]:
        return await self.write(promise_labels, lease, connection, works, micros(now))

    async def labels_without_file(
        self, pipeline: str, connection: str, limit: int, *, since: datetime
    ) -> Sequence[Parcel]:
        return await self.read(labels_without_file, pipeline, connection, limit, since)

    async def keep_label_file(
        self, connection: str, parcel: Parcel, file: LabelFile, keep: timedelta, *, now: datetime
    ) -> None:
        await self.write(keep_label_file, connection, parcel, file, keep, now)

    async def save_voided(
        self, lease: Lease, connection: str, promise: Promise, work: VoidWork, *, now: datetime
    ) -> None:
        await self.write(save_voided, lease, connection, promise, work, micros(now))

    async def close_labelled(self, lease: Lease, connection: str, *, now: datetime) -> None:
        await self.write(close_labelled, lease, connection, micros(now))
