"""What both sides said of their stock: numbers that were read, where they differ from what was read before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, insert, select, text, update

from crossdock.engine.positions import LevelReading, Side
from crossdock.store.moments import micros
from crossdock.store.queries import columns_of, with_moments
from crossdock.store.stock import subject_of
from crossdock.store.tables import level_read
from crossdock.store.upsert import write_rows

AT_ONCE = 500
"""Numbers that are looked up and written with one statement."""

_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_LAST = (
    select(level_read.c.id, level_read.c.sku, level_read.c.place, level_read.c.quantity)
    .where(level_read.c.pipeline == bindparam("of_pipeline"), level_read.c.side == bindparam("on_side"))
    .where(level_read.c.subject.in_(bindparam("subjects", expanding=True)))
    .where(text("level_read.replaced_at IS NULL"))  # literally the conditions of the indexes
)
_REPLACE = update(level_read).where(level_read.c.id.in_(_IDS)).values(replaced_at=bindparam("now"))
_OLD = (
    select(level_read.c.id)
    .where(text("level_read.replaced_at IS NOT NULL"), level_read.c.replaced_at < bindparam("before"))
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class LevelReadView:
    """One number that was read; `replaced_at` is when another one was (None: it is the last that was read)."""

    id: int
    pipeline: str
    side: str
    sku: str
    place: str
    quantity: int
    read_at: datetime
    counted_at: datetime | None
    read_for: str
    replaced_at: datetime | None


def note_levels(
    conn: Connection, pipeline: str, side: Side, readings: Sequence[LevelReading], read_for: str, *, now: datetime
) -> int:
    """Note the numbers that differ from the last ones that were read there; says how many did.

    Of a number that is given twice, the later one counts.
    """
    given = list({(one.sku, one.place): one for one in readings}.values())
    changed = 0
    for start in range(0, len(given), AT_ONCE):
        changed += _note_some(conn, pipeline, side, given[start : start + AT_ONCE], read_for, micros(now))
    return changed


def _note_some(
    conn: Connection, pipeline: str, side: Side, readings: Sequence[LevelReading], read_for: str, now: int
) -> int:
    last = _last(conn, pipeline, side, [one.sku for one in readings])
    news = [one for one in readings if _is_news(one, last.get((one.sku, one.place), ()))]
    if replaced := [row.id for one in news for row in last.get((one.sku, one.place), ())]:
        conn.execute(_REPLACE, {"ids": replaced, "now": now})
    write_rows(conn, insert(level_read), [_row(pipeline, side, one, read_for, now) for one in news])
    return len(news)


def _last(
    conn: Connection, pipeline: str, side: Side, skus: Collection[str]
) -> Mapping[tuple[str, str], Sequence[Row[*tuple[Any, ...]]]]:
    """The last numbers, by SKU and place: one each, unless two processes noted one at the same moment."""
    asked = {"of_pipeline": pipeline, "on_side": side.value, "subjects": sorted({subject_of(sku) for sku in skus})}
    found: dict[tuple[str, str], list[Row[*tuple[Any, ...]]]] = {}
    for row in conn.execute(_LAST, asked):
        found.setdefault((row.sku, row.place), []).append(row)
    return found


def _is_news(reading: LevelReading, last: Sequence[Row[*tuple[Any, ...]]]) -> bool:
    return [row.quantity for row in last] != [reading.quantity]


def _row(pipeline: str, side: Side, reading: LevelReading, read_for: str, now: int) -> dict[str, object]:
    return {
        "pipeline": pipeline,
        "side": side.value,
        "subject": subject_of(reading.sku),
        "sku": reading.sku,
        "place": reading.place,
        "quantity": reading.quantity,
        "read_at": now,
        "counted_at": micros(reading.counted_at) if reading.counted_at else None,
        "read_for": read_for,
        "replaced_at": None,
    }


def list_level_reads(
    conn: Connection,
    *,
    sku: str,
    pipelines: Collection[str] | None = None,
    since: datetime | None = None,
    limit: int = 200,
) -> list[LevelReadView]:
    """The numbers that were read of a SKU, however its letters are written, the newest first."""
    query = select(*columns_of(level_read, LevelReadView)).where(level_read.c.subject == subject_of(sku))
    if pipelines is not None:
        query = query.where(level_read.c.pipeline.in_(pipelines))
    if since is not None:
        query = query.where(level_read.c.read_at >= micros(since))
    rows = conn.execute(query.order_by(level_read.c.read_at.desc(), level_read.c.id.desc()).limit(limit)).mappings()
    return [LevelReadView(**with_moments(row)) for row in rows]


def drop_old_reads(conn: Connection, before: int, limit: int) -> int:
    """Delete some numbers that were replaced before a moment; the last one that was read of anything stays."""
    ids = conn.scalars(_OLD, {"before": before, "most": limit}).all()
    if ids:
        conn.execute(delete(level_read).where(level_read.c.id.in_(ids)))
    return len(ids)
