"""Removes what of parcels need not be kept: the buyer's data, and parcels that are nobody's."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, delete, select, tuple_, update

from crossdock.domain import Parcel
from crossdock.store.intake import PARCEL
from crossdock.store.tables import flow, parcel, record, shipment

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_OF_ORDERS = select(parcel.c.id, parcel.c.document).where(
    parcel.c.shipment_id.in_(select(shipment.c.id).where(shipment.c.order_id.in_(_IDS)))
)
_OF_NOBODY = (
    select(parcel.c.id)
    .where(parcel.c.seen_at <= bindparam("before"), parcel.c.shipment_id.is_(None), parcel.c.key == "")
    .order_by(parcel.c.seen_at)
    .limit(bindparam("most"))
)
_SCRUB = (
    update(parcel)
    .where(parcel.c.id == bindparam("its_id"))
    .values(tracking_number="", document=bindparam("new_document"))
)
_OLD_RECORDS = (
    select(record.c.pipeline, record.c.external_id)
    .where(record.c.pipeline.in_(select(flow.c.pipeline)), record.c.kind == PARCEL)
    .where(record.c.fetched_at <= bindparam("before"))
    .limit(bindparam("most"))
)
_DROP_RECORDS = delete(record).where(
    record.c.kind == PARCEL,
    tuple_(record.c.pipeline, record.c.external_id).in_(bindparam("keys", expanding=True)),
)
_NO_NUMBER: dict[str, object] = {"tracking_number": "", "tracking_url": ""}


def scrub_parcels(conn: Connection, order_ids: Sequence[int]) -> None:
    """Take numbers and links off the parcels of these orders; costs and weights stay."""
    found = conn.execute(_OF_ORDERS, {"ids": order_ids}).all()
    if found:
        conn.execute(_SCRUB, [{"its_id": id, "new_document": _without_number(document)} for id, document in found])


def drop_unused_parcels(conn: Connection, before: int, most: int) -> int:
    """Forget some parcels that were known before this moment and that no box has: other shippers use the system, too.

    Labels that were bought by us stay.
    """
    ids = conn.scalars(_OF_NOBODY, {"before": before, "most": most}).all()
    if ids:
        conn.execute(delete(parcel).where(parcel.c.id.in_(_IDS)), {"ids": ids})
    return len(ids)


def drop_raw_parcels(conn: Connection, before: int, most: int) -> int:
    """Forget some raw records of parcels that were fetched before this moment: they name buyers, ours and others."""
    keys = [tuple(row) for row in conn.execute(_OLD_RECORDS, {"before": before, "most": most})]
    if keys:
        conn.execute(_DROP_RECORDS, {"keys": keys})
    return len(keys)


def _without_number(document: bytes) -> bytes:
    return Parcel.model_validate_json(document).model_copy(update=_NO_NUMBER).model_dump_json().encode()
