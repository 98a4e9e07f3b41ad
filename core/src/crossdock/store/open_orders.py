"""Orders whose buyers wait for pieces, with all that says how many. Use as `await store.read(claiming_orders, …)`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, select, text

from crossdock.domain import Order, Shipment
from crossdock.engine.adjustment_plan import cancelled_units
from crossdock.engine.claim_ports import AskedPart, ClaimingOrder, Picked
from crossdock.engine.claims import recorded_cancellations
from crossdock.engine.confirm_plan import add_pieces
from crossdock.engine.edits import corrected
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.ports import OrderState, ShipmentState
from crossdock.store.intake import RECORD_OF_ORDER, adjustments_json, read_edits
from crossdock.store.moments import micros
from crossdock.store.reversals import taken_back
from crossdock.store.shipments import Promised
from crossdock.store.tables import OPEN_ORDERS, orders, promise, record, shipment

RELEASED = (OrderState.RELEASING, OrderState.RELEASED, OrderState.PART_SHIPPED)
OPEN = (OrderState.WAITING, OrderState.HELD, OrderState.READY, *RELEASED)
"""The states of the index of open orders."""

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_OPEN = (
    select(orders.c.id)
    .where(orders.c.pipeline == bindparam("of_pipeline"), text(f"orders.{OPEN_ORDERS}"))
    .where(orders.c.id > bindparam("after"))
    .order_by(orders.c.id)
    .limit(bindparam("most"))
)
_LAST_BEFORE = (  # rows are numbered in the order of time
    select(shipment.c.id).where(shipment.c.created_at < bindparam("since")).order_by(shipment.c.id.desc()).limit(1)
)
_PICKED_SINCE = (  # by these rows alone: asked for distinct orders behind one, SQLite walks through all shipments
    select(shipment.c.order_id)
    .where(shipment.c.id > bindparam("last"), shipment.c.created_at >= bindparam("since"))
    .where(shipment.c.pipeline == bindparam("of_pipeline"), shipment.c.state != ShipmentState.VOIDED.value)
    .where(shipment.c.order_id.is_not(None))
)
_ROWS = (
    select(orders.c.id, orders.c.connection, orders.c.state, orders.c.edits, orders.c.adjustments, record.c.document)
    .outerjoin(record, RECORD_OF_ORDER)
    .where(orders.c.id.in_(_IDS))
    .order_by(orders.c.id)
)
_PROMISES = (
    select(promise.c.order_id, promise.c.kind, promise.c.connection, promise.c.document)
    .add_columns(promise.c.created_at, promise.c.settled_at, promise.c.state, promise.c.answer)
    .where(promise.c.order_id.in_(_IDS))
    .where(promise.c.kind.in_([Kind.RELEASE.value, Kind.CONFIRM.value, Kind.ADJUST.value]))
    .where(promise.c.state != PromiseState.WITHDRAWN.value)
    .order_by(promise.c.id)
)
_SHIPMENTS = (
    select(shipment.c.connection, shipment.c.order_id, shipment.c.created_at, shipment.c.document)
    .where(shipment.c.order_id.in_(_IDS), shipment.c.state != ShipmentState.VOIDED.value)
    .order_by(shipment.c.connection)
)
_TOLD = (PromiseState.DONE, PromiseState.SENT, PromiseState.IN_DOUBT)
"""In these states of a confirmation the cart may count its units as gone."""


def claiming_orders(
    conn: Connection, pipeline: str, counted_at: datetime, limit: int, after: int = 0
) -> list[ClaimingOrder]:
    """Orders that wait for pieces, and those of which pieces were picked since this moment, by their rows."""
    ids = _claiming(conn, pipeline, micros(counted_at), limit, after)
    if not ids:
        return []
    known = {id: _Known(micros(counted_at)) for id in ids}
    for row in conn.execute(_PROMISES, {"ids": ids}):
        known[row.order_id].promised(row)
    for order_id, seen_at, shipped in _picked(conn, ids):
        known[order_id].picked_at(seen_at, shipped)
    return [known[row.id].order(row) for row in conn.execute(_ROWS, {"ids": ids})]


def _picked(conn: Connection, ids: Sequence[int]) -> Iterator[tuple[int, int, Shipment]]:
    """By order, when we heard of it, what was picked and has not been put back, whatever the cart was told of it."""
    for warehouse, rows in groupby(conn.execute(_SHIPMENTS, {"ids": ids}), key=lambda row: str(row.connection)):
        found = [(row.order_id, row.created_at, Shipment.model_validate_json(row.document)) for row in rows]
        back = taken_back(conn, warehouse, [shipped for _, _, shipped in found])
        yield from (one for one in found if one[2].external_id not in back)


def _claiming(conn: Connection, pipeline: str, since: int, limit: int, after: int) -> list[int]:
    asked = {"of_pipeline": pipeline, "after": after, "most": limit}
    waiting = conn.scalars(_OPEN, asked).all()
    last = conn.scalar(_LAST_BEFORE, {"since": since}) or 0
    picked = conn.scalars(_PICKED_SINCE, {"of_pipeline": pipeline, "since": since, "last": last})
    return sorted({*waiting, *(id for id in picked if id is not None and id > after)})[:limit]


@dataclass
class _Known:
    """What is known of one order beside its own row."""

    counted_at: int
    parts: list[AskedPart] = field(default_factory=list)
    promises: Promised = field(default_factory=Promised)
    picked: Picked = field(default_factory=Counter)
    picked_since: Picked = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def promised(self, row: Row[*tuple[Any, ...]]) -> None:
        """Take in one promise."""
        self.promises.add(row.kind, row.document, row.created_at, row.state, row.answer)
        if row.kind == Kind.RELEASE:
            there = row.state == PromiseState.DONE and row.settled_at < self.counted_at
            refused, unsent = (row.state == state for state in (PromiseState.REJECTED, PromiseState.DUE))
            doubtful = not (there or refused or unsent)
            self.parts.append(AskedPart(self.promises.requests[-1], row.connection, there, refused, doubtful))
        elif row.kind == Kind.CONFIRM and row.state in _TOLD:
            confirmed = self.promises.told[-1]
            for line in confirmed.lines:
                self.told[confirmed.distribution_center, line.order_line_id] += line.quantity

    def picked_at(self, seen_at: int, shipped: Shipment) -> None:
        """Take in one shipment."""
        add_pieces(self.picked if seen_at < self.counted_at else self.picked_since, shipped)

    def order(self, row: Row[*tuple[Any, ...]]) -> ClaimingOrder:
        """All of it."""
        order = Order.model_validate_json(row.document) if row.document else None
        released = row.state in RELEASED
        if order and row.edits and not released:
            order = corrected(order, read_edits(row.edits))
        return ClaimingOrder(
            id=row.id,
            connection=row.connection,
            order=order,
            waits=row.state in OPEN,
            released=released,
            parts=tuple(self.parts),
            picked=self.picked,
            picked_since=self.picked_since,
            cancelled=self._cancelled(order, row.adjustments) if order else {},
            told=self.told,
        )

    def _cancelled(self, order: Order, adjustments: str) -> Mapping[str, int]:
        """Units that were cancelled since warehouses were asked: by us, or at the cart, where it shows both."""
        if not self.parts:
            return {}
        ours = cancelled_units(order, [one for one in self.promises.asked_since_release() if one.accepted])
        if not adjustments:
            return ours
        shown = recorded_cancellations(
            order.model_copy(update={"adjustments": adjustments_json.validate_json(adjustments)})
        )
        before = recorded_cancellations(order)
        since = {line: units - before.get(line, 0) for line, units in shown.items()}
        return {line: max(units, since.get(line, 0)) for line, units in ours.items()}
