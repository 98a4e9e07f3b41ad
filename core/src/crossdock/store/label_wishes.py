"""What a person decides about labels. Use as `await store.write(ask_void, …)`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, insert, select, update

from crossdock.domain import Parcel, Shipment
from crossdock.engine.label_plan import AGAIN, HIDDEN, first_key, key_of, next_key
from crossdock.engine.label_ports import LabelWork, VoidWork
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.problems import Code
from crossdock.store.audit import Deed, note_deed
from crossdock.store.deciding import NotPossible
from crossdock.store.errors import NotFound
from crossdock.store.labels import UNTRIED, promise_again
from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.problems import close_subjects
from crossdock.store.promise_rows import due_row
from crossdock.store.tables import orders, parcel, problem, promise, shipment

_PIPELINES: BindParameter[str] = bindparam("pipelines", expanding=True)
_LABELS = select(
    *(promise.c[name] for name in ("id", "pipeline", "connection", "order_id", "key", "state", "ref", "document"))
).where(promise.c.kind == Kind.LABEL.value)
_OF_KEY = _LABELS.where(
    promise.c.key == bindparam("the_key"),
    promise.c.order_id.in_(
        select(shipment.c.order_id).where(shipment.c.request_number.in_(bindparam("numbers", expanding=True)))
    ),
)
_OF_ORDER = _LABELS.where(promise.c.order_id == bindparam("of_order")).order_by(promise.c.id).with_for_update()
_PARCELS = select(
    *(parcel.c[name] for name in ("id", "connection", "pipeline", "voided_at", "shipment_id", "document"))
)
_OF_OUR_KEY = _PARCELS.where(
    parcel.c.reference.in_(bindparam("numbers", expanding=True)), parcel.c.key == bindparam("the_key")
)
_OF_NUMBER = _PARCELS.where(parcel.c.tracking_number == bindparam("the_number"))
_OF_ID = _PARCELS.where(parcel.c.connection == bindparam("on"), parcel.c.external_id == bindparam("its_id"))
_BOX = select(shipment.c.id, shipment.c.pipeline, shipment.c.order_id, shipment.c.document).where(
    shipment.c.id == bindparam("its_id"), shipment.c.order_id.is_not(None)
)
_NUMBER = select(orders.c.number).where(orders.c.id == bindparam("of_order"))
_VOIDING = (
    select(promise.c.id, promise.c.state, promise.c.due_at)
    .where(
        promise.c.connection == bindparam("on"), promise.c.kind == Kind.VOID.value, promise.c.key == bindparam("its_id")
    )
    .with_for_update()
)
_DUE_AGAIN = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(state=bindparam("new_state"), attempts=0, error="", due_at=bindparam("now"))
    .values(document=bindparam("new_document"))
)
_OPEN = select(problem.c.code).where(
    problem.c.pipeline == bindparam("of_pipeline"),
    problem.c.subject == bindparam("its_key"),
    problem.c.code.in_([Code.LABEL_TOO_DEAR.value, Code.ADDRESS_REFUSED.value]),
    problem.c.state != "resolved",
)
ANOTHER, NO_OTHER = "another one is bought", "the box waits for a label by hand"


@dataclass(frozen=True, slots=True)
class AskedVoid:
    """What was noted: where the label was bought, its number, and under which key another one is bought, if any.

    `travels_as` is the other number that the box has already, if there is one.
    """

    pipeline: str
    connection: str
    parcel_id: str
    tracking_number: str
    next_key: str
    voided_before: bool
    travels_as: str


def ask_void(
    conn: Connection,
    reference: str,
    *,
    again: bool,
    why: str,
    by: str,
    pipelines: Collection[str] | None = None,
    now: datetime,
) -> AskedVoid:
    """Note that a label (by our key, or its tracking number) is to be taken back; `again`: another one is bought.

    Raises `NotFound` and `NotPossible`.
    """
    label = _the_parcel(conn, reference, pipelines)
    told = Parcel.model_validate_json(label.document)
    box = _the_box(conn, label, told)
    other = _other_number(conn, box, told)
    if again and other:
        raise NotPossible(f"the box of {told.tracking_number} travels with {other}: take it back without --again")
    key = _next_key(conn, box) if again else ""
    work = VoidWork(parcel=told, why=why, next_key=key, shipment_id=box.id)
    if label.voided_at is not None:
        if not again:
            raise NotPossible(f"the label {told.tracking_number} was taken back already")
        promise_again(conn, box.pipeline, label.connection, box.order_id, work, micros(now))
    else:
        _promise_void(conn, label.connection, box, work, now)
    what = f"{ANOTHER} as {key}" if again else f"the box travels with {other}" if other else NO_OTHER
    number = conn.scalar(_NUMBER, {"of_order": box.order_id}) or ""
    before = f"label {told.key or told.external_id} {told.tracking_number}"
    deed = Deed(by, "void label", number, box.pipeline, box.order_id, before, f"taken back; {what}", why)
    note_deed(conn, deed, micros(now))
    before_this = label.voided_at is not None
    return AskedVoid(box.pipeline, label.connection, told.external_id, told.tracking_number, key, before_this, other)


def _the_parcel(conn: Connection, reference: str, pipelines: Collection[str] | None) -> Row[*tuple[Any, ...]]:
    """The label that a person means; one that was taken back only where no other one is called so."""
    refs = [(row.connection, row.ref) for row in _in(pipelines, _of_key(conn, reference))]
    found = [row for on, id in refs for row in conn.execute(_OF_ID, {"on": on, "its_id": id})]
    found = found or _in(pipelines, _parcels_of_key(conn, reference))
    found = found or _in(pipelines, conn.execute(_OF_NUMBER, {"the_number": reference}))
    live = [row for row in found if row.voided_at is None] or found[-1:]
    if not live:
        raise NotFound(f"no label is known as '{reference}'; `crossdock labels list` shows those that were bought")
    if len(live) > 1:
        where = ", ".join(sorted({f"{row.pipeline} at {row.connection}" for row in live}))
        raise NotFound(
            f"several labels are known as '{reference}' ({where}): say which pipeline is meant with --pipeline"
        )
    return live[0]


def _of_key(conn: Connection, key: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The labels with this key; it begins with the order number of a box, which leads to them."""
    numbers = _numbers_of(key)
    return conn.execute(_OF_KEY, {"the_key": key, "numbers": numbers}).all() if numbers else ()


def _parcels_of_key(conn: Connection, key: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """What was bought under this key, whether or not its promise was kept."""
    numbers = _numbers_of(key)
    return conn.execute(_OF_OUR_KEY, {"the_key": key, "numbers": numbers}).all() if numbers else ()


def _numbers_of(key: str) -> list[str]:
    slashes = [place for place, letter in enumerate(key) if letter == "/"]
    return [key[:place].replace(HIDDEN, AGAIN) for place in slashes]


def _in(pipelines: Collection[str] | None, rows: Any) -> list[Row[*tuple[Any, ...]]]:
    return [row for row in rows if pipelines is None or row.pipeline in pipelines]


def _the_box(conn: Connection, label: Row[*tuple[Any, ...]], told: Parcel) -> Row[*tuple[Any, ...]]:
    """The box that a label is for: the one that travels with it, or for which we bought it."""
    ids = [label.shipment_id] if label.shipment_id else []
    if told.key:
        works = _of_key(conn, told.key)
        ids += [
            LabelWork.model_validate_json(row.document).shipment_id
            for row in works
            if row.connection == label.connection
        ]
    box = next((row for id in ids for row in conn.execute(_BOX, {"its_id": id})), None)
    if box is None:
        raise NotPossible(
            f"no box of ours is known to travel with {told.tracking_number}: take it back in the shipping system"
        )
    return box


def _other_number(conn: Connection, box: Row[*tuple[Any, ...]], told: Parcel) -> str:
    """The number with which a box travels that does not need this label; none where that one was taken back, too."""
    number = Shipment.model_validate_json(box.document).package.tracking_number
    known = conn.execute(_OF_NUMBER, {"the_number": number}).all()
    is_gone = bool(known) and all(row.voided_at is not None for row in known)
    return "" if is_gone or number == told.tracking_number else number


def _next_key(conn: Connection, box: Row[*tuple[Any, ...]]) -> str:
    """The key of the label after all that the box had; raises `NotPossible` while one is being bought."""
    first = key_of(Shipment.model_validate_json(box.document))
    had = [row for row in conn.execute(_OF_ORDER, {"of_order": box.order_id}) if first_key(row.key) == first]
    if not had:
        return next_key(first)
    last = had[-1]
    if last.state == PromiseState.DONE or (last.state == PromiseState.REJECTED and _parcels_of_key(conn, last.key)):
        return next_key(last.key)
    if last.state in UNTRIED and LabelWork.model_validate_json(last.document).tried_at is None:
        return str(last.key)
    raise NotPossible(f"the label {last.key} of this box is being bought: `crossdock labels show {last.key}`")


def _promise_void(conn: Connection, connection: str, box: Row[*tuple[Any, ...]], work: VoidWork, now: datetime) -> None:
    id, document = work.parcel.external_id, work.model_dump_json().encode()
    before = conn.execute(_VOIDING, {"on": connection, "its_id": id}).one_or_none()
    if before is None:
        row = due_row(box.pipeline, connection, Kind.VOID, box.order_id, id, document, micros(now))
        conn.execute(insert(promise), row)
    elif before.due_at is not None:
        raise NotPossible(f"the label {work.parcel.tracking_number} is being taken back already")
    else:
        again = {"promise_id": before.id, "new_state": PromiseState.DUE.value, "new_document": document}
        conn.execute(_DUE_AGAIN, again | {"now": micros(now)})
        close_subjects(conn, box.pipeline, Code.VOID_REFUSED, [id], micros(now))
    schedule(conn, box.pipeline, "void", now)


def approve_label(
    conn: Connection, key: str, *, by: str, pipelines: Collection[str] | None = None, now: datetime
) -> str:
    """Have a label bought that is dearer than `labels.most`, or whose address was doubted; gives the pipeline.

    Raises `NotFound` and `NotPossible`.
    """
    label = the_label(conn, key, pipelines)
    codes = set(conn.scalars(_OPEN, {"of_pipeline": label.pipeline, "its_key": key}))
    work = LabelWork.model_validate_json(label.document)
    price = work.chosen.cost if Code.LABEL_TOO_DEAR in codes and work.chosen else None
    if label.state != PromiseState.REJECTED or not (price or Code.ADDRESS_REFUSED in codes):
        raise NotPossible(
            f"the label {key} waits for nobody's word: it is {label.state.replace('_', ' ')}; "
            f"`crossdock labels show {key}` says more"
        )
    allowed = work.model_copy(
        update={
            "approved": price or work.approved,
            "address_approved": work.address_approved or Code.ADDRESS_REFUSED in codes,
        }
    )
    again = {"promise_id": label.id, "new_state": PromiseState.IN_DOUBT.value, "now": micros(now)}
    conn.execute(_DUE_AGAIN, again | {"new_document": allowed.model_dump_json().encode()})
    for code in (Code.LABEL_TOO_DEAR, Code.ADDRESS_REFUSED):
        close_subjects(conn, label.pipeline, code, [key], micros(now))
    schedule(conn, label.pipeline, "label", now)
    what = f"{price} for {key}" if price else f"the address of {key}"
    note_deed(conn, Deed(by, "approve label", key, label.pipeline, label.order_id, after=what), micros(now))
    return str(label.pipeline)


def the_label(conn: Connection, key: str, pipelines: Collection[str] | None = None) -> Row[*tuple[Any, ...]]:
    """The label that a person means by our key; raises `NotFound`."""
    found = _in(pipelines, _of_key(conn, key))
    if not found:
        raise NotFound(f"no label was promised as '{key}'; `crossdock labels list` shows their keys")
    if len(found) > 1:
        where = ", ".join(sorted({row.pipeline for row in found}))
        raise NotFound(f"'{key}' is a label of several pipelines ({where}): say which one with --pipeline")
    return found[0]
