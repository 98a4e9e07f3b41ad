"""Stored orders to try rules on, with what the warehouse was asked for each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text

from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.ledger import Kind
from crossdock.store.intake import RECORD_OF_ORDER
from crossdock.store.tables import orders, promise, record

_CHUNK = 500
_WHOLE = (
    select(orders.c.id, orders.c.pipeline, orders.c.external_id, orders.c.number, orders.c.state, record.c.document)
    .join(record, RECORD_OF_ORDER)
    .where(func.length(record.c.document) > 0, orders.c.scrubbed_at.is_(None))
)
_LAST = (
    _WHOLE.where(orders.c.pipeline == bindparam("of_pipeline"), text("orders.state NOT IN ('skipped', 'unreadable')"))
    .order_by(orders.c.id.desc())
    .limit(bindparam("most"))
)
_ONE = _WHOLE.where(orders.c.id == bindparam("its_id"))
_ASKED = (
    select(promise.c.order_id, promise.c.document)
    .where(promise.c.order_id.in_(bindparam("ids", expanding=True)), promise.c.kind == Kind.RELEASE.value)
    .order_by(promise.c.id)
)


@dataclass(frozen=True, slots=True)
class SampledOrder:
    """One stored order whose buyer's data is still there; `requests` is what the ledger holds of it, if anything."""

    pipeline: str
    external_id: str
    number: str
    state: str
    order: Order
    requests: tuple[FulfillmentRequest, ...] = ()


def last_orders(conn: Connection, pipeline: str, limit: int) -> list[SampledOrder]:
    """The newest orders of a pipeline that are, or were, to be shipped."""
    return _sampled(conn, conn.execute(_LAST, {"of_pipeline": pipeline, "most": limit}).all())


def one_order(conn: Connection, order_id: int) -> SampledOrder | None:
    """This order; None where its document is gone or never was readable."""
    return next(iter(_sampled(conn, conn.execute(_ONE, {"its_id": order_id}).all())), None)


def _sampled(conn: Connection, rows: Sequence[Any]) -> list[SampledOrder]:
    asked = _asked(conn, [row.id for row in rows])
    return [
        SampledOrder(pipeline, external_id, number, state, Order.model_validate_json(document), asked.get(id, ()))
        for id, pipeline, external_id, number, state, document in rows
    ]


def _asked(conn: Connection, ids: list[int]) -> Mapping[int, tuple[FulfillmentRequest, ...]]:
    found: defaultdict[int, tuple[FulfillmentRequest, ...]] = defaultdict(tuple)
    for start in range(0, len(ids), _CHUNK):
        for order_id, document in conn.execute(_ASKED, {"ids": ids[start : start + _CHUNK]}):
            found[order_id] += (FulfillmentRequest.model_validate_json(document),)
    return found
