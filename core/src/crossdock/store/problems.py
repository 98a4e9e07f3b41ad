"""Problems: opened, counted once more, closed when their cause is gone."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, func, or_, select, text, update

from crossdock.engine.ledger import GONE, Kind
from crossdock.engine.problems import Code, Problem
from crossdock.store.tables import orders, problem, promise, shipment
from crossdock.store.upsert import insert_into

REFUSAL_OF = {
    Kind.RELEASE: Code.RELEASE_REFUSED,
    Kind.ACKNOWLEDGE: Code.ACKNOWLEDGE_REFUSED,
    Kind.CONFIRM: Code.CONFIRM_REFUSED,
    Kind.ADJUST: Code.ADJUST_REFUSED,
    Kind.WITHDRAW: Code.WITHDRAW_REFUSED,
    Kind.NOTIFY: Code.NOTICE_REFUSED,
    Kind.LABEL: Code.LABEL_REFUSED,
    Kind.VOID: Code.VOID_REFUSED,
}
HOLDS = (
    Code.UNMAPPED_SHIP_METHOD,
    Code.RULES_DISAGREE,
    Code.UNSHIPPABLE_ORDER,
    Code.NUMBER_TAKEN,
    Code.MARKED_ELSEWHERE,
    Code.ORDER_REVIEW,
    Code.HELD_BY_RULE,
    Code.MISSING_FIELD,
)
"""Problems that an order has only while it is held before its release."""

WAITS = (Code.NO_TRACKING, Code.UNMAPPED_CARRIER, Code.RULES_DISAGREE)
"""Problems that a shipment has only until the cart is told of it."""

NOT_RESOLVED = text("problem.state <> 'resolved'")  # literally the condition of the index


@cache
def _open(dialect: str) -> Executable:
    opening = insert_into(dialect, problem)
    new = opening.excluded
    return opening.on_conflict_do_update(
        index_elements=["pipeline", "code", "subject"],
        index_where=text("state <> 'resolved'"),
        set_={
            "count": problem.c.count + 1,
            "last_seen": new.last_seen,
            "title": new.title,
            "detail": new.detail,
            "action": new.action,
            "cause": new.cause,
            "order_id": func.coalesce(new.order_id, problem.c.order_id),
        },
    )


_OF_CODES = (problem.c.code.in_(bindparam("codes", expanding=True)), NOT_RESOLVED)
_OF_PIPELINE = (problem.c.pipeline == bindparam("of_pipeline"), *_OF_CODES)
_ANY = select(problem.c.id).where(*_OF_PIPELINE).limit(1)
_CLOSE = update(problem).values(state="resolved", closed_at=bindparam("now"), closed_how=bindparam("how"))
_CLOSE_SUBJECTS = _CLOSE.where(*_OF_PIPELINE, problem.c.subject.in_(bindparam("subjects", expanding=True)))
_CLOSE_EVERYWHERE = _CLOSE.where(*_OF_CODES, problem.c.subject == bindparam("the_subject"))
_CLOSE_ORDERS = _CLOSE.where(*_OF_PIPELINE, problem.c.order_id.in_(bindparam("order_ids", expanding=True)))
_PROMISED = select(promise.c.id).where(promise.c.order_id == problem.c.order_id, promise.c.key == problem.c.subject)
_CLOSE_KEPT = _CLOSE_ORDERS.where(
    _PROMISED.where(promise.c.state == "done").exists(), ~_PROMISED.where(promise.c.state == "rejected").exists()
)
_AT_WAREHOUSE = (
    select(promise.c.id)
    .where(promise.c.order_id == problem.c.order_id, promise.c.kind == Kind.RELEASE.value)
    .where(promise.c.state.not_in(GONE))
    .exists()
)
_CLOSE_NOT_HELD = _CLOSE.where(
    *_OF_PIPELINE,
    or_(problem.c.code != Code.RELEASE_REFUSED.value, ~_AT_WAREHOUSE),
    problem.c.order_id.in_(
        select(orders.c.id)
        .where(orders.c.pipeline == bindparam("of_pipeline"))
        .where(orders.c.external_id.in_(bindparam("external_ids", expanding=True)))
        .where(orders.c.state.in_(["waiting", "skipped"]))
    ),
)
_CLOSE_ANSWERED = _CLOSE.where(
    *_OF_PIPELINE,
    problem.c.subject.in_(
        select(shipment.c.request_number + "/" + shipment.c.external_id).where(
            shipment.c.id.in_(bindparam("shipment_ids", expanding=True))
        )
    ),
)


def open_problems(conn: Connection, pipeline: str, problems: Sequence[Problem], now: int) -> None:
    """Open problems, or count them once more; one that a person ignores is counted and stays quiet."""
    if problems:
        conn.execute(_open(conn.dialect.name), [_row(pipeline, item, now) for item in problems])


def close_subjects(conn: Connection, pipeline: str, code: Code, subjects: Collection[str], now: int) -> None:
    """Close the problems of these subjects."""
    _close(conn, _CLOSE_SUBJECTS, pipeline, [code], "its cause is gone", now, "subjects", subjects)


def close_taken_in(conn: Connection, pipeline: str, external_ids: Collection[str], now: int) -> None:
    """Close what hindered these orders from coming in: they are here, and can be read."""
    codes = [Code.UNREADABLE_ORDER, Code.UNFETCHABLE_ORDER]
    _close(conn, _CLOSE_SUBJECTS, pipeline, codes, "its cause is gone", now, "subjects", external_ids)


def close_everywhere(conn: Connection, code: Code, subject: str, now: int) -> None:
    """Close the problem of this subject in every pipeline."""
    gone = {"codes": [code.value], "the_subject": subject, "how": "its cause is gone", "now": now}
    conn.execute(_CLOSE_EVERYWHERE, gone)


def close_holds(conn: Connection, pipeline: str, order_ids: Collection[int], now: int) -> None:
    """Close what held these orders: they are on their way."""
    _close(conn, _CLOSE_ORDERS, pipeline, HOLDS, "the order is on its way", now, "order_ids", order_ids)


def close_other_holds(conn: Connection, pipeline: str, code: str, order_ids: Collection[int], now: int) -> None:
    """Close what held these orders before: something else (or nothing that is a problem) holds them now."""
    others = [one for one in HOLDS if one.value != code]
    _close(conn, _CLOSE_ORDERS, pipeline, others, "its cause is gone", now, "order_ids", order_ids)


def close_no_longer_held(conn: Connection, pipeline: str, external_ids: Collection[str], now: int) -> None:
    """Close what held these orders where the cart says now that they need not be shipped (yet).

    A refusal stays where a warehouse has another part of the order.
    """
    codes = (*HOLDS, Code.RELEASE_REFUSED)
    _close(conn, _CLOSE_NOT_HELD, pipeline, codes, "the cart changed the order", now, "external_ids", external_ids)


def close_kept(conn: Connection, pipeline: str, kind: Kind, order_ids: Collection[int], now: int) -> None:
    """Close the refusals of promises that are kept by now."""
    codes = [REFUSAL_OF[kind], Code.PLUGIN_FAILED]
    _close(conn, _CLOSE_KEPT, pipeline, codes, "it was done", now, "order_ids", order_ids)


def close_of_order(conn: Connection, pipeline: str, codes: Collection[Code], order_id: int, how: str, now: int) -> None:
    """Close the problems of one order that a person has settled by a decision."""
    close_of_orders(conn, pipeline, codes, [order_id], how, now)


def close_of_orders(
    conn: Connection, pipeline: str, codes: Collection[Code], order_ids: Collection[int], how: str, now: int
) -> None:
    """Close the problems of these orders."""
    _close(conn, _CLOSE_ORDERS, pipeline, codes, how, now, "order_ids", order_ids)


def close_mapped(conn: Connection, pipeline: str, order_ids: Collection[int], now: int) -> None:
    """Close what held these orders for want of a ship method: there is one now."""
    codes = [Code.UNMAPPED_SHIP_METHOD, Code.RULES_DISAGREE]
    _close(conn, _CLOSE_ORDERS, pipeline, codes, "there is a rule now", now, "order_ids", order_ids)


def close_answered(conn: Connection, pipeline: str, shipment_ids: Collection[int], now: int) -> None:
    """Close what these shipments waited for: the cart is told of them now."""
    _close(conn, _CLOSE_ANSWERED, pipeline, WAITS, "the shipment goes out", now, "shipment_ids", shipment_ids)


def close_tracked(conn: Connection, pipeline: str, shipment_ids: Collection[int], now: int) -> None:
    """Close that these shipments have no tracking number: they wait for something else."""
    codes, how = [Code.NO_TRACKING], "there is a tracking number"
    _close(conn, _CLOSE_ANSWERED, pipeline, codes, how, now, "shipment_ids", shipment_ids)


def _close(
    conn: Connection,
    closing: Executable,
    pipeline: str,
    codes: Iterable[Code],
    how: str,
    now: int,
    name: str,
    keys: Collection[object],
) -> None:
    """Close problems of these codes whose `name` is among the keys; costs one look where none of them is open."""
    values = [code.value for code in codes]
    if keys and _any(conn, pipeline, values):
        gone = {"codes": values, name: list(keys), "how": how, "now": now}
        conn.execute(closing, {"of_pipeline": pipeline, **gone})


def _any(conn: Connection, pipeline: str, codes: Sequence[str]) -> bool:
    """Whether such a problem is open at all: nearly always none is, and the answer costs one look."""
    return conn.execute(_ANY, {"of_pipeline": pipeline, "codes": codes}).first() is not None


def _row(pipeline: str, item: Problem, now: int) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "code": item.code.value,
        "subject": item.subject,
        "order_id": item.order_id,
        "state": "open",
        "count": 1,
        "first_seen": now,
        "last_seen": now,
        "title": item.title,
        "detail": item.detail,
        "action": item.action,
        "closed_how": "",
        "cause": item.cause,
    }
