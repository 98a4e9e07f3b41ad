"""The story of one order: everything that is known of it, as one time line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, select, tuple_

from crossdock.domain import (
    FulfillmentRequest,
    Order,
    RecordedAdjustment,
    Shipment,
    ShipmentConfirmation,
    ShipmentReversal,
    Shortage,
)
from crossdock.engine.edits import Edits
from crossdock.engine.ledger import Kind
from crossdock.hooks.records import AnswerState
from crossdock.store.adjusting import WAIVED
from crossdock.store.audit import DeedView, list_deeds
from crossdock.store.compression import unpack
from crossdock.store.errors import NotFound
from crossdock.store.intake import RECORD_OF_ORDER, adjustments_json, read_edits
from crossdock.store.moments import moment
from crossdock.store.parcel_views import ParcelView, parcels_of_order
from crossdock.store.queries import OrderSummary, ProblemView, columns_of, list_problems, with_moments
from crossdock.store.tables import exchange, orders, promise, record, reversal, shipment, shortage

MOST_DEEDS = 1000


@dataclass(frozen=True, slots=True)
class PromiseView:
    """One promise of the order; `document` is the JSON of what is sent, `ref` the other side's id for it."""

    id: int
    kind: str
    connection: str
    key: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    settled_at: datetime | None
    ref: str
    error: str
    follow_at: datetime | None
    answer: str
    answer_words: str
    answered_at: datetime | None
    found_at: datetime | None
    document: bytes


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """One shipment of the order as the warehouse told it; `reason` says why it waits."""

    id: int
    connection: str
    state: str
    created_at: datetime
    reason: str
    shipment: Shipment


@dataclass(frozen=True, slots=True)
class ShortageView:
    """Pieces of the order that a warehouse will not ship; `state` and `outcome` say what became of that."""

    connection: str
    state: str
    seen_at: datetime
    outcome: str
    shortage: Shortage


@dataclass(frozen=True, slots=True)
class ReversalView:
    """One fact that a warehouse took work on the order back."""

    connection: str
    seen_at: datetime
    reversal: ShipmentReversal


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One request and its answer, redacted; bodies as they were, up to a sane length."""

    id: int
    connection: str
    at: datetime
    method: str
    url: str
    status: int | None
    seconds: float
    error: str
    request: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the time line; `exchange` is set where it was a request with an answer."""

    at: datetime
    what: str
    title: str
    detail: str = ""
    exchange: ExchangeView | None = None


@dataclass(frozen=True, slots=True)
class OrderStory:
    """All that is known of one order.

    `raw` is the record as the cart gave it, `document` None if it was unreadable. `adjustments` is what the cart showed
    last of its cancellations and refunds.
    """

    order: OrderSummary
    document: Order | None
    raw: bytes
    adjustments: tuple[RecordedAdjustment, ...]
    requests: tuple[FulfillmentRequest, ...]
    promises: tuple[PromiseView, ...]
    shipments: tuple[ShipmentView, ...]
    problems: tuple[ProblemView, ...]
    exchanges: tuple[ExchangeView, ...]
    reversals: tuple[ReversalView, ...] = ()
    deeds: tuple[DeedView, ...] = ()
    edits: Edits = ()
    shortages: tuple[ShortageView, ...] = ()
    parcels: tuple[ParcelView, ...] = ()

    def time_line(self) -> list[Happening]:
        """Everything that happened, in the order of time."""
        happenings = chain(
            _received(self.order),
            _exchanged(self.exchanges),
            _promised(self.promises),
            _shipped(self.shipments),
            _reversed(self.reversals),
            _short(self.shortages),
            _troubled(self.problems),
            _done_by_people(self.deeds),
            _reached(self.order),
        )
        return sorted(happenings, key=lambda happening: happening.at)


def order_story(conn: Connection, order_id: int) -> OrderStory:
    """The story of one order (`find_orders` finds its id); raises `NotFound`."""
    fields_of_order = (*columns_of(orders, OrderSummary), orders.c.adjustments, orders.c.edits)
    query = select(*fields_of_order, record.c.data, record.c.document).outerjoin(record, RECORD_OF_ORDER)
    row = conn.execute(query.where(orders.c.id == order_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no order with the id {order_id} in the store")
    fields = with_moments(row)
    data, document = fields.pop("data") or b"", fields.pop("document") or b""
    adjustments, edits = fields.pop("adjustments"), fields.pop("edits")
    promises = _promises(conn, order_id)
    requests = [item.document for item in promises if item.kind == Kind.RELEASE and item.document]
    return OrderStory(
        order=OrderSummary(**fields),
        document=Order.model_validate_json(document) if document else None,
        raw=unpack(data),
        adjustments=adjustments_json.validate_json(adjustments) if adjustments else (),
        requests=tuple(FulfillmentRequest.model_validate_json(request) for request in requests),
        promises=promises,
        shipments=_shipments(conn, order_id),
        problems=tuple(list_problems(conn, state="all", order_id=order_id)),
        exchanges=_exchanges(conn, order_id),
        reversals=_reversals(conn, promises),
        shortages=_shortages(conn, order_id),
        parcels=parcels_of_order(conn, order_id, [one.key for one in promises if one.kind == Kind.RELEASE]),
        deeds=tuple(list_deeds(conn, order_id=order_id, limit=MOST_DEEDS)),
        edits=tuple(edit for edit in read_edits(edits) if edit.changes),
    )


def _promises(conn: Connection, order_id: int) -> tuple[PromiseView, ...]:
    query = select(*columns_of(promise, PromiseView))
    rows = conn.execute(query.where(promise.c.order_id == order_id).order_by(promise.c.id)).mappings()
    return tuple(PromiseView(**with_moments(row)) for row in rows)


def _shipments(conn: Connection, order_id: int) -> tuple[ShipmentView, ...]:
    rows = conn.execute(select(shipment).where(shipment.c.order_id == order_id).order_by(shipment.c.id))
    return tuple(
        ShipmentView(
            row.id,
            row.connection,
            row.state,
            moment(row.created_at),
            row.reason,
            Shipment.model_validate_json(row.document),
        )
        for row in rows
    )


def _shortages(conn: Connection, order_id: int) -> tuple[ShortageView, ...]:
    rows = conn.execute(select(shortage).where(shortage.c.order_id == order_id).order_by(shortage.c.seen_at))
    return tuple(
        ShortageView(
            row.connection, row.state, moment(row.seen_at), row.outcome, Shortage.model_validate_json(row.document)
        )
        for row in rows
    )


def _reversals(conn: Connection, promises: Sequence[PromiseView]) -> tuple[ReversalView, ...]:
    """What the warehouses took back of what they were asked for."""
    asked = [(item.connection, item.key) for item in promises if item.kind == Kind.RELEASE]
    query = select(reversal.c.connection, reversal.c.seen_at, reversal.c.document)
    rows = conn.execute(query.where(tuple_(reversal.c.connection, reversal.c.request_number).in_(asked)))
    return tuple(
        ReversalView(row.connection, moment(row.seen_at), ShipmentReversal.model_validate_json(row.document))
        for row in rows
    )


def _exchanges(conn: Connection, order_id: int) -> tuple[ExchangeView, ...]:
    query = select(*columns_of(exchange, ExchangeView))
    rows = conn.execute(query.where(exchange.c.order_id == order_id).order_by(exchange.c.at, exchange.c.id))
    return tuple(
        ExchangeView(
            **with_moments(row) | {"request": unpack(row["request"]), "answer": unpack(row["answer"])},
        )
        for row in rows.mappings()
    )


def _received(order: OrderSummary) -> Iterator[Happening]:
    yield Happening(order.created_at, "received", f"order {order.number or order.external_id} received")


def _reached(order: OrderSummary) -> Iterator[Happening]:
    if order.acknowledged_at:
        yield Happening(order.acknowledged_at, "acknowledged", "the cart knows that we have the order")
    if order.completed_at and order.state == "shipped":
        yield Happening(order.completed_at, "shipped", "everything is shipped and the cart was told")
    if order.completed_at and order.state == "cancelled":
        yield Happening(order.completed_at, "cancelled", "nothing of it is left to ship", order.reason)
    if order.scrubbed_at:
        yield Happening(order.scrubbed_at, "scrubbed", "the buyer's data was removed")


def _promised(promises: Sequence[PromiseView]) -> Iterator[Happening]:
    for item in promises:
        name = f"{item.kind} {item.key} to {item.connection}"
        yield Happening(item.created_at, "promised", name, _told_units(item))
        if item.settled_at:
            there = f"its id there: {item.ref}{' (a look-up found it)' if item.found_at else ''}"
            yield Happening(item.settled_at, item.state, f"{name}: {item.state}", item.error or (item.ref and there))
        if item.answered_at:
            said = AnswerState.REFUSED.value if item.answer == WAIVED else item.answer
            answer = f"the marketplace's answer to {item.kind} {item.key}: {said}"
            yield Happening(item.answered_at, "answered", answer, item.answer_words)


def _told_units(item: PromiseView) -> str:
    """Of which units the cart is told."""
    if item.kind != Kind.CONFIRM or not item.document:
        return ""
    told = ShipmentConfirmation.model_validate_json(item.document)
    return _contents((line.quantity, line.sku or line.order_line_id) for line in told.lines)


def _contents(lines: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{quantity} of {sku}" for quantity, sku in lines)


def _shipped(shipments: Sequence[ShipmentView]) -> Iterator[Happening]:
    for item in shipments:
        fact = item.shipment
        stage = fact.stage.value
        title = f"{item.connection} {stage} box {fact.external_id} of {fact.request_number}"
        inside = _contents((line.quantity, line.sku) for line in fact.package.lines)
        yield Happening(item.created_at, stage, title, "; ".join(filter(None, (inside, fact.package.tracking_number))))


def _short(shortages: Sequence[ShortageView]) -> Iterator[Happening]:
    for item in shortages:
        fact = item.shortage
        why = f" ({fact.reason})" if fact.reason else ""
        title = f"{item.connection} will not ship {fact.quantity} of line {fact.line_id} of {fact.request_number}{why}"
        yield Happening(item.seen_at, "short pick", title, item.outcome)


def _reversed(reversals: Sequence[ReversalView]) -> Iterator[Happening]:
    for item in reversals:
        fact = item.reversal
        what = f"box {', '.join(fact.shipments)}" if fact.shipments else f"what it had packed before {fact.reversed_at}"
        yield Happening(item.seen_at, "taken back", f"{item.connection} took back {what} of {fact.request_number}")


def _exchanged(exchanges: Sequence[ExchangeView]) -> Iterator[Happening]:
    for item in exchanges:
        result = str(item.status) if item.status is not None else item.error
        yield Happening(item.at, "exchange", f"{item.connection}: {item.method} {item.url} -> {result}", exchange=item)


def _troubled(problems: Sequence[ProblemView]) -> Iterator[Happening]:
    for item in problems:
        what_and_what_to_do = "\n".join(filter(None, (item.detail, item.action)))
        yield Happening(item.first_seen, "problem", item.title, what_and_what_to_do)
        if item.closed_at:
            yield Happening(item.closed_at, "problem closed", item.title, item.closed_how)


def _done_by_people(deeds: Sequence[DeedView]) -> Iterator[Happening]:
    for item in deeds:
        changed = " -> ".join(filter(None, (item.before, item.after)))
        yield Happening(
            item.at, "by a person", f"{item.by}: {item.action}", "; ".join(filter(None, (item.note, changed)))
        )
