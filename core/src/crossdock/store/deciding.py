"""What a person decides about one order. Use as `await store.write(release_after_all, order_id, now=…)`."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, or_, select, update

from crossdock.engine.holds import GIVEN_BACK, HELD_BY_PERSON, NOT_ADJUSTED, RULE_HOLDS
from crossdock.engine.ledger import SILENT, Kind, PromiseState
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import AnswerState
from crossdock.store.adjusting import WAIVED, is_at_warehouse
from crossdock.store.audit import Deed, note_deed
from crossdock.store.holds import HELD_BY, NOT_HELD
from crossdock.store.intake import ORDER, reread
from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.problems import HOLDS, close_of_order
from crossdock.store.queries import Pipelines
from crossdock.store.tables import orders, promise

SETTLED = (*NOT_ADJUSTED, Code.ORDER_REVIEW, Code.HELD_BY_RULE)
"""Problems of an order that a person settles by releasing it."""


class NotPossible(CrossdockError):
    """This cannot be done with the order as it stands; says why."""


_ORDER = (
    select(orders.c.pipeline, orders.c.external_id, orders.c.number, orders.c.state, orders.c.reason)
    .where(orders.c.id == bindparam("of_order"))
    .with_for_update()
)
_ADJUSTMENTS = (promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.ADJUST.value)
_UNDER_WAY = (
    select(promise.c.key)
    .where(*_ADJUSTMENTS, or_(promise.c.due_at.is_not(None), promise.c.follow_at.is_not(None)))
    .limit(1)
)
_WAIVE = (
    update(promise)
    .where(*_ADJUSTMENTS)
    .where(
        or_(
            promise.c.state == PromiseState.REJECTED.value,
            promise.c.answer.in_([AnswerState.REFUSED.value, SILENT]),
        )
    )
    .values(answer=WAIVED)
)
_OF_ORDER = update(orders).where(orders.c.id == bindparam("of_order"))
_READY = _OF_ORDER.values(
    state=OrderState.READY.value, reason="", completed_at=None, updated_at=bindparam("now"), **NOT_HELD
)
_APPROVE = _OF_ORDER.values(approved=orders.c.fingerprint)
_HOLD = _OF_ORDER.values(
    state=OrderState.HELD.value, reason=bindparam("why"), updated_at=bindparam("now"), **HELD_BY
).values(held_until=bindparam("ends"))
_GIVE_BACK = _OF_ORDER.values(
    state=OrderState.SKIPPED.value, reason=GIVEN_BACK, completed_at=bindparam("now"), updated_at=bindparam("now")
).values(**NOT_HELD)
_NOT_MARKED = _OF_ORDER.values(acknowledged_at=None)
_MARKS = (promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.ACKNOWLEDGE.value)
_MARKING = select(promise.c.id).where(*_MARKS, promise.c.claimed_by.is_not(None)).limit(1)
_NO_MARK = delete(promise).where(*_MARKS)


def hold_here(conn: Connection, order_id: int, *, by: str, why: str, until: datetime | None, now: datetime) -> None:
    """Hold an order that the warehouse has not got, until a person lets it go or its time has come."""
    this = {"of_order": order_id}
    order = conn.execute(_ORDER, this).one()
    _check_may_be_held(order)
    reason = f"{HELD_BY_PERSON}: {why or 'without a word why'}"
    ends = until and micros(until)
    conn.execute(_HOLD, this | {"why": reason, "who": f"a person: {by}", "ends": ends, "now": micros(now)})
    note_deed(conn, _deed(by, "hold order", order_id, order, reason), micros(now))
    if until:
        schedule(conn, order.pipeline, "release", until)


def resume_here(conn: Connection, order_id: int, *, by: str, now: datetime) -> None:
    """End a person's hold; what else keeps the order here still does."""
    order = conn.execute(_ORDER, {"of_order": order_id}).one()
    if order.state != OrderState.HELD:
        raise NotPossible(f"order {order.number} is {_words(order.state)}: nobody holds it")
    if not _held_for(order, HELD_BY_PERSON):
        raise NotPossible(
            f"order {order.number} is held, and by no person ({order.reason}); `crossdock orders release "
            f"{order.number}` lets it go"
        )
    _make_ready(conn, order_id, order, now)
    note_deed(conn, _deed(by, "resume order", order_id, order, OrderState.READY.value), micros(now))


def held_for(conn: Connection, code: str, *, pipeline: Pipelines = None) -> list[tuple[int, str]]:
    """The orders (and their numbers) that are held for this reason, oldest first."""
    query = _held(pipeline).where(orders.c.reason.startswith(f"{code}:", autoescape=True))
    return [(row.id, row.number) for row in conn.execute(query.order_by(orders.c.id))]


def hold_reasons(conn: Connection, *, pipeline: Pipelines = None) -> Mapping[str, int]:
    """For what orders are held at this moment, and how many for each, the most frequent first."""
    held = Counter(row.reason.partition(":")[0] for row in conn.execute(_held(pipeline)))
    return dict(held.most_common())


def _held(pipeline: Pipelines) -> Select[tuple[int, str, str]]:
    query = select(orders.c.id, orders.c.number, orders.c.reason).where(orders.c.state == OrderState.HELD.value)
    if pipeline is None:
        return query
    return query.where(orders.c.pipeline.in_([pipeline] if isinstance(pipeline, str) else pipeline))


def release_after_all(conn: Connection, order_id: int, *, by: str = "a person", now: datetime) -> None:
    """Put an order back to work that was held or given back, and drop what was refused of its cancellations.

    What it lacks still holds it; windows, marks and reviews do not, as long as its fingerprint is the same.
    """
    this = {"of_order": order_id}
    order = conn.execute(_ORDER, this).one()
    given_back = order.state == OrderState.SKIPPED and order.reason.startswith(GIVEN_BACK)
    if order.state != OrderState.HELD and not given_back:
        raise NotPossible(
            f"order {order.number} is {_words(order.state)}; only one that is held, or was given back, can be"
        )
    if key := conn.scalar(_UNDER_WAY, this):
        raise NotPossible(
            f"{key} of order {order.number} is under way: only the marketplace's answer will tell what is left to ship"
        )
    conn.execute(_WAIVE, this)
    conn.execute(_APPROVE, this)
    _make_ready(conn, order_id, order, now)
    note_deed(conn, _deed(by, "release order", order_id, order, OrderState.READY.value), micros(now))
    close_of_order(conn, order.pipeline, SETTLED, order_id, "the order was released after all", micros(now))


def _check_may_be_held(order: Row[*tuple[Any, ...]]) -> None:
    if order.state in (OrderState.READY, OrderState.WAITING):
        return
    if order.state != OrderState.HELD:
        raise NotPossible(f"order {order.number} is {_words(order.state)}: there is nothing to hold")
    if not _held_for(order, HELD_BY_PERSON, *RULE_HOLDS):
        raise NotPossible(
            f"order {order.number} is held already ({order.reason}), and stays so until that is settled, or a person "
            "releases it"
        )


def _held_for(order: Row[*tuple[Any, ...]], *codes: str) -> bool:
    return bool(order.state == OrderState.HELD and order.reason.partition(":")[0] in codes)


def _make_ready(conn: Connection, order_id: int, order: Row[*tuple[Any, ...]], now: datetime) -> None:
    """It is to be released; what a person had held is read again before, since it may wait for something else."""
    conn.execute(_READY, {"of_order": order_id, "now": micros(now)})
    if _held_for(order, HELD_BY_PERSON):
        reread(conn, order.pipeline, ORDER, order.external_id)
    schedule(conn, order.pipeline, "release", now)


def _deed(by: str, action: str, order_id: int, order: Row[*tuple[Any, ...]], after: str) -> Deed:
    before = f"{order.state}: {order.reason}" if order.reason else order.state
    return Deed(by, action, order.number or order.external_id, order.pipeline, order_id, before, after)


def give_back(conn: Connection, order_id: int, *, by: str = "a person", now: datetime) -> None:
    """Work on this order no more, and forget that it was to be marked; the cart is told next."""
    this = {"of_order": order_id}
    order = conn.execute(_ORDER, this).one()
    if is_at_warehouse(conn, order_id, order.state):
        raise NotPossible(
            f"order {order.number} is {_words(order.state)}: the warehouse has it, so that it stays marked as taken"
        )
    if conn.scalar(_MARKING, this):
        raise NotPossible(f"order {order.number} is being marked at this moment; try again in a minute")
    conn.execute(_GIVE_BACK, this | {"now": micros(now)})
    conn.execute(_NO_MARK, this)
    held = (*HOLDS, Code.RELEASE_REFUSED)
    close_of_order(conn, order.pipeline, held, order_id, "the order was given back to the cart", micros(now))
    note_deed(conn, _deed(by, "give order back", order_id, order, GIVEN_BACK), micros(now))


def note_given_back(conn: Connection, order_id: int) -> None:
    """The cart has taken our mark off the order."""
    conn.execute(_NOT_MARKED, {"of_order": order_id})


def _words(state: str) -> str:
    return state.replace("_", " ")
