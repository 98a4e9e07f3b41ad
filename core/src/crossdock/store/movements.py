"""Stock that moved in a warehouse: kept for each pipeline that hears of it, and planned as changes of its cart."""

from collections.abc import Collection, Sequence
from functools import cache

from sqlalchemy import (
    BindParameter,
    Connection,
    Executable,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)

from crossdock.domain import InventoryMovement, MovementKind, Place
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.movement_ports import Hearer, MovementPlan, MovementState, WaitingMovement
from crossdock.engine.problems import Code, Problem
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.stock import write_changes
from crossdock.store.tables import movement, orders, promise
from crossdock.store.upsert import insert_into, write_rows

NO_CART = "the pipeline had no cart to tell"
MOST_COUNTED = 1_000
"""Movements of an area that are counted; more are told as more, so that a long history is planned in one go."""

_OF_PIPELINE = movement.c.pipeline == bindparam("of_pipeline")
_WAITS = text("movement.state = 'waiting'")  # literally the conditions of the indexes
_UNMAPPED = text("movement.state = 'unmapped'")
_ASKED_FOR = and_(  # what a rejected release is called there may be somebody else's order
    promise.c.connection == movement.c.connection,
    promise.c.kind == Kind.RELEASE.value,
    promise.c.key == movement.c.order_number,
    movement.c.order_number != "",
    promise.c.state != PromiseState.REJECTED.value,
)
_WAITING = (
    select(movement.c.id, movement.c.sku, movement.c.kind, movement.c.quantity)
    .add_columns(movement.c.from_area, movement.c.to_area, movement.c.reason, orders.c.connection)
    .outerjoin(promise, _ASKED_FOR)
    .outerjoin(orders, orders.c.id == promise.c.order_id)
    .where(_OF_PIPELINE, _WAITS)
    .order_by(movement.c.sku, movement.c.id)
    .limit(bindparam("most"))
)
_MARK = (
    update(movement)
    .where(movement.c.id == bindparam("its_id"), movement.c.state == MovementState.WAITING.value)
    .values(state=bindparam("new_state"), promise_key=bindparam("its_promise"), outcome=bindparam("why"))
)
_AREA: BindParameter[str] = bindparam("the_area")
_SOME_UNMAPPED = (
    select(movement.c.id)
    .where(_OF_PIPELINE, _UNMAPPED, or_(movement.c.from_area == _AREA, movement.c.to_area == _AREA))
    .limit(MOST_COUNTED + 1)
    .subquery()
)
_HOW_MANY = select(func.count()).select_from(_SOME_UNMAPPED)
_RECONSIDER = (
    update(movement)
    .where(_OF_PIPELINE, literal_column("state") == literal_column("'unmapped'"))
    .values(state=MovementState.WAITING.value)
)


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, movement)
    return keeping.on_conflict_do_nothing(index_elements=["connection", "external_id", "pipeline"]).returning(
        movement.c.pipeline, movement.c.external_id, movement.c.state
    )


def keep_movements(
    conn: Connection, connection: str, hearers: Sequence[Hearer], moved: Sequence[InventoryMovement], now: int
) -> int:
    """Keep movements for each of these pipelines, and wake those that have a cart to tell; says how many were new."""
    facts = sorted({one.external_id: one for one in moved}.values(), key=lambda one: one.external_id)
    heard = ((one, hearer) for one in facts for hearer in sorted(hearers, key=_name) if hearer.is_concerned(one))
    rows = [_row(connection, hearer, one, now) for one, hearer in heard]
    new = conn.execute(_keep(conn.dialect.name), rows).all() if rows else []
    for pipeline in sorted({row.pipeline for row in new if row.state == MovementState.WAITING}):
        schedule(conn, pipeline, "stock", moment(now))
    return len({row.external_id for row in new})


def waiting_movements(conn: Connection, pipeline: str, cart: str, limit: int) -> list[WaitingMovement]:
    """Some movements that wait, all of each SKU; a SKU that alone has more than the limit comes in parts."""
    rows = conn.execute(_WAITING, {"of_pipeline": pipeline, "most": limit}).all()
    waiting = [
        WaitingMovement(id, sku, MovementKind(kind), quantity, origin, destination, reason, ordered_at == cart)
        for id, sku, kind, quantity, origin, destination, reason, ordered_at in rows
    ]
    whole = [one for one in waiting if one.sku != waiting[-1].sku] if len(waiting) == limit else waiting
    return whole or waiting


def save_movement_plan(conn: Connection, lease: Lease, cart: str, plan: MovementPlan, now: int) -> None:
    """Promise the changes and mark the movements."""
    renew(conn, lease, now)
    write_changes(conn, lease.pipeline, cart, [planned.change for planned in plan.changes], now)
    write_rows(conn, _MARK, _marks(plan))
    close_subjects(conn, lease.pipeline, Code.UNMAPPED_AREA, plan.known_areas, now)
    open_problems(conn, lease.pipeline, _problems(conn, lease.pipeline, plan.unknown_areas), now)


def reconsider_unmapped(conn: Connection, pipeline: str) -> int:
    """Have the movements planned again for whose area there was no rule."""
    return conn.execute(_RECONSIDER, {"of_pipeline": pipeline}).rowcount


def _name(hearer: Hearer) -> str:
    return hearer.pipeline


def _marks(plan: MovementPlan) -> list[dict[str, object]]:
    planned = [(id, MovementState.PLANNED, one.change.key, "") for one in plan.changes for id in one.movements]
    by_level = [(id, MovementState.LEVEL, "", "") for id in plan.by_level]
    nothing = [(id, MovementState.NOTHING, "", "") for id in plan.nothing]
    not_told = [(id, MovementState.NOTHING, "", why) for id, why in (plan.left_out | plan.without_alias).items()]
    unmapped = [(id, MovementState.UNMAPPED, "", "") for id in plan.unmapped]
    return [
        {"its_id": id, "new_state": state.value, "its_promise": key, "why": why}
        for id, state, key, why in (*planned, *by_level, *nothing, *not_told, *unmapped)
    ]


def _problems(conn: Connection, pipeline: str, areas: Collection[str]) -> list[Problem]:
    """One problem for each area of which nobody says where its stock counts, with all that wait for it."""
    counts = {area: conn.scalar(_HOW_MANY, {"of_pipeline": pipeline, "the_area": area}) or 0 for area in areas}
    return [_problem(area, count) for area, count in counts.items() if count]


def _problem(area: str, count: int) -> Problem:
    stock = f"the stock of area '{area}'" if area else "stock without an area"
    number = f"{count:,}" if count <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"
    return Problem(
        Code.UNMAPPED_AREA,
        area,
        f"{number} {'movement waits' if count == 1 else 'movements wait'}: nobody says where {stock} counts",
        action="Name it in `stock_areas` of a distribution centre or in `unsold_areas` of the pipeline, and restart.",
        cause=area,
    )


def _row(connection: str, hearer: Hearer, moved: InventoryMovement, now: int) -> dict[str, object]:
    state = MovementState.WAITING if hearer.sells else MovementState.NOTHING
    return {
        "pipeline": hearer.pipeline,
        "connection": connection,
        "external_id": moved.external_id,
        "sku": moved.sku,
        "kind": moved.kind.value,
        "quantity": moved.quantity,
        **_place("from", moved.origin),
        **_place("to", moved.destination),
        "reason": moved.reason,
        "order_number": moved.order_number,
        "moved_by": moved.user,
        "moved_at": micros(moved.moved_at),
        "seen_at": now,
        "state": state.value,
        "promise_key": "",
        "outcome": "" if hearer.sells else NO_CART,
    }


def _place(side: str, place: Place | None) -> dict[str, object]:
    return {f"{side}_area": place.area if place else None, f"{side}_location": place.location if place else ""}
