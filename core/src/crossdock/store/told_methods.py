"""What the cart made of the carriers and classes that it was told. Use as `await store.read(told_methods, "main")`."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from crossdock.engine.ledger import Kind, PromiseState
from crossdock.hooks.records import AnswerState
from crossdock.mapping import ShipMethod
from crossdock.store.tables import promise

MOST_TOLD = 5_000
"""How many of the newest shipments are looked at."""
_FARTHEST = 200_000
"""How far back they are looked for among all promises."""

_NEWEST = (
    select(promise.c.state, promise.c.error, promise.c.answer, promise.c.answer_words, promise.c.document)
    .where(promise.c.id > select(func.max(promise.c.id) - _FARTHEST).scalar_subquery())
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == Kind.CONFIRM.value)
    .where(promise.c.state.in_([PromiseState.DONE.value, PromiseState.REJECTED.value]))
    .order_by(promise.c.id.desc())
    .limit(MOST_TOLD)
)


@dataclass(slots=True)
class Told:
    """How often the cart took a pair of carrier and class and how often not; `refusal` is its newest word on it."""

    accepted: int = 0
    refused: int = 0
    refusal: str = ""


class _Pair(msgspec.Struct):
    """The part of a confirmation that says how the parcel travels."""

    carrier: str = ""
    service_level: str = ""


def told_methods(conn: Connection, pipeline: str) -> Mapping[ShipMethod, Told]:
    """The pairs in the newest shipments that the cart has answered; a marketplace's refusal is a refusal too."""
    found: dict[ShipMethod, Told] = {}
    for state, error, answer, words, document in conn.execute(_NEWEST, {"of_pipeline": pipeline}):
        pair = msgspec.json.decode(document or b"{}", type=_Pair)
        told = found.setdefault(ShipMethod(pair.carrier, pair.service_level), Told())
        if state == PromiseState.REJECTED or answer == AnswerState.REFUSED:
            told.refused += 1
            told.refusal = told.refusal or error or words
        else:
            told.accepted += 1
    return found
