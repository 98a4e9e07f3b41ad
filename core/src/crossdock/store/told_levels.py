"""Levels that carts were told: read in the order of their key, written together with the changes that tell them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, delete, exists, literal_column, select, tuple_, update

from crossdock.domain import StockChange
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.level_ports import NewLevel, Place, ToldLevel, name_in
from crossdock.engine.problems import Code
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros
from crossdock.store.problems import NOT_RESOLVED
from crossdock.store.stock import subject_of, write_changes
from crossdock.store.tables import level_plan, problem, promise, told_level
from crossdock.store.upsert import insert_into, write_rows

AT_ONCE = 500
"""Keys that are asked for with one statement."""

_TOLD = (
    select(told_level.c.sku, told_level.c.center, told_level.c.stock_unit, told_level.c.quantity)
    .add_columns(told_level.c.promise_key, told_level.c.allocated + told_level.c.in_flight)
    .where(told_level.c.pipeline == bindparam("of_pipeline"))
    .order_by(told_level.c.sku, told_level.c.center)
    .limit(bindparam("most"))
)
_TOLD_BEHIND = _TOLD.where(
    tuple_(told_level.c.sku, told_level.c.center) > tuple_(bindparam("after_sku"), bindparam("after_center"))
)
_REFUSED = (
    select(promise.c.key)
    .where(promise.c.connection == bindparam("on"), promise.c.kind == Kind.STOCK.value)
    .where(promise.c.key.in_(bindparam("keys", expanding=True)), promise.c.state == PromiseState.REJECTED.value)
    .where(
        exists().where(
            problem.c.pipeline == bindparam("of_pipeline"),
            problem.c.code.in_([Code.STOCK_REFUSED.value, Code.PLUGIN_FAILED.value]),
            problem.c.subject == promise.c.key,
            NOT_RESOLVED,
        )
    )
)
_OF_PIPELINE = told_level.c.pipeline == bindparam("of_pipeline")
_FORGET = delete(told_level).where(_OF_PIPELINE)
_FORGET_PLAN = delete(level_plan).where(level_plan.c.pipeline == bindparam("of_pipeline"))
_FORGET_ONE = _FORGET.where(told_level.c.sku == bindparam("its_sku"), told_level.c.promise_key == bindparam("its_key"))

_REPLACE = (
    update(promise)
    .where(promise.c.subject == bindparam("its_subject"), literal_column("promise.subject <> ''"))
    .where(promise.c.key == bindparam("its_key"), promise.c.state == PromiseState.REJECTED.value)
    .values(state=PromiseState.REPLACED.value, error=bindparam("why"))
)


@cache
def _note(dialect: str) -> Executable:
    noting = insert_into(dialect, told_level)
    new = noting.excluded
    changed = ("stock_unit", "quantity", "on_hand", "allocated", "in_flight", "counted_at", "told_at", "promise_key")
    return noting.on_conflict_do_update(
        index_elements=["pipeline", "sku", "center"], set_={name: new[name] for name in changed}
    )


def told_levels(conn: Connection, pipeline: str, after: Place | None, limit: int) -> list[ToldLevel]:
    """Some levels that were told, in the order of their key; only those behind a certain one."""
    asked: dict[str, object] = {"of_pipeline": pipeline, "most": limit}
    if after is None:
        return [*map(ToldLevel._make, conn.execute(_TOLD, asked))]
    asked |= {"after_sku": after[0], "after_center": after[1]}
    return [*map(ToldLevel._make, conn.execute(_TOLD_BEHIND, asked))]


def refused_levels(conn: Connection, cart: str, pipeline: str, keys: Sequence[str]) -> Collection[str]:
    """Which of these stock changes the cart refused, with a problem that no person has settled yet."""
    refused: set[str] = set()
    for start in range(0, len(keys), AT_ONCE):
        asked = {"on": cart, "of_pipeline": pipeline, "keys": keys[start : start + AT_ONCE]}
        refused.update(conn.scalars(_REFUSED, asked))
    return refused


def save_levels(
    conn: Connection, lease: Lease, cart: str, changes: Sequence[StockChange], told: Sequence[NewLevel], now: datetime
) -> None:
    """Promise the changes, and note the levels that they tell."""
    at = micros(now)
    renew(conn, lease, at)
    write_changes(conn, lease.pipeline, cart, changes, at)
    write_rows(conn, _note(conn.dialect.name), [_row(lease.pipeline, one, at) for one in told])
    schedule(conn, lease.pipeline, "stock", now)


def forget_levels(conn: Connection, lease: Lease, now: int) -> None:
    """Forget all levels that were told, and the plan of new ones."""
    renew(conn, lease, now)
    conn.execute(_FORGET, {"of_pipeline": lease.pipeline})
    conn.execute(_FORGET_PLAN, {"of_pipeline": lease.pipeline})


def tell_anew(conn: Connection, pipeline: str, key: str, now: datetime) -> bool:
    """Have the level of a product worked out anew in place of a stock change that was refused.

    False where it told no level, or a newer one was told since.
    """
    sku = name_in(key, pipeline)
    its = {"of_pipeline": pipeline, "its_sku": sku, "its_key": key}
    if not sku or not conn.execute(_FORGET_ONE, its).rowcount:
        return False
    why = "replaced by the level that is counted anew"
    conn.execute(_REPLACE, {"its_subject": subject_of(sku), "its_key": key, "why": why})
    schedule(conn, pipeline, "levels", now)
    return True


def _row(pipeline: str, one: NewLevel, now: int) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "sku": one.name,
        "center": one.center,
        "stock_unit": one.unit,
        "quantity": one.quantity,
        "on_hand": one.on_hand,
        "allocated": one.allocated,
        "in_flight": one.in_flight,
        "counted_at": micros(one.counted_at),
        "told_at": now,
        "promise_key": one.promise_key,
    }
