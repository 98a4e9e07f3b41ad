"""Pieces that warehouses will not ship: kept once, taken back with the work, decided by the rules."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, Row, bindparam, exists, func, select, text, update

from crossdock.domain import Shipment, ShipmentReversal, Shortage
from crossdock.engine.adjustment_plan import cancelled_units
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind
from crossdock.engine.ports import ShipmentState
from crossdock.engine.problems import Code
from crossdock.engine.short_picks import covers
from crossdock.engine.shortage_ports import ShortageState, ShortCase, ShortPlan, StoredShortage
from crossdock.store.adjusting import promise_adjustment
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.reversals import reversals_of
from crossdock.store.shipments import orders_of, owners_of, promised_of
from crossdock.store.tables import orders, promise, shipment, shortage
from crossdock.store.upsert import insert_into

TAKEN_BACK = "the warehouse took the work back"

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_OPEN = text("shortage.state = 'open'")  # literally the condition of the index
_OPEN_ORDERS = (
    select(shortage.c.order_id)
    .where(shortage.c.pipeline == bindparam("of_pipeline"), _OPEN, shortage.c.order_id > bindparam("behind"))
    .group_by(shortage.c.order_id)
    .order_by(shortage.c.order_id)
    .limit(bindparam("most"))
)
_STANDING = (
    select(shortage.c.order_id, shortage.c.connection, shortage.c.state, shortage.c.outcome, shortage.c.document)
    .where(shortage.c.order_id.in_(_IDS), shortage.c.state != ShortageState.TAKEN_BACK.value)
    .order_by(shortage.c.seen_at, shortage.c.external_id)
)
_PICKED = select(shipment.c.order_id, shipment.c.document).where(
    shipment.c.order_id.in_(_IDS), shipment.c.state != ShipmentState.VOIDED.value
)
_ASKED = (
    select(func.count())
    .select_from(promise)
    .where(promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.ADJUST.value)
)
_LOCK = select(orders.c.id).where(orders.c.id == bindparam("of_order")).with_for_update()
_DECIDE = (
    update(shortage)
    .where(shortage.c.connection == bindparam("on"), shortage.c.external_id == bindparam("its_id"), _OPEN)
    .values(state=bindparam("new_state"), outcome=bindparam("new_outcome"))
)
_OPEN_OF = select(shortage.c.external_id, shortage.c.document, shortage.c.pipeline, shortage.c.order_id).where(
    shortage.c.connection == bindparam("on"),
    _OPEN,
    shortage.c.pipeline.in_(bindparam("of_pipelines", expanding=True)),
    shortage.c.request_number.in_(bindparam("numbers", expanding=True)),
)
_other = shortage.alias("other")
_NUMBERS_WITHOUT = select(orders.c.number).where(
    orders.c.id.in_(_IDS),
    ~exists().where(_other.c.order_id == orders.c.id, _other.c.state == ShortageState.OPEN.value),
)
_ROWS = select(orders.c.id, orders.c.external_id).where(
    orders.c.pipeline == bindparam("of_pipeline"), orders.c.external_id.in_(bindparam("external_ids", expanding=True))
)


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, shortage).on_conflict_do_nothing(index_elements=["connection", "external_id"])
    return keeping.returning(shortage.c.external_id)


def save_shortages(conn: Connection, pipeline: str, connection: str, told: Sequence[Shortage], now: int) -> int:
    """Keep what warehouses will not ship; says how many facts were new.

    One that belongs to no request is kept, and means nothing; one that was taken back before we heard of it likewise.
    """
    if not told:
        return 0
    owners = owners_of(conn, connection, [fact.request_number for fact in told])
    reversals = reversals_of(conn, connection, [fact.request_number for fact in told])
    rows = [_row(pipeline, connection, fact, owners.get(fact.request_number), reversals, now) for fact in told]
    new = len(conn.execute(_keep(conn.dialect.name), rows).all())
    for owner in {str(row["pipeline"]) for row in rows} - {pipeline} if new else ():
        schedule(conn, owner, "confirm", moment(now))
    return new


def take_shortages_back(
    conn: Connection, pipeline: str, connection: str, reversals: Sequence[ShipmentReversal], now: int
) -> None:
    """Of work that was taken back, what was found short is not known any more, unless it was decided."""
    if not reversals:
        return
    owners = owners_of(conn, connection, [one.request_number for one in reversals])
    pipelines = {pipeline, *(owner for _, owner in owners.values())}
    asked = {"on": connection, "of_pipelines": list(pipelines), "numbers": [one.request_number for one in reversals]}
    gone: defaultdict[str, set[int]] = defaultdict(set)
    for row in conn.execute(_OPEN_OF, asked).all():
        if any(covers(one, Shortage.model_validate_json(row.document)) for one in reversals):
            _decide(conn, connection, row.external_id, ShortageState.TAKEN_BACK, TAKEN_BACK)
            gone[row.pipeline].add(row.order_id)
    for owner, order_ids in gone.items():
        numbers = conn.scalars(_NUMBERS_WITHOUT, {"ids": list(order_ids)}).all()
        close_subjects(conn, owner, Code.SHORT_PICK, numbers, now)


def _decide(conn: Connection, connection: str, external_id: str, state: ShortageState, outcome: str) -> None:
    key = {"on": connection, "its_id": external_id}
    conn.execute(_DECIDE, {**key, "new_state": state.value, "new_outcome": outcome})


def short_cases(conn: Connection, pipeline: str, after: int, limit: int) -> list[ShortCase]:
    """All that is needed to decide about the orders with open shortages."""
    ids = list(conn.scalars(_OPEN_ORDERS, {"of_pipeline": pipeline, "behind": after, "most": limit}))
    if not ids:
        return []
    shortages: dict[int, list[StoredShortage]] = {id: [] for id in ids}
    for row in conn.execute(_STANDING, {"ids": ids}):
        shortages[row.order_id].append(_stored(row))
    picked: dict[int, list[Shipment]] = {id: [] for id in ids}
    for order_id, document in conn.execute(_PICKED, {"ids": ids}):
        picked[order_id].append(Shipment.model_validate_json(document))
    promised, stored = promised_of(conn, ids), orders_of(conn, ids)
    return [
        ShortCase(
            stored[id],
            tuple(promised[id].requests),
            tuple(picked[id]),
            tuple(sorted(shortages[id], key=lambda one: one.shortage.noticed_at)),
            tuple(promised[id].asked),
            tuple(promised[id].asked_since_release()),
        )
        for id in ids
    ]


def _stored(row: Row[*tuple[Any, ...]]) -> StoredShortage:
    fact = Shortage.model_validate_json(row.document)
    return StoredShortage(row.connection, ShortageState(row.state), fact, row.outcome)


def save_short_plans(
    conn: Connection, lease: Lease, connection: str, plans: Sequence[ShortPlan], *, now: datetime
) -> None:
    """Promise what the cart is asked, and write what became of the shortages."""
    renew(conn, lease, micros(now))
    for plan in plans:
        conn.execute(_LOCK, {"of_order": plan.order_id})
        if conn.scalar(_ASKED, {"of_order": plan.order_id}) == plan.seen:
            _save_plan(conn, lease.pipeline, connection, plan, now)


def _save_plan(conn: Connection, pipeline: str, connection: str, plan: ShortPlan, now: datetime) -> None:
    for adjustment in plan.adjustments:
        promise_adjustment(conn, pipeline, connection, plan.order_id, adjustment, now)
    for (warehouse, external_id), (state, outcome) in plan.states.items():
        _decide(conn, warehouse, external_id, state, outcome)
    if plan.problem:
        open_problems(conn, pipeline, [plan.problem], micros(now))
    else:
        close_subjects(conn, pipeline, Code.SHORT_PICK, [plan.number], micros(now))


def own_cancellations(
    conn: Connection, pipeline: str, external_ids: Collection[str]
) -> Mapping[str, Mapping[str, int]]:
    """Units by line that we have asked the cart to cancel since the warehouse got these orders."""
    ids = dict(conn.execute(_ROWS, {"of_pipeline": pipeline, "external_ids": list(external_ids)}).all())
    if not ids:
        return {}
    promised = promised_of(conn, list(ids))
    asked = {id: one.asked_since_release() for id, one in promised.items()}
    stored = orders_of(conn, [id for id, ours in asked.items() if ours])
    return {ids[id]: cancelled_units(order.order, asked[id]) for id, order in stored.items()}


def _row(
    pipeline: str,
    connection: str,
    fact: Shortage,
    owner: tuple[int, str] | None,
    reversals: Sequence[ShipmentReversal],
    now: int,
) -> dict[str, object]:
    gone = any(covers(one, fact) for one in reversals)
    state = ShortageState.OPEN if owner else ShortageState.UNKNOWN
    order_id, of_pipeline = owner or (None, pipeline)
    return {
        "connection": connection,
        "external_id": fact.external_id,
        "pipeline": of_pipeline,
        "order_id": order_id,
        "request_number": fact.request_number,
        "state": (ShortageState.TAKEN_BACK if gone else state).value,
        "seen_at": now,
        "outcome": TAKEN_BACK if gone else "",
        "document": fact.model_dump_json().encode(),
    }
