"""Orders in: the raw record and the order of a whole page, with its checkpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter
from sqlalchemy import (
    Connection,
    Executable,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)

from crossdock.domain import RecordedAdjustment
from crossdock.domain import digest as digest_of
from crossdock.engine.edits import Edits, edits_json
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import GONE, Kind
from crossdock.engine.ports import BEFORE_RELEASE, KnownOrder, OrderState, ReadOrder
from crossdock.engine.problems import Problem
from crossdock.hooks.records import Cursor, Record
from crossdock.store.compression import pack, unpack
from crossdock.store.holds import NOT_HELD, mark_held
from crossdock.store.leases import renew
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_no_longer_held, close_taken_in, open_problems
from crossdock.store.tables import orders, promise, record
from crossdock.store.upsert import insert_into, write_rows

ORDER, SHIPMENT, MOVEMENT, PARCEL = "order", "shipment", "movement", "parcel"

adjustments_json = TypeAdapter(tuple[RecordedAdjustment, ...])
"""How an order's adjustments are kept."""

_STATES = {state.value: state for state in OrderState}  # a look-up is a quarter of what `OrderState(text)` costs

RECORD_OF_ORDER = and_(
    record.c.pipeline == orders.c.pipeline, record.c.kind == ORDER, record.c.external_id == orders.c.external_id
)
_WITH_WAREHOUSE = (
    select(promise.c.id)
    .where(promise.c.order_id == orders.c.id, promise.c.kind == Kind.RELEASE.value)
    .where(promise.c.state.not_in(GONE))
    .exists()
)
_KNOWN = (
    select(record.c.external_id, record.c.digest, orders.c.state, orders.c.fingerprint, orders.c.reason)
    .add_columns(orders.c.acknowledged_at, orders.c.changed_at, orders.c.edits)
    .add_columns(case((orders.c.state.in_(["held", "ready"]), _WITH_WAREHOUSE), else_=false()))
    .join(orders, RECORD_OF_ORDER)
    .where(record.c.pipeline == bindparam("of_pipeline"))
    .where(record.c.external_id.in_(bindparam("ids", expanding=True)))
)
_REPLACEABLE = or_(*(orders.c.state == literal_column(f"'{state.value}'") for state in BEFORE_RELEASE))
_TOLD = (  # the row in conflict by name: SQLAlchemy would put its table into this subquery a second time
    select(orders.c.id)
    .where(orders.c.pipeline == literal_column("record.pipeline"), literal_column("record.kind") == ORDER)
    .where(orders.c.external_id == literal_column("record.external_id"), ~_REPLACEABLE)
    .exists()
)
"""The warehouse works on this order: the document stays what it was told."""

_REPLACED = ("number", "site", "state", "reason", "placed_at", "updated_at", "changed_at")
"""What a newer version replaces until the release; later ones only show what the cart has changed and adjusted."""

_TO_REREAD = (
    select(record.c.external_id, record.c.data)
    .where(record.c.pipeline == bindparam("of_pipeline"), record.c.kind == bindparam("of_kind"))
    .where(text("length(record.digest) = 0"), func.length(record.c.data) > 0)
    .limit(bindparam("most"))
)
_DIGESTS = select(record.c.external_id, record.c.digest).where(
    record.c.pipeline == bindparam("of_pipeline"),
    record.c.kind == bindparam("of_kind"),
    record.c.external_id.in_(bindparam("ids", expanding=True)),
)
_ROWS = select(orders.c.id, orders.c.external_id).where(
    orders.c.pipeline == bindparam("of_pipeline"), orders.c.external_id.in_(bindparam("ids", expanding=True))
)
_STANDING = (
    select(orders.c.external_id, orders.c.state, orders.c.reason, orders.c.edits)
    .where(orders.c.pipeline == bindparam("of_pipeline"), orders.c.external_id.in_(bindparam("ids", expanding=True)))
    .order_by(orders.c.external_id)
    .with_for_update()
)
_KEEP_EDITS = (
    update(orders)
    .where(orders.c.pipeline == bindparam("of_pipeline"), orders.c.external_id == bindparam("its_id"))
    .values(edits=bindparam("new_edits"))
)
_FORGET_DIGEST = (
    update(record)
    .where(record.c.pipeline == bindparam("of_pipeline"), record.c.kind == bindparam("of_kind"))
    .where(record.c.external_id == bindparam("its_id"), func.length(record.c.data) > 0)
    .values(digest=b"")
)


@cache
def _keep_records(dialect: str) -> Executable:
    keeping = insert_into(dialect, record)
    new = keeping.excluded
    return keeping.on_conflict_do_update(
        index_elements=["pipeline", "kind", "external_id"],
        set_={
            "fetched_at": new.fetched_at,
            "digest": new.digest,
            "data": new.data,
            "document": case((_TOLD, record.c.document), else_=new.document),
        },
        where=or_(record.c.kind == ORDER, record.c.digest != new.digest),
    )


@cache
def _keep_unread(dialect: str) -> Executable:
    keeping = insert_into(dialect, record)
    return keeping.on_conflict_do_nothing(index_elements=["pipeline", "kind", "external_id"]).returning(
        record.c.external_id
    )


@cache
def _keep_newer(dialect: str) -> Executable:
    keeping = insert_into(dialect, record)
    new = {name: keeping.excluded[name] for name in ("fetched_at", "digest", "data")}
    return keeping.on_conflict_do_update(index_elements=["pipeline", "kind", "external_id"], set_=new)


@cache
def _keep_orders(dialect: str) -> Executable:
    keeping = insert_into(dialect, orders)
    new = keeping.excluded
    before_release = {name: case((_REPLACEABLE, new[name]), else_=orders.c[name]) for name in _REPLACED}
    no_more_held = and_(_REPLACEABLE, new.state != "held", new.state != "ready")
    held = {name: case((no_more_held, value), else_=orders.c[name]) for name, value in NOT_HELD.items()}
    first_done = case((new.completed_at.is_not(None), func.coalesce(orders.c.completed_at, new.completed_at)))
    held["completed_at"] = case((_REPLACEABLE, first_done), else_=orders.c.completed_at)
    held["scrubbed_at"] = case((_REPLACEABLE, null()), else_=orders.c.scrubbed_at)
    seen = {
        "fingerprint": case((new.fingerprint == "", orders.c.fingerprint), else_=new.fingerprint),
        "adjustments": case((new.adjustments == "", orders.c.adjustments), else_=new.adjustments),
    }
    told_news = or_(*(and_(new[name] != "", new[name] != orders.c[name]) for name in seen))
    return keeping.on_conflict_do_update(
        index_elements=["pipeline", "external_id"],
        set_={**before_release, **held, **seen},
        where=or_(_REPLACEABLE, told_news),
    )


def known_orders(conn: Connection, pipeline: str, ids: Sequence[str]) -> Mapping[str, KnownOrder]:
    """What is held of these external ids."""
    if not ids:
        return {}
    rows = conn.execute(_KNOWN, {"of_pipeline": pipeline, "ids": ids})
    return {
        key: KnownOrder(
            digest,
            _STATES[state],
            mark,
            reason,
            acknowledged_at is not None,
            moment(changed_at),
            read_edits(edits),
            bool(there),
        )
        for key, digest, state, mark, reason, acknowledged_at, changed_at, edits, there in rows
    }


def records_to_reread(conn: Connection, pipeline: str, kind: str, limit: int) -> list[Record]:
    """Raw records that `reread` was asked for and that were not read since."""
    rows = conn.execute(_TO_REREAD, {"of_pipeline": pipeline, "of_kind": kind, "most": limit})
    return [Record(key, unpack(data)) for key, data in rows]


def reread(conn: Connection, pipeline: str, kind: str, external_id: str) -> bool:
    """Have a raw record read again; False when its data is not there (any more)."""
    return conn.execute(_FORGET_DIGEST, {"of_pipeline": pipeline, "of_kind": kind, "its_id": external_id}).rowcount > 0


def keep_records(
    conn: Connection, pipeline: str, kind: str, records: Sequence[tuple[Record, bytes, bytes]], now: int
) -> None:
    """Keep raw records, each with its digest and its document (empty where there is none)."""
    rows = [_raw(pipeline, kind, item, digest, document, now) for item, digest, document in records]
    write_rows(conn, _keep_records(conn.dialect.name), rows)


def keep_unread(conn: Connection, pipeline: str, kind: str, records: Sequence[Record], now: int) -> int:
    """Keep records that are to be read; one that is known changes nothing. Says how many are new."""
    rows = [_raw(pipeline, kind, item, b"", b"", now) for item in {item.id: item for item in records}.values()]
    return len(conn.execute(_keep_unread(conn.dialect.name), rows).all()) if rows else 0


def keep_newer(conn: Connection, pipeline: str, kind: str, records: Sequence[Record], now: int) -> int:
    """Keep records that are to be read, also such as are known and tell something else now. Says how many do."""
    newest = {item.id: item for item in records}
    asked = {"of_pipeline": pipeline, "of_kind": kind, "ids": list(newest)}
    seen = dict(conn.execute(_DIGESTS, asked).all()) if newest else {}
    news = [item for item in newest.values() if seen.get(item.id) != digest_of(item.data)]
    rows = [_raw(pipeline, kind, item, b"", b"", now) for item in news]
    write_rows(conn, _keep_newer(conn.dialect.name), rows)
    return len(rows)


def _raw(pipeline: str, kind: str, item: Record, digest: bytes, document: bytes, now: int) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "kind": kind,
        "external_id": item.id,
        "fetched_at": now,
        "digest": digest,
        "data": pack(item.data),
        "document": document,
    }


def save_orders(
    conn: Connection,
    lease: Lease,
    connection: str,
    read: Sequence[ReadOrder],
    problems: Sequence[Problem],
    checkpoint: Cursor | None,
    now: int,
) -> None:
    """Keep one page; orders past their release keep what the warehouse was told."""
    renew(conn, lease, now, checkpoint)
    # Sorted, so that two transactions which touch the same orders take their locks in one order.
    page = sorted({item.record.id: item for item in read}.values(), key=lambda item: item.record.id)
    if page:
        page = _overtaken(conn, lease.pipeline, page)
        overtaken = {item.record.id for item in page if not item.digest}
        problems = [item for item in problems if item.order_external_id not in overtaken]
        keep_records(conn, lease.pipeline, ORDER, [(item.record, item.digest, _document(item)) for item in page], now)
        rows = [_row(lease.pipeline, connection, item, now) for item in page]
        write_rows(conn, _keep_orders(conn.dialect.name), rows)
        _drop_lapsed(conn, lease.pipeline, page)
        mark_held(conn, lease.pipeline, _held(page), "the cart", now)
        readable = [item.record.id for item in page if item.order]
        close_taken_in(conn, lease.pipeline, readable, now)
        close_no_longer_held(conn, lease.pipeline, readable, now)
    open_problems(conn, lease.pipeline, _with_rows(conn, lease.pipeline, problems), now)


def _overtaken(conn: Connection, pipeline: str, page: Sequence[ReadOrder]) -> list[ReadOrder]:
    """The page; an order to which something happened while it was read stays as it is, and is to be read once more."""
    judged = [item.record.id for item in page if item.before_release or item.known_as]
    rows = conn.execute(_STANDING, {"of_pipeline": pipeline, "ids": judged}) if judged else ()
    standing = {key: (_STATES[state], reason, edits) for key, state, reason, edits in rows}
    return [_as_it_stands(item, standing.get(item.record.id)) for item in page]


def _as_it_stands(item: ReadOrder, standing: tuple[OrderState, str, str] | None) -> ReadOrder:
    if standing is None:
        return item
    state, reason, edits = standing
    same_edits = read_edits(edits) == item.edits
    if state not in BEFORE_RELEASE:
        return item if same_edits and not item.before_release else replace(item, digest=b"", fingerprint="")
    if same_edits and item.known_as in (None, (state, reason)):
        return item
    return replace(item, digest=b"", fingerprint="", state=state, reason=reason)


def _drop_lapsed(conn: Connection, pipeline: str, page: Sequence[ReadOrder]) -> None:
    """Keep only the corrections that still count; nearly always nothing changes."""
    dropped = [item for item in page if item.digest and item.kept_edits != item.edits]
    for item in dropped:
        keep_edits(conn, pipeline, item.record.id, item.kept_edits)


def keep_edits(conn: Connection, pipeline: str, external_id: str, edits: Edits) -> None:
    """Write the corrections of one order."""
    text = edits_json.dump_json(edits).decode() if edits else ""
    conn.execute(_KEEP_EDITS, {"of_pipeline": pipeline, "its_id": external_id, "new_edits": text})


def read_edits(kept: str) -> Edits:
    """The corrections of an order as they were kept; most orders have none."""
    return edits_json.validate_json(kept) if kept else ()


def _held(page: Sequence[ReadOrder]) -> Sequence[str]:
    """The orders that are held as they come in; nearly always none."""
    return [item.record.id for item in page if item.state is OrderState.HELD]


def _with_rows(conn: Connection, pipeline: str, problems: Sequence[Problem]) -> list[Problem]:
    """The problems, each with the row of the order that it is about."""
    if not problems:
        return []
    asked = {"of_pipeline": pipeline, "ids": [item.order_external_id for item in problems]}
    rows = {external_id: id for id, external_id in conn.execute(_ROWS, asked)}
    return [replace(item, order_id=rows.get(item.order_external_id)) for item in problems]


def _document(item: ReadOrder) -> bytes:
    return item.order.model_dump_json().encode() if item.order else b""


def _row(pipeline: str, connection: str, item: ReadOrder, now: int) -> dict[str, object]:
    order = item.order
    return {
        "pipeline": pipeline,
        "connection": connection,
        "external_id": item.record.id,
        "number": order.number if order else "",
        "site": order.site if order else "",
        "state": item.state.value,
        "reason": item.reason,
        "fingerprint": item.fingerprint,
        "placed_at": micros(order.placed_at) if order else None,
        "created_at": now,
        "updated_at": now,
        "completed_at": now if item.state is OrderState.SKIPPED else None,
        "changed_at": micros(order.updated_at) if order and order.updated_at else None,
        "adjustments": adjustments_json.dump_json(order.adjustments).decode() if order and order.adjustments else "",
    }
