"""Stock changes on their way to a cart: one of each SKU at a time, in the order in which they were promised."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, exists, func, literal_column, select, update

from crossdock.domain import StockChange, StockMeaning
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, Promise, PromiseState
from crossdock.engine.repairs import REPAIR
from crossdock.store.leases import renew, schedule
from crossdock.store.moments import micros
from crossdock.store.promise_rows import due_row
from crossdock.store.promises import claim_rows
from crossdock.store.tables import product, promise
from crossdock.store.upsert import insert_into, write_rows

OF_NO_ORDER = 0
AT_ONCE = 500
"""Changes that are written with one statement; a database takes so many values and no more."""

_earlier = promise.alias("earlier")
_WAITING = (
    select(func.count())
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == Kind.STOCK.value)
    .where(promise.c.due_at <= bindparam("now"), promise.c.state == PromiseState.DUE.value)
)
_DUE = (
    select(promise.c.id, promise.c.order_id, promise.c.subject, promise.c.key)
    .add_columns(promise.c.document, promise.c.attempts, promise.c.state)
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == Kind.STOCK.value)
    .where(promise.c.due_at <= bindparam("now"), promise.c.connection == bindparam("on"))
    .where(promise.c.claimed_by.is_(None))
    .where(
        ~exists().where(
            _earlier.c.subject == promise.c.subject,
            _earlier.c.due_at.is_not(None),
            literal_column("earlier.subject <> ''"),  # literally the condition of the index
            _earlier.c.connection == promise.c.connection,
            _earlier.c.kind == Kind.STOCK.value,
            _earlier.c.id < promise.c.id,
        )
    )
    .order_by(promise.c.due_at, promise.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=promise, skip_locked=True)  # what is being replaced is not claimed
)
_KEEP = update(promise).where(promise.c.id == bindparam("promise_id")).values(document=bindparam("new_document"))
_NEVER_SENT = (PromiseState.REJECTED.value, PromiseState.REPLACED.value)
_UNTRIED = (promise.c.state == PromiseState.DUE.value, promise.c.attempts == 0, promise.c.claimed_by.is_(None))
_OF_SUBJECTS = (  # found by subject alone: of a pipeline, or of a connection, very many may be due
    select(promise.c.id, promise.c.subject, promise.c.document)
    .add_columns(promise.c.pipeline, promise.c.connection, promise.c.kind)
    .where(promise.c.subject.in_(bindparam("subjects", expanding=True)), literal_column("promise.subject <> ''"))
    .where(promise.c.due_at.is_not(None), *_UNTRIED)
    .order_by(promise.c.id.desc())
)
_REPLACE = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"), *_UNTRIED)
    .values(state=PromiseState.REPLACED.value, due_at=None, settled_at=bindparam("now"), error=bindparam("why"))
)
_this = promise.alias("this")
_CONNECTION_OF_THIS = select(_this.c.connection).where(_this.c.id == bindparam("promise_id")).scalar_subquery()
_LATER = (
    select(promise.c.document)
    .where(promise.c.subject == bindparam("its_subject"), literal_column("promise.subject <> ''"))
    .where(promise.c.id > bindparam("promise_id"), promise.c.state.not_in(_NEVER_SENT))
    .where(promise.c.connection == _CONNECTION_OF_THIS)
)
_PRODUCT_IDS = select(product.c.sku, product.c.external_id).where(
    product.c.connection == bindparam("on"),
    product.c.sku.in_(bindparam("skus", expanding=True)),
    product.c.gone_at.is_(None),
)


@cache
def _promise(dialect: str) -> Executable:
    promising = insert_into(dialect, promise).on_conflict_do_nothing(index_elements=["connection", "kind", "key"])
    return promising.returning(promise.c.id)


def promise_stock(
    conn: Connection, pipeline: str, connection: str, changes: Sequence[StockChange], *, now: datetime
) -> int:
    """Promise changes and make the flow due; says how many were new."""
    written = write_changes(conn, pipeline, connection, changes, micros(now))
    if written:
        schedule(conn, pipeline, "stock", now)
    return written


def write_changes(conn: Connection, pipeline: str, connection: str, changes: Sequence[StockChange], now: int) -> int:
    """Promise changes; says how many were new. A level takes the place of those that it makes needless."""
    written = 0
    for start in range(0, len(changes), AT_ONCE):
        some = changes[start : start + AT_ONCE]
        ids = _product_ids(conn, connection, [change.item.sku for change in some])
        rows = [_row(pipeline, connection, _with_id(change, ids), now) for change in some]
        written += len(conn.execute(_promise(conn.dialect.name), rows).all())
        levels = {subject_of(one.item.sku) for one in some if one.meaning is not StockMeaning.DIFFERENCE}
        if levels:
            _replace_needless(conn, pipeline, connection, sorted(levels), now)
    return written


def _replace_needless(conn: Connection, pipeline: str, connection: str, subjects: Sequence[str], now: int) -> None:
    """Of the levels that wait and were never tried, those are replaced whose centres a newer one sets, all of them."""
    newer: defaultdict[str, list[StockChange]] = defaultdict(list)
    replaced: list[dict[str, object]] = []
    rows = conn.execute(_OF_SUBJECTS, {"subjects": subjects}).all()
    often = Counter(row.subject for row in rows)
    for id, subject, document, *owner in (row for row in rows if often[row.subject] > 1):
        change = StockChange.model_validate_json(document)
        if owner != [pipeline, connection, Kind.STOCK] or change.meaning is StockMeaning.DIFFERENCE:
            continue
        by = next((one for one in newer[subject] if _replaces(one, change)), None)
        if by is None:
            newer[subject].append(change)
        else:
            replaced.append({"promise_id": id, "why": f"replaced by the newer level {by.key}", "now": now})
    write_rows(conn, _REPLACE, replaced[::-1])  # two transactions take their locks in one order


def _replaces(newer: StockChange, older: StockChange) -> bool:
    """Whether nothing is left of a level once a newer one was set: the same product, and all of its centres."""
    same = newer.item.product_id == older.item.product_id or not (newer.item.product_id and older.item.product_id)
    return same and _places(older) <= _places(newer)


def stock_waiting(conn: Connection, pipeline: str, *, now: datetime) -> int:
    """How many changes are due, without those in doubt."""
    return conn.scalar(_WAITING, {"of_pipeline": pipeline, "now": micros(now)}) or 0


def claim_stock(conn: Connection, lease: Lease, connection: str, limit: int, *, now: datetime) -> Sequence[Promise]:
    """Take changes that are due, at most one of each SKU; what was read before an attempt that did nothing is void."""
    renew(conn, lease, micros(now))
    asked = {"of_pipeline": lease.pipeline, "on": connection, "now": micros(now), "most": limit}
    claimed = claim_rows(conn, lease, Kind.STOCK, conn.execute(_DUE, asked).all(), micros(now))
    anew = {item.id: _unread(item.document) for item in claimed if item.state is PromiseState.SENT}
    void = {item.id: anew[item.id] for item in claimed if anew.get(item.id, item.document) != item.document}
    keep_changes(conn, lease, void, now=now)
    return [replace(item, document=void.get(item.id, item.document)) for item in claimed]


def keep_changes(conn: Connection, lease: Lease, changes: Mapping[int, bytes], *, now: datetime) -> None:
    """Keep the changed documents of claimed promises."""
    renew(conn, lease, micros(now))
    if changes:
        rows = [{"promise_id": id, "new_document": document} for id, document in changes.items()]
        conn.execute(_KEEP, rows)


def overtaken(conn: Connection, promise_id: int, change: StockChange) -> bool:
    """Whether a later change of the same places has been made or is on its way, and one of the two sets a level, or the
    later one corrects whatever differed then."""
    asked = {"promise_id": promise_id, "its_subject": subject_of(change.item.sku)}
    later = [StockChange.model_validate_json(row.document) for row in conn.execute(_LATER, asked)]
    return any(
        {one.meaning, change.meaning} != {StockMeaning.DIFFERENCE} or one.key.startswith(REPAIR)
        for one in later
        if _places(one) & _places(change)
    )


def _places(change: StockChange) -> set[str]:
    return {one.distribution_center for one in change.centers}


def _unread(document: bytes) -> bytes:
    change = StockChange.model_validate_json(document)
    if change.before is None:
        return document
    return change.model_copy(update={"before": None, "read_at": None}).model_dump_json().encode()


def subject_of(sku: str) -> str:
    """By what the changes of a product are kept apart; many carts take no notice of case."""
    return sku.casefold()


def spellings(names: Iterable[str]) -> set[str]:
    """These names as they are, and in one case throughout."""
    return {spelled for name in names for spelled in (name, name.upper(), name.lower())}


def _product_ids(conn: Connection, connection: str, skus: Sequence[str]) -> Mapping[str, str]:
    """The cart's product id of each SKU that the catalogue knows exactly once."""
    found: dict[str, list[str]] = {}
    for sku, product_id in conn.execute(_PRODUCT_IDS, {"on": connection, "skus": skus}):
        found.setdefault(sku, []).append(product_id)
    return {sku: ids[0] for sku, ids in found.items() if len(ids) == 1}


def _with_id(change: StockChange, ids: Mapping[str, str]) -> StockChange:
    item = change.item
    if item.product_id or item.sku not in ids:
        return change
    return change.model_copy(update={"item": item.model_copy(update={"product_id": ids[item.sku]})})


def _row(pipeline: str, connection: str, change: StockChange, at: int) -> dict[str, object]:
    document = change.model_dump_json().encode()
    row = due_row(pipeline, connection, Kind.STOCK, OF_NO_ORDER, change.key, document, at)
    return row | {"subject": subject_of(change.item.sku)}
