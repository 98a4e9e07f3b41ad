"""What people ask of goods that are expected. Use as `await store.read(list_purchases, open_only=…)`."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, select

from crossdock.domain import PurchaseOrder
from crossdock.store.audit import Deed, note_deed
from crossdock.store.moments import micros, moment
from crossdock.store.receiving import expect_goods
from crossdock.store.tables import purchase_order, putaway

_PURCHASES = select(purchase_order).order_by(purchase_order.c.id.desc())
_RECEIVED = (
    select(putaway.c.connection, putaway.c.purchase_order, func.sum(putaway.c.quantity), func.max(putaway.c.put_at))
    .where(putaway.c.purchase_order.in_(bindparam("numbers", expanding=True)))
    .group_by(putaway.c.connection, putaway.c.purchase_order)
)
_PUTAWAYS = (
    select(putaway)
    .where(putaway.c.connection == bindparam("on"), putaway.c.purchase_order == bindparam("its_number"))
    .order_by(putaway.c.put_at, putaway.c.id)
)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PurchaseSummary:
    """One purchase order in a list, in pieces; `told_at` is when the warehouse took the newest version it took."""

    pipeline: str
    connection: str
    number: str
    expected: int
    received: int
    updated_at: datetime
    told_at: datetime | None
    last_putaway: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """What came of one line; `expected` is None where the warehouse added it."""

    line_id: str
    sku: str
    expected: int | None
    received: int


@dataclass(frozen=True, slots=True)
class PutawayView:
    """One putaway."""

    external_id: str
    line_id: str
    sku: str
    quantity: int
    area: str
    location: str
    put_at: datetime


@dataclass(frozen=True, slots=True)
class PurchaseStory:
    """All that is known of one purchase order."""

    purchase: PurchaseSummary
    lines: Sequence[ReceivedLine]
    putaways: Sequence[PutawayView]


def list_purchases(
    conn: Connection, *, open_only: bool = False, limit: int = 50, pipelines: Collection[str] | None = None
) -> list[PurchaseSummary]:
    """Purchase orders, the newest first."""
    found: list[PurchaseSummary] = []
    result = conn.execute(_of(pipelines))
    for rows in result.mappings().partitions(AT_ONCE):
        found += [one for one in _summaries(conn, rows) if not open_only or one.received < one.expected]
        if len(found) >= limit:
            result.close()
            break
    return found[:limit]


def expect_by_hand(
    conn: Connection, pipeline: str, connection: str, orders: Sequence[PurchaseOrder], deed: Deed, *, now: datetime
) -> int:
    """Keep purchase orders that a person wants expected, and note who; says how many are new or changed."""
    changed = expect_goods(conn, pipeline, connection, orders, now=now)
    if changed:
        note_deed(conn, deed, micros(now))
    return changed


def purchase_stories(conn: Connection, number: str, *, pipelines: Collection[str] | None = None) -> list[PurchaseStory]:
    """The purchase orders of this number; two pipelines may have the same."""
    rows = conn.execute(_of(pipelines).where(purchase_order.c.number == number)).mappings().all()
    return [_story(conn, row, one) for row, one in zip(rows, _summaries(conn, rows), strict=True)]


def _of(pipelines: Collection[str] | None) -> Select[Any]:
    return _PURCHASES if pipelines is None else _PURCHASES.where(purchase_order.c.pipeline.in_(pipelines))


def _summaries(conn: Connection, rows: Sequence[RowMapping]) -> list[PurchaseSummary]:
    numbers = {row["number"] for row in rows}
    came = {
        (connection, number): (int(pieces), last)
        for connection, number, pieces, last in conn.execute(_RECEIVED, {"numbers": list(numbers)})
    }
    return [_summary(row, *came.get((row["connection"], row["number"]), (0, None))) for row in rows]


def _summary(row: RowMapping, received: int, last: int | None) -> PurchaseSummary:
    order = PurchaseOrder.model_validate_json(row["document"])
    return PurchaseSummary(
        pipeline=row["pipeline"],
        connection=row["connection"],
        number=row["number"],
        expected=sum(line.quantity for line in order.lines),
        received=received,
        updated_at=moment(row["updated_at"]),
        told_at=moment(row["told_at"]),
        last_putaway=moment(last),
        error=row["error"],
    )


def _story(conn: Connection, row: RowMapping, summary: PurchaseSummary) -> PurchaseStory:
    order = PurchaseOrder.model_validate_json(row["document"])
    asked = {"on": summary.connection, "its_number": summary.number}
    putaways = [
        PutawayView(
            **{name: one[name] for name in ("external_id", "line_id", "sku", "quantity", "area", "location")},
            put_at=moment(one["put_at"]),
        )
        for one in conn.execute(_PUTAWAYS, asked).mappings()
    ]
    return PurchaseStory(summary, lines_of(order, putaways), putaways)


def lines_of(order: PurchaseOrder, putaways: Sequence[PutawayView]) -> Sequence[ReceivedLine]:
    """What came of every expected line, then of those that the warehouse added."""
    came: Counter[tuple[str, str]] = Counter()
    for one in putaways:
        came[one.line_id, one.sku] += one.quantity
    expected = [
        ReceivedLine(line.id, line.sku, line.quantity, came.pop((line.id, line.sku), 0)) for line in order.lines
    ]
    return [*expected, *(ReceivedLine(id, sku, None, pieces) for (id, sku), pieces in came.items())]
