"""What marketplaces answered to promises that the cart accepted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Answered, Followed, Kind
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import AnswerState
from crossdock.store.adjusting import go_on, hold_back
from crossdock.store.leases import renew
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.shipments import end_orders
from crossdock.store.tables import promise
from crossdock.store.wishes import want_known_orders

_TO_FOLLOW = (
    select(promise.c.id, promise.c.order_id, promise.c.key, promise.c.document, promise.c.settled_at)
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == bindparam("of_kind"))
    .where(promise.c.follow_at <= bindparam("now"), promise.c.connection == bindparam("on"))
    .order_by(promise.c.follow_at, promise.c.id)
    .limit(bindparam("most"))
)
_NOTE = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(answer=bindparam("its_answer"), answer_words=bindparam("its_words"))
    .values(answered_at=bindparam("now"), follow_at=bindparam("next_look"))
)


def to_follow(
    conn: Connection, pipeline: str, connection: str, kind: Kind, limit: int, *, now: datetime
) -> Sequence[Followed]:
    """Kept promises of which it is time to ask, longest due first."""
    asked = {"of_pipeline": pipeline, "on": connection, "of_kind": kind.value, "now": micros(now), "most": limit}
    return [
        Followed(id, kind, order_id, key, document, moment(kept_at))
        for id, order_id, key, document, kept_at in conn.execute(_TO_FOLLOW, asked)
    ]


def note_answers(
    conn: Connection, lease: Lease, answers: Sequence[Answered], problems: Sequence[Problem], *, now: datetime
) -> None:
    """Write answers down, and what follows from them for orders of which something was cancelled or refunded."""
    at = micros(now)
    renew(conn, lease, at)
    if answers:
        conn.execute(_NOTE, [_row(answer, at) for answer in answers])
        _close_accepted(conn, lease.pipeline, answers, at)
        _follow_adjustments(conn, lease.pipeline, answers, now)
    for problem in problems:
        hold_back(conn, problem.order_id, f"{problem.code.value}: {problem.title}", at)
    open_problems(conn, lease.pipeline, problems, at)


def _close_accepted(conn: Connection, pipeline: str, answers: Sequence[Answered], at: int) -> None:
    keys = [item.promise.key for item in answers if item.answer == AnswerState.ACCEPTED]
    for code in (Code.MARKETPLACE_REFUSED, Code.MARKETPLACE_SILENT):
        close_subjects(conn, pipeline, code, keys, at)


def _follow_adjustments(conn: Connection, pipeline: str, answers: Sequence[Answered], now: datetime) -> None:
    """What is left of an order is read before anything of it is released."""
    final = [item for item in answers if item.follow_at is None and item.promise.kind is Kind.ADJUST]
    want_known_orders(conn, pipeline, [item.promise.order_id for item in final], "the marketplace answered", now)
    accepted = [item.promise.order_id for item in final if item.answer == AnswerState.ACCEPTED]
    go_on(conn, accepted, micros(now))
    if accepted:
        end_orders(conn, accepted, micros(now))


def _row(answer: Answered, at: int) -> dict[str, object]:
    return {
        "promise_id": answer.promise.id,
        "its_answer": answer.answer,
        "its_words": answer.words,
        "next_look": micros(answer.follow_at) if answer.follow_at else None,
        "now": at,
    }
