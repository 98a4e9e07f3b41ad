"""What marketplaces answered to promises that the cart accepted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Answered, Followed, Kind
from crossdock.engine.problems import Problem
from crossdock.hooks.records import AnswerState
from crossdock.store.leases import renew
from crossdock.store.moments import micros, moment
from crossdock.store.problems import open_problems
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
    .values(answer=bindparam("its_answer"), answer_words=bindparam("its_words"), follow_at=bindparam("next_look"))
)
_OF_ADJUSTED = select(promise.c.order_id).where(
    promise.c.id.in_(bindparam("ids", expanding=True)), promise.c.kind == Kind.ADJUST.value
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
    """Write answers down; an order of which something was cancelled or refunded for good is fetched again."""
    renew(conn, lease, micros(now))
    if answers:
        conn.execute(_NOTE, [_row(answer) for answer in answers])
        accepted = [answer.promise_id for answer in answers if answer.answer == AnswerState.ACCEPTED]
        adjusted = conn.scalars(_OF_ADJUSTED, {"ids": accepted}).all() if accepted else ()
        want_known_orders(conn, lease.pipeline, adjusted, "the marketplace accepted a change", now)
    open_problems(conn, lease.pipeline, problems, micros(now))


def _row(answer: Answered) -> dict[str, object]:
    return {
        "promise_id": answer.promise_id,
        "its_answer": answer.answer,
        "its_words": answer.words,
        "next_look": micros(answer.follow_at) if answer.follow_at else None,
    }
