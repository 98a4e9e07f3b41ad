"""The trade's identifiers of products, a row each: a catalogue's are read without a look at its documents."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, delete, insert, select

from crossdock.domain import Product, ProductKind
from crossdock.store.tables import product, product_code
from crossdock.store.upsert import write_rows

AT_ONCE = 500
"""Values in one statement; a database takes so many and no more."""

_SOME: BindParameter[str] = bindparam("some", expanding=True)
_OF_PIPELINE = product_code.c.pipeline == bindparam("of_pipeline")
_OF_TYPE = and_(_OF_PIPELINE, product_code.c.type == bindparam("of_type"))
_CODES = (
    select(product.c.sku, product_code.c.code)
    .join(
        product,
        and_(product.c.pipeline == product_code.c.pipeline, product.c.external_id == product_code.c.external_id),
    )
    .where(_OF_TYPE, product.c.connection == bindparam("on"))
    .where(product.c.gone_at.is_(None), product.c.kind != ProductKind.PARENT.value)  # no stock lies of a parent
)
_OF_SKUS = _CODES.where(product.c.sku.in_(_SOME))
_OF_CODES = _CODES.where(product_code.c.code.in_(_SOME))
_FORGET = delete(product_code).where(_OF_PIPELINE, product_code.c.external_id.in_(_SOME))
_KEEP = insert(product_code)

Pairs = Sequence[tuple[str, str]]
"""SKUs, each with one of its codes."""


def write_codes(conn: Connection, pipeline: str, products: Sequence[Product]) -> None:
    """Keep the codes of these products in place of those that were known."""
    for start in range(0, len(products), AT_ONCE):
        some = [one.external_id for one in products[start : start + AT_ONCE]]
        conn.execute(_FORGET, {"of_pipeline": pipeline, "some": some})
    rows = [
        {"pipeline": pipeline, "external_id": one.external_id, "type": type, "code": code}
        for one in products
        for type, code in one.codes.items()
        if code
    ]
    write_rows(conn, _KEEP, rows)


def product_codes(
    conn: Connection, pipeline: str, connection: str, type: str, skus: Collection[str] | None = None
) -> Pairs:
    """The codes of one type of a pipeline's products; with `skus`, those of these and of all that share one of them."""
    asked = {"of_pipeline": pipeline, "on": connection, "of_type": type}
    if skus is None:
        return [(row[0], row[1]) for row in conn.execute(_CODES, asked)]
    own = _found(conn, _OF_SKUS, asked, skus)
    return list(own | _found(conn, _OF_CODES, asked, {code for _, code in own}))


def _found(
    conn: Connection, query: Select[Any], asked: Mapping[str, str], some: Collection[str]
) -> set[tuple[str, str]]:
    names, found = sorted(some), set()
    for start in range(0, len(names), AT_ONCE):
        found |= {(row[0], row[1]) for row in conn.execute(query, {**asked, "some": names[start : start + AT_ONCE]})}
    return found
