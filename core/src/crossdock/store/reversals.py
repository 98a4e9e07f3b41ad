"""What a warehouse took back: kept once, and whatever it means of what is known already counts no more."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, Row, bindparam, delete, or_, select, update

from crossdock.domain import FulfillmentRequest, Shipment, ShipmentConfirmation, ShipmentReversal
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind
from crossdock.engine.ports import ShipmentState
from crossdock.engine.problems import Code
from crossdock.engine.reversal_plan import Box, TakenBack, covers, reversed_after_confirm, take_back
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import moment
from crossdock.store.problems import close_answered, close_subjects, open_problems
from crossdock.store.tables import promise, reversal, shipment
from crossdock.store.upsert import insert_into

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_NUMBERS: BindParameter[str] = bindparam("numbers", expanding=True)
_REVERSALS = select(reversal.c.document).where(
    reversal.c.connection == bindparam("on"), reversal.c.request_number.in_(_NUMBERS)
)
_REQUESTS = select(promise.c.key, promise.c.order_id, promise.c.document).where(
    promise.c.connection == bindparam("on"), promise.c.kind == Kind.RELEASE.value, promise.c.key.in_(_NUMBERS)
)
_COLUMNS = (shipment.c.id, shipment.c.pipeline, shipment.c.order_id, shipment.c.request_number, shipment.c.state)
_SHIPMENTS = (
    select(*_COLUMNS, shipment.c.document)
    .where(or_(shipment.c.order_id.in_(_IDS), shipment.c.order_id.is_(None)))
    .where(shipment.c.connection == bindparam("on"), shipment.c.request_number.in_(_NUMBERS))
    .where(shipment.c.state != ShipmentState.VOIDED.value)
    .order_by(shipment.c.id)
    .with_for_update()
)
_CONFIRMATIONS = (
    select(promise.c.id, promise.c.key, promise.c.state, promise.c.claimed_by, promise.c.document)
    .where(promise.c.order_id.in_(_IDS), promise.c.kind == Kind.CONFIRM.value)
    .with_for_update()
)
_VOID = update(shipment).where(shipment.c.id.in_(_IDS)).values(state=ShipmentState.VOIDED.value, look_again_at=None)
_ANEW = (
    update(shipment)
    .where(shipment.c.id.in_(_IDS))
    .values(state=ShipmentState.NEW.value, look_again_at=bindparam("now"))
)
_NOT_TOLD = delete(promise).where(promise.c.id.in_(_IDS))


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, reversal).on_conflict_do_nothing(index_elements=["connection", "external_id"])
    return keeping.returning(reversal.c.external_id)


def save_reversals(
    conn: Connection, lease: Lease, connection: str, reversals: Sequence[ShipmentReversal], now: int
) -> int:
    """Keep what was taken back and void what the cart was not told of; says how many reversals were new.

    A shipment that the cart was told of becomes a problem. Shipments that come later are voided by `taken_back`.
    """
    if not reversals:
        return 0
    renew(conn, lease, now)
    rows = [_row(connection, one, now) for one in {one.external_id: one for one in reversals}.values()]
    known = {external_id for (external_id,) in conn.execute(_keep(conn.dialect.name), rows)}
    void_shipments(conn, connection, [one for one in reversals if one.external_id in known], now)
    return len(known)


def taken_back(conn: Connection, connection: str, told: Sequence[Shipment]) -> Collection[str]:
    """The ids of those shipments that the warehouse took back before we heard of them."""
    reversals = reversals_of(conn, connection, [fact.request_number for fact in told])
    return {fact.external_id for fact in told if any(covers(one, fact) for one in reversals)}


def reversals_of(conn: Connection, connection: str, numbers: Collection[str]) -> list[ShipmentReversal]:
    """What the warehouse has taken back of these requests."""
    of = {"on": connection, "numbers": sorted(set(numbers))}
    return [ShipmentReversal.model_validate_json(one) for one in (conn.scalars(_REVERSALS, of) if numbers else ())]


def void_shipments(conn: Connection, connection: str, reversals: Sequence[ShipmentReversal], now: int) -> None:
    """Let these shipments count for nothing, as far as the cart was not told of them."""
    numbers = sorted({one.request_number for one in reversals})
    if not numbers:
        return
    requests = _requests(conn, connection, numbers)
    orders = {order_id for order_id, _ in requests.values()}
    rows = conn.execute(_SHIPMENTS, {"on": connection, "numbers": numbers, "ids": orders}).all()
    confirmations = _confirmations(conn, orders) if any(row.state == ShipmentState.PLANNED for row in rows) else {}
    of_number: defaultdict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in rows:
        of_number[row.request_number].append(row)
    for number, shipments in of_number.items():
        boxes = [_box(row, confirmations) for row in shipments]
        request = requests[number][1] if number in requests else None
        decided = take_back(boxes, [one for one in reversals if one.request_number == number], request)
        _write(conn, shipments[0], decided, confirmations, now)


def _requests(
    conn: Connection, connection: str, numbers: Sequence[str]
) -> Mapping[str, tuple[int, FulfillmentRequest]]:
    rows = conn.execute(_REQUESTS, {"on": connection, "numbers": numbers})
    return {key: (order_id, FulfillmentRequest.model_validate_json(document)) for key, order_id, document in rows}


def _confirmations(conn: Connection, orders: Collection[int]) -> Mapping[str, Row[*tuple[Any, ...]]]:
    return {row.key: row for row in conn.execute(_CONFIRMATIONS, {"ids": list(orders)})}


def _box(row: Row[*tuple[Any, ...]], confirmations: Mapping[str, Row[*tuple[Any, ...]]]) -> Box:
    fact = Shipment.model_validate_json(row.document)
    promised = confirmations.get(_key(fact))
    sent = promised is not None and not is_surely_unsent(promised)
    told = ShipmentConfirmation.model_validate_json(promised.document).lines if promised and sent else None
    return Box(row.id, fact, row.state == ShipmentState.PLANNED, told)


def is_surely_unsent(promised: Row[*tuple[Any, ...]]) -> bool:
    """What is due and in nobody's hands was never sent, or it is known that nothing came of it."""
    return promised.state == "due" and promised.claimed_by is None


def _key(fact: Shipment) -> str:
    return f"{fact.request_number}/{fact.external_id}"


def _write(
    conn: Connection,
    first: Row[*tuple[Any, ...]],
    decided: TakenBack,
    confirmations: Mapping[str, Row[*tuple[Any, ...]]],
    now: int,
) -> None:
    """Write what becomes of the boxes of one request, of which `first` is one row."""
    void, anew = [box.id for box in decided.void], [box.id for box in decided.anew]
    keys = [_key(box.shipment) for box in (*decided.void, *decided.anew)]
    if unsent := [confirmations[key].id for key in keys if key in confirmations]:
        conn.execute(_NOT_TOLD, {"ids": unsent})
    if void:
        conn.execute(_VOID, {"ids": void})
        close_answered(conn, first.pipeline, void, now)
        unknown = [_key(box.shipment) for box in decided.void]
        close_subjects(conn, first.pipeline, Code.UNKNOWN_SHIPMENT, unknown, now)
        over = {f"{_key(box.shipment)}/{line.sku}" for box in decided.void for line in box.shipment.package.lines}
        close_subjects(conn, first.pipeline, Code.OVER_PICKED, over, now)
    if anew:
        conn.execute(_ANEW, {"ids": anew, "now": now})
        schedule(conn, first.pipeline, "confirm", moment(now))
    problems = [reversed_after_confirm(box, first.order_id) for box in decided.told]
    open_problems(conn, first.pipeline, problems, now)


def _row(connection: str, one: ShipmentReversal, now: int) -> dict[str, object]:
    return {
        "connection": connection,
        "external_id": one.external_id,
        "request_number": one.request_number,
        "seen_at": now,
        "document": one.model_dump_json().encode(),
    }
