"""Cancellations and refunds that a person asks for. Use as `await store.write(ask_adjustment, …)`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, and_, bindparam, exists, or_, select, text, update

from crossdock.domain import AdjustmentKind, Order, OrderAdjustment
from crossdock.engine.adjustment_plan import AdjustmentWish, AskedBefore, NotAdjustable, plan_adjustment
from crossdock.engine.holds import ADJUSTING, NOT_ADJUSTED
from crossdock.engine.ledger import GONE, SILENT, Kind, PromiseState
from crossdock.engine.ports import BEFORE_RELEASE, OrderState
from crossdock.engine.problems import Code
from crossdock.hooks.records import AnswerState
from crossdock.store.audit import Deed, note_deed
from crossdock.store.holds import HELD_BY
from crossdock.store.intake import RECORD_OF_ORDER
from crossdock.store.leases import schedule
from crossdock.store.moments import micros, moment
from crossdock.store.promise_rows import due_row
from crossdock.store.tables import orders, promise, record
from crossdock.store.upsert import insert_into

WAIVED = "waived"
"""The answer of an adjustment that was refused and without which a person had the order shipped."""

UNDER_WAY = f"{ADJUSTING}: a {{what}} is under way, the marketplace has not answered yet"
"""The reason of an order that waits for the answer."""
_ANSWERED = {AnswerState.REFUSED.value: Code.MARKETPLACE_REFUSED, SILENT: Code.MARKETPLACE_SILENT}

_OF_ORDER = (promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.ADJUST.value)
_STANDS = (
    promise.c.order_id == orders.c.id,
    promise.c.kind == Kind.ADJUST.value,
    promise.c.answer != AnswerState.ACCEPTED.value,
    promise.c.answer != WAIVED,
)
NOT_ACCEPTED = exists().where(*_STANDS)
"""Something of the order is to be cancelled or refunded, and the marketplace has not agreed (yet)."""
_UNSETTLED = (
    select(orders.c.id, promise.c.key, promise.c.state, promise.c.answer, promise.c.answer_words, promise.c.error)
    .add_columns(promise.c.document)
    .select_from(orders.join(promise, and_(*_STANDS)))
    .where(orders.c.pipeline == bindparam("of_pipeline"), text("orders.state = 'ready'"))
    .order_by(promise.c.id)
)

_ORDER = (
    select(orders.c.pipeline, orders.c.number, orders.c.state, record.c.document)
    .join(record, RECORD_OF_ORDER)
    .where(orders.c.id == bindparam("of_order"))
    .with_for_update(of=orders)
)
_BEFORE = (
    select(promise.c.document, promise.c.created_at, promise.c.state, promise.c.answer)
    .where(*_OF_ORDER)
    .order_by(promise.c.id)
)
_RELEASED = (
    select(promise.c.id)
    .where(promise.c.order_id == bindparam("of_order"), promise.c.kind == Kind.RELEASE.value)
    .where(promise.c.state.not_in(GONE))
    .limit(1)
)
_HELD_FOR_IT = (
    orders.c.state == OrderState.HELD.value,
    or_(*(orders.c.reason.startswith(reason, autoescape=True) for reason in (ADJUSTING, *NOT_ADJUSTED))),
)
_HOLD = (
    update(orders)
    .where(orders.c.id == bindparam("its_id"))
    .where(or_(orders.c.state == OrderState.READY.value, _HELD_FOR_IT[0] & _HELD_FOR_IT[1]))
    .values(state=OrderState.HELD.value, reason=bindparam("why"), updated_at=bindparam("now"), **HELD_BY)
)
_GO_ON = (
    update(orders)
    .where(orders.c.id.in_(bindparam("ids", expanding=True)), *_HELD_FOR_IT)
    .values(state=OrderState.READY.value, reason="", updated_at=bindparam("now"))
)


@cache
def _promise(dialect: str) -> Executable:
    promising = insert_into(dialect, promise).on_conflict_do_nothing(index_elements=["connection", "kind", "key"])
    return promising.returning(promise.c.id)


def ask_adjustment(
    conn: Connection,
    order_id: int,
    connection: str,
    wish: AdjustmentWish,
    *,
    again: bool,
    anyway: bool,
    by: str = "a person",
    now: datetime,
) -> OrderAdjustment:
    """Promise a cancellation or refund and make it due; raises `NotAdjustable` when it makes no sense.

    An order that the warehouse has not got yet waits until the marketplace has answered.
    """
    pipeline, number, state, document = conn.execute(_ORDER, {"of_order": order_id}).one()
    if not document:
        raise NotAdjustable(f"order {number or order_id} could not be read; settle it in the cart's own pages")
    if wish.kind is AdjustmentKind.CANCELLATION and not anyway:
        _check_not_released(conn, order_id, number, state)
    adjustment = plan_adjustment(Order.model_validate_json(document), _before(conn, order_id), wish, again=again)
    promise_adjustment(conn, pipeline, connection, order_id, adjustment, now)
    what = "cancel order" if wish.kind is AdjustmentKind.CANCELLATION else "refund order"
    deed = Deed(by, what, number, pipeline, order_id, after=adjustment.key, note=adjustment.reason.value)
    note_deed(conn, deed, micros(now))
    return adjustment


def is_at_warehouse(conn: Connection, order_id: int, state: str) -> bool:
    """Whether the warehouse has (a part of) the order, or may have."""
    return OrderState(state) not in BEFORE_RELEASE or bool(conn.scalar(_RELEASED, {"of_order": order_id}))


def hold_back(conn: Connection, order_id: int | None, why: str, now: int, *, by: str = "the marketplace") -> None:
    """An order that would be released now waits, for this reason."""
    conn.execute(_HOLD, {"its_id": order_id, "why": why, "who": by, "now": now})


def hold_unsettled(conn: Connection, pipeline: str, now: int) -> None:
    """Say of ready orders that are not released why: something of them is asked for, or was refused, at the cart.

    They were not ready when it was asked for or refused, so that nobody said it then.
    """
    for row in conn.execute(_UNSETTLED, {"of_pipeline": pipeline}).all():
        if row.state == PromiseState.REJECTED:
            hold_back(conn, row.id, f"{Code.ADJUST_REFUSED.value}: {row.error}", now, by="the cart")
        elif code := _ANSWERED.get(row.answer):
            hold_back(conn, row.id, f"{code.value}: {row.key}: {row.answer_words}".removesuffix(": "), now)
        else:
            what = OrderAdjustment.model_validate_json(row.document).kind.value
            hold_back(conn, row.id, UNDER_WAY.format(what=what), now)


def go_on(conn: Connection, order_ids: Collection[int], now: int) -> None:
    """Orders that were held for a cancellation or refund need not be any more."""
    if order_ids:
        conn.execute(_GO_ON, {"ids": list(order_ids), "now": now})


def _check_not_released(conn: Connection, order_id: int, number: str, state: str) -> None:
    if state == OrderState.SHIPPED:
        raise NotAdjustable(
            f"it is too late, order {number} has left: `crossdock orders refund {number}` pays back; or add --anyway"
        )
    if state == OrderState.CANCELLED:
        raise NotAdjustable(f"order {number} is cancelled already: nothing of it is left to ship")
    if is_at_warehouse(conn, order_id, state):
        raise NotAdjustable(
            f"the warehouse has order {number} already: delete or shorten it there first, so that nothing of it leaves "
            "which is cancelled at the cart; then the same command with --anyway"
        )


def _before(conn: Connection, order_id: int) -> Sequence[AskedBefore]:
    rows = conn.execute(_BEFORE, {"of_order": order_id})
    return [asked_before(*row) for row in rows]


def asked_before(document: bytes, created_at: int, state: str, answer: str) -> AskedBefore:
    """An adjustment as its promise tells of it."""
    return AskedBefore(
        OrderAdjustment.model_validate_json(document),
        moment(created_at),
        refused=state == PromiseState.REJECTED or answer == AnswerState.REFUSED,
        accepted=answer == AnswerState.ACCEPTED,
    )


def promise_adjustment(
    conn: Connection, pipeline: str, connection: str, order_id: int, adjustment: OrderAdjustment, now: datetime
) -> None:
    """Promise to ask the cart, and make it due; what the warehouse has not got yet waits for the answer."""
    row = _row(pipeline, connection, order_id, adjustment, micros(now))
    if conn.execute(_promise(conn.dialect.name), row).first() is None:
        return
    hold_back(conn, order_id, UNDER_WAY.format(what=adjustment.kind.value), micros(now))
    schedule(conn, pipeline, "adjust", now)


def _row(pipeline: str, connection: str, order_id: int, adjustment: OrderAdjustment, at: int) -> dict[str, object]:
    document = adjustment.model_dump_json().encode()
    return due_row(pipeline, connection, Kind.ADJUST, order_id, adjustment.key, document, at)
