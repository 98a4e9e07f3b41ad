"""What the warehouse picked and packed: kept once, told to the order it belongs to, planned for the cart."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, Connection, Executable, bindparam, func, or_, select, update

from crossdock.domain import FulfillmentRequest, Order, Shipment, ShipmentConfirmation
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.engine.ports import ConfirmCase, ConfirmPlan, ShipmentState, StoredOrder, StoredShipment
from crossdock.engine.problems import Code, Problem
from crossdock.store.intake import RECORD_OF_ORDER
from crossdock.store.leases import renew
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_answered, open_problems
from crossdock.store.promises import write_claimed
from crossdock.store.reversals import taken_back
from crossdock.store.tables import orders, promise, record, shipment
from crossdock.store.upsert import insert_into

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_OWNERS = select(promise.c.key, promise.c.order_id, promise.c.pipeline).where(
    promise.c.connection == bindparam("on"),
    promise.c.kind == Kind.RELEASE.value,
    promise.c.key.in_(bindparam("numbers", expanding=True)),
    promise.c.state != PromiseState.WITHDRAWN.value,
)
_OPEN_ORDERS = (
    select(shipment.c.order_id)
    .where(shipment.c.pipeline == bindparam("of_pipeline"), shipment.c.look_again_at <= bindparam("now"))
    .group_by(shipment.c.order_id)
    .order_by(func.min(shipment.c.look_again_at), shipment.c.order_id)
    .limit(bindparam("most"))
)
_ORDERS = (
    select(orders.c.id, orders.c.external_id, record.c.document)
    .join(record, RECORD_OF_ORDER)
    .where(orders.c.id.in_(_IDS))
)
_PROMISES = (
    select(promise.c.order_id, promise.c.kind, promise.c.document)
    .where(promise.c.order_id.in_(_IDS), promise.c.kind.in_([Kind.RELEASE.value, Kind.CONFIRM.value]))
    .where(promise.c.state != PromiseState.WITHDRAWN.value)
    .order_by(promise.c.id)
)
_SHIPMENTS = (
    select(shipment.c.order_id, shipment.c.id, shipment.c.state, shipment.c.document, shipment.c.created_at)
    .where(shipment.c.order_id.in_(_IDS))
    .where(or_(shipment.c.state == "planned", shipment.c.look_again_at <= bindparam("now")))
    .order_by(shipment.c.id)
)
_RECONSIDER = (
    update(shipment)
    .where(shipment.c.pipeline == bindparam("of_pipeline"), shipment.c.state == "held")
    .values(state="new", look_again_at=bindparam("now"))
)
_STATES = (
    select(shipment.c.id, shipment.c.state).where(shipment.c.id.in_(_IDS)).order_by(shipment.c.id).with_for_update()
)
_EXTERNAL_IDS = select(orders.c.id, orders.c.external_id).where(orders.c.id.in_(_IDS))
_SET_STATE = (
    update(shipment)
    .where(shipment.c.id == bindparam("its_id"))
    .values(state=bindparam("new_state"), look_again_at=bindparam("again_at"))
)
_COMPLETE = update(shipment).where(shipment.c.id == bindparam("its_id")).values(document=bindparam("new_document"))


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, shipment).on_conflict_do_nothing(index_elements=["connection", "external_id"])
    return keeping.returning(shipment.c.order_id, shipment.c.request_number, shipment.c.external_id, shipment.c.state)


def keep_shipments(
    conn: Connection, pipeline: str, connection: str, told: Sequence[tuple[str, Shipment]], now: int
) -> int:
    """Keep shipments, each with the id of its record; says how many were new."""
    rows = _rows(conn, pipeline, connection, told, now)
    new = conn.execute(_keep(conn.dialect.name), rows).all() if rows else []
    unknown = [_unknown(connection, number, box) for _, number, box, state in new if state == ShipmentState.UNKNOWN]
    open_problems(conn, pipeline, unknown, now)
    return len(new)


def owners_of(conn: Connection, connection: str, numbers: Sequence[str]) -> Mapping[str, tuple[int, str]]:
    """Order and pipeline to which request numbers of a warehouse belong."""
    rows = conn.execute(_OWNERS, {"on": connection, "numbers": numbers}) if numbers else ()
    return {key: (order_id, pipeline) for key, order_id, pipeline in rows}


def _rows(
    conn: Connection, pipeline: str, connection: str, told: Sequence[tuple[str, Shipment]], now: int
) -> list[dict[str, object]]:
    """The rows of the shipments; one that another pipeline asked for belongs to that pipeline."""
    owners = owners_of(conn, connection, [fact.request_number for _, fact in told])
    gone = taken_back(conn, connection, [fact for _, fact in told])
    rows: list[dict[str, object]] = []
    for record_id, fact in told:
        order_id, owner = owners.get(fact.request_number, (None, pipeline))
        state = ShipmentState.UNKNOWN if order_id is None else ShipmentState.NEW
        state = ShipmentState.VOIDED if fact.external_id in gone else state
        rows.append(
            {
                "pipeline": owner,
                "connection": connection,
                "external_id": fact.external_id,
                "record_id": record_id,
                "request_number": fact.request_number,
                "order_id": order_id,
                "state": state.value,
                "look_again_at": now if state is ShipmentState.NEW else None,
                "created_at": now,
                "document": fact.model_dump_json().encode(),
            }
        )
    return rows


def _unknown(connection: str, number: str, box: str) -> Problem:
    return Problem(
        Code.UNKNOWN_SHIPMENT,
        f"{number}/{box}",
        f"The warehouse {connection} shipped box {box} of order {number}, which crossdock never sent there",
        action="If it was made by hand, confirm it at the cart by hand and resolve this; "
        "if the order is sent later under this number, `crossdock problems retry`.",
    )


def confirm_cases(conn: Connection, pipeline: str, limit: int, now: int) -> list[ConfirmCase]:
    """All that is needed to decide about the orders whose shipments are to be looked at."""
    ids = conn.scalars(_OPEN_ORDERS, {"of_pipeline": pipeline, "now": now, "most": limit}).all()
    return _cases(conn, ids, now) if ids else []


def confirm_case(conn: Connection, order_id: int, now: int) -> ConfirmCase:
    """The same about one order."""
    [case] = _cases(conn, [order_id], now)
    return case


def _cases(conn: Connection, ids: Sequence[int], now: int) -> list[ConfirmCase]:
    requests: dict[int, list[FulfillmentRequest]] = {id: [] for id in ids}
    told: dict[int, list[ShipmentConfirmation]] = {id: [] for id in ids}
    for order_id, kind, document in conn.execute(_PROMISES, {"ids": ids}):
        if kind == Kind.RELEASE:
            requests[order_id].append(FulfillmentRequest.model_validate_json(document))
        else:
            told[order_id].append(ShipmentConfirmation.model_validate_json(document))
    shipments: dict[int, list[StoredShipment]] = {id: [] for id in ids}
    for order_id, id, state, document, created_at in conn.execute(_SHIPMENTS, {"ids": ids, "now": now}):
        fact = Shipment.model_validate_json(document)
        shipments[order_id].append(StoredShipment(id, ShipmentState(state), fact, moment(created_at)))
    stored = {
        id: StoredOrder(id, key, Order.model_validate_json(document))
        for id, key, document in conn.execute(_ORDERS, {"ids": ids})
    }
    return [_case(stored[id], requests[id], shipments[id], told[id]) for id in ids]


def _case(
    order: StoredOrder,
    requests: Sequence[FulfillmentRequest],
    shipments: Sequence[StoredShipment],
    told: Sequence[ShipmentConfirmation],
) -> ConfirmCase:
    planned = tuple(item for item in shipments if item.state is ShipmentState.PLANNED)
    left = tuple(item for item in shipments if item.state is not ShipmentState.PLANNED)
    return ConfirmCase(order, tuple(requests), planned, left, tuple(told))


def save_confirmations(
    conn: Connection, lease: Lease, plans: Sequence[ConfirmPlan], problems: Sequence[Problem], now: int
) -> list[Promise]:
    """Write the confirm promises, claimed, and what became of the shipments."""
    renew(conn, lease, now)
    plans = _still_true(conn, plans)
    new = [item for plan in plans for item in plan.promises]
    ids = list({item.order_id for item in new})
    external_ids = dict(conn.execute(_EXTERNAL_IDS, {"ids": ids}).all()) if ids else {}
    promises = write_claimed(conn, lease, new, external_ids, now)
    if states := [_new_state(id, state, plan, now) for plan in plans for id, state in plan.states.items()]:
        conn.execute(_SET_STATE, states)
    if completed := [_completed(id, fact) for plan in plans for id, fact in plan.completed.items()]:
        conn.execute(_COMPLETE, completed)
    planned = [id for plan in plans for id, state in plan.states.items() if state is ShipmentState.PLANNED]
    close_answered(conn, lease.pipeline, planned, now)
    open_problems(conn, lease.pipeline, problems, now)
    return promises


def _still_true(conn: Connection, plans: Sequence[ConfirmPlan]) -> Sequence[ConfirmPlan]:
    """The plans whose shipments are still as they were seen; the others are made anew in the next round."""
    seen = {id: state.value for plan in plans for id, state in plan.seen.items()}
    states = dict(conn.execute(_STATES, {"ids": list(seen)}).all()) if seen else {}
    return [plan for plan in plans if all(states.get(id) == seen[id] for id in plan.seen)]


def reconsider_held(conn: Connection, pipeline: str, now: int) -> int:
    """Look at the shipments again for whose carrier the cart had no name."""
    return conn.execute(_RECONSIDER, {"of_pipeline": pipeline, "now": now}).rowcount


def _new_state(id: int, state: ShipmentState, plan: ConfirmPlan, now: int) -> dict[str, object]:
    again: dict[ShipmentState, datetime | None] = {ShipmentState.AWAITING_TRACKING: plan.look_again_at}
    look_again_at = micros(later) if (later := again.get(state)) else now
    waits = state in (ShipmentState.NEW, ShipmentState.AWAITING_TRACKING)
    return {"its_id": id, "new_state": state.value, "again_at": look_again_at if waits else None}


def _completed(id: int, fact: Shipment) -> dict[str, object]:
    return {"its_id": id, "new_document": fact.model_dump_json().encode()}
