"""Products: kept as they come, and due for the sink when they change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, and_, bindparam, case, func, null, or_, select, update

from crossdock.domain import Product
from crossdock.engine.goods_ports import Published, ReadProduct, StoredProduct
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import Cursor
from crossdock.store.compression import pack, unpack
from crossdock.store.intake import keep_records
from crossdock.store.leases import renew
from crossdock.store.moments import micros
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.product_codes import write_codes
from crossdock.store.stock import AT_ONCE, subject_of
from crossdock.store.tables import product, record
from crossdock.store.upsert import insert_into, write_rows

PRODUCT = "product"
BEARERS_NAMED = 10
"""How many products of one SKU are told apart; a thousand without a SKU are one problem."""

_OTHER = product.alias("other")
HAS_NAMESAKE = (
    select(_OTHER.c.id)
    .where(_OTHER.c.pipeline == product.c.pipeline, _OTHER.c.subject == product.c.subject)
    .where(_OTHER.c.id != product.c.id, _OTHER.c.gone_at.is_(None))
    .correlate(product)
    .exists()
)
"""Whether another product of the pipeline, which is still at its source, bears the SKU."""

RECORD_OF_PRODUCT = and_(
    record.c.pipeline == product.c.pipeline,
    record.c.kind == PRODUCT,
    record.c.external_id == product.c.external_id,
)
_KNOWN = (
    select(record.c.external_id, record.c.digest)
    .where(record.c.pipeline == bindparam("of_pipeline"), record.c.kind == PRODUCT)
    .where(record.c.external_id.in_(bindparam("ids", expanding=True)))
)
_DUE = (
    product.c.pipeline == bindparam("of_pipeline"),
    product.c.publish_at <= bindparam("now"),
    product.c.gone_at.is_(None),
)
_WAITING = select(func.count()).where(*_DUE, product.c.doubtful.is_(False))
_TO_PUBLISH = (
    select(*(product.c[name] for name in ("id", "version", "sink_id", "attempts", "doubtful", "known_as", "withheld")))
    .add_columns(record.c.document, product.c.published, product.c.subject, HAS_NAMESAKE.label("has_namesake"))
    .join(record, RECORD_OF_PRODUCT)
    .where(*_DUE, product.c.doubtful == bindparam("in_doubt"))
    .where(func.length(record.c.document) > 0)  # what cannot be read now waits until it can be
    .order_by(product.c.publish_at, product.c.id)
    .limit(bindparam("most"))
)
_NAMESAKES = (
    select(product.c.subject, product.c.external_id)
    .where(product.c.pipeline == bindparam("of_pipeline"), product.c.gone_at.is_(None))
    .where(product.c.subject.in_(bindparam("subjects", expanding=True)))
    .order_by(product.c.id)
)
_ON_THEIR_WAY = (
    update(product)
    .where(product.c.id.in_(bindparam("ids", expanding=True)))
    .values(published=b"", known_as=case((product.c.known_as == "", product.c.sku), else_=product.c.known_as))
)
_SAME_VERSION = product.c.version == bindparam("its_version")
_SETTLE = (
    update(product)
    .where(product.c.id == bindparam("product_id"))
    .values(
        sink_id=bindparam("its_sink_id"),
        error=bindparam("its_error"),
        known_as=bindparam("its_name"),
        withheld="",
        doubtful=bindparam("in_doubt"),
        attempts=bindparam("tried"),
        published_at=func.coalesce(bindparam("accepted_at"), product.c.published_at),
        published=func.coalesce(bindparam("accepted"), product.c.published),
        publish_at=case((_SAME_VERSION, bindparam("next_due")), else_=product.c.publish_at),
    )
)


_REPLACED = ("connection", "sku", "subject", "title", "kind", "fingerprint", "updated_at")


@cache
def _keep(dialect: str) -> Executable:
    keeping = insert_into(dialect, product)
    new = keeping.excluded
    changed, was_gone = product.c.fingerprint != new.fingerprint, product.c.gone_at.is_not(None)
    return keeping.on_conflict_do_update(
        index_elements=["pipeline", "external_id"],
        set_={
            **{name: new[name] for name in _REPLACED},
            "gone_at": null(),
            "version": product.c.version + case((changed, 1), else_=0),
            "attempts": case((changed, 0), else_=product.c.attempts),
            "publish_at": case((or_(changed, was_gone), new.publish_at), else_=product.c.publish_at),
        },
    )


def known_products(conn: Connection, pipeline: str, ids: Sequence[str]) -> Mapping[str, bytes]:
    """The digests of the records that are held of these external ids."""
    rows = conn.execute(_KNOWN, {"of_pipeline": pipeline, "ids": ids})
    return {row.external_id: row.digest for row in rows}


def save_products(
    conn: Connection,
    lease: Lease,
    connection: str,
    products: Sequence[ReadProduct],
    problems: Sequence[Problem],
    checkpoint: Cursor | None,
    *,
    now: datetime,
) -> None:
    """Keep one page; what is new or changed is due for the sink."""
    at = micros(now)
    renew(conn, lease, at, checkpoint)
    page = sorted(products, key=lambda item: item.record.id)  # two transactions take their locks in one order
    if page:
        keep_records(conn, lease.pipeline, PRODUCT, [(item.record, item.digest, _document(item)) for item in page], at)
        rows = [_row(lease.pipeline, connection, item.product, item, at) for item in page if item.product]
        write_rows(conn, _keep(conn.dialect.name), rows)
        write_codes(conn, lease.pipeline, [item.product for item in page if item.product])
        readable = [item.record.id for item in page if item.product]
        for code in (Code.UNREADABLE_PRODUCT, Code.PRODUCT_GONE):
            close_subjects(conn, lease.pipeline, code, readable, at)
    open_problems(conn, lease.pipeline, problems, at)


def products_waiting(conn: Connection, pipeline: str, *, now: datetime) -> int:
    """How many products are due for the sink."""
    return conn.scalar(_WAITING, {"of_pipeline": pipeline, "now": micros(now)}) or 0


def claim_products(
    conn: Connection, lease: Lease, limit: int, *, doubtful: bool, now: datetime
) -> Sequence[StoredProduct]:
    """Take products that are due for the sink, longest due first; what it holds of them is not known until settled."""
    renew(conn, lease, micros(now))
    asked = {"of_pipeline": lease.pipeline, "now": micros(now), "in_doubt": doubtful, "most": limit}
    rows = conn.execute(_TO_PUBLISH, asked).all()
    bearers = _bearers(conn, lease.pipeline, [row.subject for row in rows if row.has_namesake])
    claimed = [_stored(row, bearers.get(row.subject, ())) for row in rows]
    if moved := [item.id for item in claimed if item.published or not item.known_as]:
        conn.execute(_ON_THEIR_WAY, {"ids": moved})
    return claimed


def _bearers(conn: Connection, pipeline: str, subjects: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The products that bear each of these SKUs, or the first of them."""
    names, found = sorted(set(subjects)), dict[str, list[str]]()
    for start in range(0, len(names), AT_ONCE):
        asked = {"of_pipeline": pipeline, "subjects": names[start : start + AT_ONCE]}
        for subject, external_id in conn.execute(_NAMESAKES, asked):
            bearers = found.setdefault(subject, [])
            if len(bearers) < BEARERS_NAMED:
                bearers.append(external_id)
    return found


def _stored(row: Row[Any], bearers: Sequence[str]) -> StoredProduct:
    found = Product.model_validate_json(row.document)
    return StoredProduct(
        id=row.id,
        version=row.version,
        product=found,
        published=Product.model_validate_json(unpack(row.published)) if row.published else None,
        sink_id=row.sink_id,
        attempts=row.attempts,
        doubtful=row.doubtful,
        known_as=row.known_as,
        namesakes=tuple(one for one in bearers if one != found.external_id),
        withheld=row.withheld,
    )


def save_published(
    conn: Connection, lease: Lease, published: Sequence[Published], problems: Sequence[Problem], *, now: datetime
) -> None:
    """Write what became of products; one that changed while it was put stays due."""
    at = micros(now)
    renew(conn, lease, at)
    write_rows(conn, _SETTLE, [_settled(item, at) for item in published])
    accepted = [item.stored.product.external_id for item in published if not item.error]
    close_subjects(conn, lease.pipeline, Code.PUBLISH_REFUSED, accepted, at)
    open_problems(conn, lease.pipeline, problems, at)


def packed(told: Product) -> bytes:
    """A product as it is kept that the sink was told of."""
    return pack(told.model_dump_json(exclude_defaults=True).encode())


def _document(item: ReadProduct) -> bytes:
    return item.product.model_dump_json(exclude_defaults=True).encode() if item.product else b""


def _row(pipeline: str, connection: str, found: Product, item: ReadProduct, at: int) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "connection": connection,
        "external_id": item.record.id,
        "sku": found.sku,
        "subject": subject_of(found.sku),
        "title": found.title,
        "kind": found.kind.value,
        "fingerprint": item.fingerprint,
        "version": 1,
        "updated_at": at,
        "publish_at": at,
        "doubtful": False,
        "attempts": 0,
        "sink_id": "",
        "error": "",
        "published": b"",
    }


def _settled(item: Published, at: int) -> dict[str, object]:
    accepted, stored = not item.error, item.stored
    return {
        "product_id": stored.id,
        "its_version": stored.version,
        "its_sink_id": item.sink_id,
        "its_error": item.error,
        "its_name": item.known_as,
        "in_doubt": item.doubtful,
        "tried": 0 if accepted else stored.attempts + 1,
        "accepted_at": at if accepted else None,
        "accepted": packed(stored.product) if accepted else None,
        "next_due": micros(item.again_at) if item.again_at else None,
    }
