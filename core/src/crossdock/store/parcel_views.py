"""What people ask about parcels. Use as `await store.read(list_parcels, number=…)`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Row, Select, and_, func, or_, select, union

from crossdock.domain import Parcel, ShipmentConfirmation
from crossdock.engine.ledger import Kind
from crossdock.engine.ports import ShipmentState
from crossdock.mapping.carriers_by_number import followed_at
from crossdock.store.moments import moment
from crossdock.store.tables import orders, parcel, promise, shipment


@dataclass(frozen=True, slots=True)
class ParcelView:
    """One label of a shipping provider; `reference` is the order number in the warehouse that it was made for.

    `used_for` is the box that has its number, of `order_number` at the cart; `told` how far the cart was told of that
    number: the state of the promise, empty where nothing of it was promised. `cost` and `weight` are decimal numbers.
    """

    pipeline: str
    connection: str
    tracking_number: str
    carrier: str
    service_level: str
    reference: str
    box: str
    cost: str
    currency: str
    weight: str
    weight_unit: str
    shipped_at: datetime | None
    first_seen: datetime
    voided_at: datetime | None
    order_number: str
    used_for: str
    told: str
    tracking_url: str
    key: str
    external_id: str


_COUNTS = and_(shipment.c.id == parcel.c.shipment_id, shipment.c.state != ShipmentState.VOIDED.value)
_CONFIRMATION = and_(
    promise.c.order_id == shipment.c.order_id,
    promise.c.kind == Kind.CONFIRM.value,
    promise.c.key == shipment.c.request_number + "/" + shipment.c.external_id,
)
_VIEWS = (
    select(parcel.c.connection, parcel.c.seen_at, parcel.c.voided_at, parcel.c.document)
    .add_columns(func.coalesce(shipment.c.pipeline, parcel.c.pipeline).label("pipeline"))
    .add_columns(orders.c.number, shipment.c.external_id.label("used_for"))
    .add_columns(promise.c.state.label("promised"), promise.c.document.label("confirmation"))
    .select_from(
        parcel.outerjoin(shipment, _COUNTS)
        .outerjoin(orders, orders.c.id == shipment.c.order_id)
        .outerjoin(promise, _CONFIRMATION)
    )
)


def list_parcels(
    conn: Connection,
    *,
    number: str = "",
    unused: bool = False,
    voided: bool = False,
    limit: int = 50,
    pipelines: Collection[str] | None = None,
) -> list[ParcelView]:
    """Parcels, the newest first; `number` is a tracking number, or an order number in the warehouse or of a part of it.

    `unused`: only those whose number no box has; `voided`: only those that were taken back.
    """
    query = _VIEWS.order_by(parcel.c.id.desc()).limit(limit)
    if number:
        query = query.where(parcel.c.id.in_(_called(number)))
    if unused:
        query = query.where(shipment.c.id.is_(None))
    if voided:
        query = query.where(parcel.c.voided_at.is_not(None))
    if pipelines is not None:
        query = query.where(func.coalesce(shipment.c.pipeline, parcel.c.pipeline).in_(pipelines))
    return _views(conn, query)


def _called(number: str) -> CompoundSelect[Any]:
    """Of such a number; each of the three has an index, which an OR of them would not use."""
    parts = parcel.c.reference.between(f"{number}-", f"{number}-\U0010ffff")
    meant = (parcel.c.tracking_number == number, parcel.c.reference == number, parts)
    return union(*(select(parcel.c.id).where(one) for one in meant))


def parcels_of_order(conn: Connection, order_id: int, numbers: Collection[str]) -> tuple[ParcelView, ...]:
    """The parcels of one order: those of its boxes, and those that were made for its numbers and are nobody's."""
    boxes = select(shipment.c.id).where(shipment.c.order_id == order_id)
    of_its = or_(parcel.c.shipment_id.in_(boxes), parcel.c.reference.in_(numbers))
    nobody_else = or_(shipment.c.id.is_(None), shipment.c.order_id == order_id)
    return tuple(_views(conn, _VIEWS.where(of_its, nobody_else).order_by(parcel.c.id)))


def _views(conn: Connection, query: Select[Any]) -> list[ParcelView]:
    return [_view(row) for row in conn.execute(query)]


def _view(row: Row[Any]) -> ParcelView:
    told = Parcel.model_validate_json(row.document)
    return ParcelView(
        pipeline=row.pipeline,
        connection=row.connection,
        tracking_number=told.tracking_number,
        carrier=told.carrier,
        service_level=told.service_level,
        reference=told.reference,
        box=told.box,
        cost=told.cost.in_digits if told.cost else "",
        currency=told.cost.currency if told.cost else "",
        weight=f"{told.weight.value}" if told.weight else "",
        weight_unit=told.weight.unit.value if told.weight else "",
        shipped_at=told.shipped_at,
        first_seen=moment(row.seen_at),
        voided_at=moment(row.voided_at),
        order_number=row.number or "",
        used_for=row.used_for or "",
        told=row.promised if row.promised and _tells(row.confirmation, told) else "",
        tracking_url=followed_at(told),
        key=told.key,
        external_id=told.external_id,
    )


def _tells(document: bytes, told: Parcel) -> bool:
    """Whether this is the number of the confirmation; of a label in another's place, the cart was not told."""
    return ShipmentConfirmation.model_validate_json(document).tracking_number == told.tracking_number
