"""What the warehouse picked and packed: kept once, told to the order it belongs to, planned for the cart."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, Connection, Executable, bindparam, func, select, text, update

from crossdock.domain import FulfillmentRequest, Order, Shipment, ShipmentConfirmation
from crossdock.engine.adjustment_plan import AskedBefore, cancelled_units
from crossdock.engine.confirm_plan import further, nothing_left
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.engine.ports import ConfirmCase, ConfirmPlan, OrderState, ShipmentState, StoredOrder, StoredShipment
from crossdock.engine.problems import Code, Problem
from crossdock.mapping import Saved
from crossdock.store.adjusting import asked_before
from crossdock.store.intake import RECORD_OF_ORDER
from crossdock.store.leases import renew
from crossdock.store.moments import micros, moment
from crossdock.store.parcels import free_of, use_parcels
from crossdock.store.problems import close_answered, close_tracked, open_problems
from crossdock.store.promises import end_if_all_told, write_claimed
from crossdock.store.reversals import taken_back
from crossdock.store.ship_methods import saved_methods
from crossdock.store.tables import orders, promise, record, shipment
from crossdock.store.upsert import insert_into

WAITING = (
    ShipmentState.NEW,
    ShipmentState.AWAITING_TRACKING,
    ShipmentState.AWAITING_ANSWER,
    ShipmentState.NOT_TOLD,
    ShipmentState.HELD,
)
"""A shipment in one of these states is what the warehouse tells of it last."""

NOT_FOR_A_NUMBER = (ShipmentState.HELD, ShipmentState.AWAITING_ANSWER)
"""In these states a shipment waits for something else than a tracking number."""

Boxes = tuple[list[StoredShipment], list[StoredShipment], list[StoredShipment]]
"""Of one order, the shipments that are planned, those that are looked at now, and the others."""

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
    .add_columns(promise.c.created_at, promise.c.state, promise.c.answer)
    .where(promise.c.order_id.in_(_IDS))
    .where(promise.c.kind.in_([Kind.RELEASE.value, Kind.CONFIRM.value, Kind.ADJUST.value]))
    .where(promise.c.state != PromiseState.WITHDRAWN.value)
    .order_by(promise.c.id)
)
_SHIPMENTS = (
    select(shipment.c.order_id, shipment.c.id, shipment.c.state, shipment.c.document, shipment.c.created_at)
    .add_columns(shipment.c.look_again_at)
    .where(shipment.c.order_id.in_(_IDS), shipment.c.state != ShipmentState.VOIDED.value)
    .order_by(shipment.c.id)
)
_RECONSIDER = (
    update(shipment)
    .where(shipment.c.pipeline == bindparam("of_pipeline"), shipment.c.state == "held")
    .values(state="new", look_again_at=bindparam("now"), reason="")
)
_RECONSIDER_NOT_TOLD = (
    update(shipment)
    .where(shipment.c.pipeline == bindparam("of_pipeline"), text("shipment.state = 'not_told'"))
    .values(state="new", look_again_at=bindparam("now"), reason="")
)
_TOLD_AGAIN = (
    select(shipment.c.id, shipment.c.document)
    .where(shipment.c.connection == bindparam("on"), shipment.c.external_id.in_(bindparam("boxes", expanding=True)))
    .where(shipment.c.state.in_([state.value for state in WAITING]))
    .with_for_update()
)
_GONE_FURTHER = (
    update(shipment)
    .where(shipment.c.id == bindparam("its_id"))
    .values(document=bindparam("new_document"), state="new", look_again_at=bindparam("now"), reason="")
)
_STATES = (
    select(shipment.c.id, shipment.c.state).where(shipment.c.id.in_(_IDS)).order_by(shipment.c.id).with_for_update()
)
_CLOSES = update(promise).where(promise.c.order_id.in_(_IDS), promise.c.kind == Kind.CONFIRM.value).values(closes=True)
_ALL_CANCELLED = (
    update(orders)
    .where(orders.c.id.in_(_IDS), orders.c.state.in_([OrderState.RELEASED.value, OrderState.PART_SHIPPED.value]))
    .values(
        state=OrderState.CANCELLED.value,
        reason="everything that the warehouse was asked for was cancelled at the cart",
        completed_at=bindparam("now"),
        updated_at=bindparam("now"),
    )
)
_EXTERNAL_IDS = select(orders.c.id, orders.c.external_id).where(orders.c.id.in_(_IDS))
_SET_STATE = (
    update(shipment)
    .where(shipment.c.id == bindparam("its_id"))
    .values(state=bindparam("new_state"), look_again_at=bindparam("again_at"), reason=bindparam("why"))
)
_COMPLETE = update(shipment).where(shipment.c.id == bindparam("its_id")).values(document=bindparam("new_document"))


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, shipment).on_conflict_do_nothing(index_elements=["connection", "external_id"])
    return keeping.returning(shipment.c.order_id, shipment.c.request_number, shipment.c.external_id, shipment.c.state)


def keep_shipments(
    conn: Connection, pipeline: str, connection: str, told: Sequence[tuple[str, Shipment]], now: int
) -> int:
    """Keep shipments, each with the id of its record; says how many were new.

    One that waits and is told of again may have gone further, or have its tracking number by now.
    """
    rows = _rows(conn, pipeline, connection, told, now)
    new = conn.execute(_keep(conn.dialect.name), rows).all() if rows else []
    if len(new) < len(rows):
        _go_further(conn, connection, [fact for _, fact in told], now)
    unknown = [_unknown(connection, number, box) for _, number, box, state in new if state == ShipmentState.UNKNOWN]
    open_problems(conn, pipeline, unknown, now)
    return len(new)


def _go_further(conn: Connection, connection: str, told: Sequence[Shipment], now: int) -> None:
    facts: dict[str, Shipment] = {}
    for fact in told:
        facts[fact.external_id] = further(facts.get(fact.external_id, fact), fact)
    for id, document in conn.execute(_TOLD_AGAIN, {"on": connection, "boxes": list(facts)}).all():
        known = Shipment.model_validate_json(document)
        if (now_known := further(known, facts[known.external_id])) != known:
            conn.execute(_GONE_FURTHER, {**_completed(id, now_known), "now": now})


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
                "collected_by": pipeline if owner != pipeline else "",
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
    promised = promised_of(conn, ids)
    shipments: dict[int, Boxes] = {id: ([], [], []) for id in ids}
    for order_id, id, state, document, created_at, again_at in conn.execute(_SHIPMENTS, {"ids": ids}):
        fact = Shipment.model_validate_json(document)
        stored = StoredShipment(id, ShipmentState(state), fact, moment(created_at))
        planned, left, aside = shipments[order_id]
        whither = (
            planned if stored.state is ShipmentState.PLANNED else left if _is_open(stored, again_at, now) else aside
        )
        whither.append(stored)
    known = orders_of(conn, ids)
    return [_case(known[id], promised[id], shipments[id]) for id in ids]


def _is_open(stored: StoredShipment, look_again_at: int | None, now: int) -> bool:
    """Whether it is looked at now; boxes that wait for numbers are, all of them, so that no parcel goes astray."""
    is_due = look_again_at is not None and look_again_at <= now
    return is_due or stored.state is ShipmentState.AWAITING_TRACKING


def orders_of(conn: Connection, ids: Sequence[int]) -> Mapping[int, StoredOrder]:
    """These orders, as their warehouses were told of them."""
    rows = conn.execute(_ORDERS, {"ids": ids})
    return {id: StoredOrder(id, key, Order.model_validate_json(document)) for id, key, document in rows}


def promised_of(conn: Connection, ids: Sequence[int]) -> "Mapping[int, Promised]":
    """What was promised of these orders."""
    promised = {id: Promised() for id in ids}
    for order_id, *row in conn.execute(_PROMISES, {"ids": ids}):
        promised[order_id].add(*row)
    return promised


def _case(order: StoredOrder, promised: "Promised", shipments: Boxes) -> ConfirmCase:
    planned, left, aside = map(tuple, shipments)
    asked = promised.asked_since_release()
    cancelled = cancelled_units(order.order, [one for one in asked if one.accepted]) if asked else {}
    whole = cancelled_units(order.order, asked) if asked else {}
    undecided = {line: units - cancelled[line] for line, units in whole.items() if units > cancelled[line]}
    requests, told = tuple(promised.requests), tuple(promised.told)
    return ConfirmCase(order, requests, planned, left, told, cancelled, undecided, aside)


@dataclass
class Promised:
    """What was promised of one order, to its warehouses and to its cart."""

    requests: list[FulfillmentRequest] = field(default_factory=list)
    told: list[ShipmentConfirmation] = field(default_factory=list)
    asked: list[AskedBefore] = field(default_factory=list)
    _written: list[int] = field(default_factory=list)

    def add(self, kind: str, document: bytes, created_at: int, state: str, answer: str) -> None:
        """Take in one promise."""
        if kind == Kind.RELEASE:
            self.requests.append(FulfillmentRequest.model_validate_json(document))
            self._written.append(created_at)
        elif kind == Kind.CONFIRM:
            self.told.append(ShipmentConfirmation.model_validate_json(document))
        else:
            self.asked.append(asked_before(document, created_at, state, answer))

    def asked_since_release(self) -> list[AskedBefore]:
        """What was asked of the cart after the last request had been written; before, it asked for less."""
        last = max(self._written, default=0)
        return [one for one in self.asked if self._written and micros(one.asked_at) >= last]


def save_confirmations(
    conn: Connection,
    lease: Lease,
    plans: Sequence[ConfirmPlan],
    problems: Sequence[Problem],
    now: int,
    methods: Saved | None = None,
) -> list[Promise]:
    """Write the confirm promises, claimed, and what became of the shipments.

    What is to be held is left for the next round where the ship methods that people saved are not the `methods` any
    more by which that was decided.
    """
    renew(conn, lease, now)
    held = any(ShipmentState.HELD in plan.states.values() for plan in plans)
    if held and methods not in (None, saved_methods(conn, lease.pipeline)):
        plans = [plan for plan in plans if ShipmentState.HELD not in plan.states.values()]
    plans = _still_true(conn, plans)
    new = [item for plan in plans for item in plan.promises]
    ids = list({item.order_id for item in new})
    external_ids = dict(conn.execute(_EXTERNAL_IDS, {"ids": ids}).all()) if ids else {}
    promises = write_claimed(conn, lease, new, external_ids, now)
    if states := [_new_state(id, state, plan, now) for plan in plans for id, state in plan.states.items()]:
        conn.execute(_SET_STATE, states)
    if completed := [_completed(id, fact) for plan in plans for id, fact in plan.completed.items()]:
        conn.execute(_COMPLETE, completed)
    use_parcels(conn, [use for plan in plans for use in plan.uses])
    planned = [id for plan in plans for id, state in plan.states.items() if state is ShipmentState.PLANNED]
    close_answered(conn, lease.pipeline, planned, now)
    tracked = [id for plan in plans for id, state in plan.states.items() if state in NOT_FOR_A_NUMBER]
    close_tracked(conn, lease.pipeline, tracked, now)
    open_problems(conn, lease.pipeline, problems, now)
    return promises


def _still_true(conn: Connection, plans: Sequence[ConfirmPlan]) -> Sequence[ConfirmPlan]:
    """The plans whose shipments are still as they were seen, and whose parcels are free; the others are made anew in
    the next round."""
    seen = {id: state.value for plan in plans for id, state in plan.seen.items()}
    states = dict(conn.execute(_STATES, {"ids": list(seen)}).all()) if seen else {}
    same = [plan for plan in plans if all(states.get(id) == seen[id] for id in plan.seen)]
    free = free_of(conn, {use.parcel_id for plan in same for use in plan.uses})
    return [plan for plan in same if all(use.parcel_id in free for use in plan.uses)]


def reconsider_held(conn: Connection, pipeline: str, now: int) -> int:
    """Look at the shipments again for whose carrier the cart had no name."""
    return conn.execute(_RECONSIDER, {"of_pipeline": pipeline, "now": now}).rowcount


def end_orders(conn: Connection, order_ids: Collection[int], now: int) -> None:
    """Of orders of which something was cancelled: those end of which nothing else is left.

    One of which the cart hears of no shipment at all was cancelled as a whole.
    """
    over = [case for case in _cases(conn, list(order_ids), now) if nothing_left(case)]
    told = [case.order.id for case in over if case.told]
    if told:
        conn.execute(_CLOSES, {"ids": told})
        end_if_all_told(conn, told, now)
    if untold := [case.order.id for case in over if not case.told]:
        conn.execute(_ALL_CANCELLED, {"ids": untold, "now": now})


def reconsider_not_told(conn: Connection, pipeline: str, *, now: datetime) -> int:
    """Look at the shipments again of which the cart was not told: the rules may have changed since."""
    return conn.execute(_RECONSIDER_NOT_TOLD, {"of_pipeline": pipeline, "now": micros(now)}).rowcount


def _new_state(id: int, state: ShipmentState, plan: ConfirmPlan, now: int) -> dict[str, object]:
    later = plan.look_again_at if state in (ShipmentState.AWAITING_TRACKING, ShipmentState.AWAITING_ANSWER) else None
    again_at = micros(later) if later else now if state is ShipmentState.NEW else None
    return {"its_id": id, "new_state": state.value, "again_at": again_at, "why": plan.reasons.get(id, "")}


def _completed(id: int, fact: Shipment) -> dict[str, object]:
    return {"its_id": id, "new_document": fact.model_dump_json().encode()}
