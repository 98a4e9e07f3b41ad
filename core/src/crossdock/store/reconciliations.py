"""Reports on both sides of the stock: kept, listed, and corrected. Use as `await store.read(report_of, report_id)`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from crossdock.domain import StockChange
from crossdock.engine.lease import Lease
from crossdock.engine.positions import LevelReading, Side
from crossdock.engine.problems import Code, Problem
from crossdock.engine.repairs import key_of, too_old
from crossdock.engine.report import Cause, Discrepancy, Report
from crossdock.hooks.errors import CrossdockError
from crossdock.store.audit import Deed, note_deed
from crossdock.store.errors import NotFound
from crossdock.store.evidence import changed_since, changes_asked, moved_since, waiting_to_be_told
from crossdock.store.leases import renew, schedule
from crossdock.store.level_reads import note_levels
from crossdock.store.moments import micros
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.queries import columns_of, with_moments
from crossdock.store.services import heard_since
from crossdock.store.stock import subject_of, write_changes
from crossdock.store.tables import discrepancy, reconciliation
from crossdock.store.upsert import write_rows

AT_ONCE = 500
POLICY = "crossdock, by the config"
"""Who corrects what no person has looked at."""
NOT_HEARD = (
    "the warehouse was not heard since the report, and what it tells next may be the difference: "
    "`crossdock reconcile` hears it and compares again"
)


class NotRepairable(CrossdockError):
    """A report's differences cannot be corrected any more; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report in a list; `error` says why it did not come to its end."""

    id: int
    pipeline: str
    began_at: datetime
    ended_at: datetime | None
    asked_by: str
    compared: int
    on_the_way: int
    differing: int
    error: str


@dataclass(frozen=True)
class SavedReport:
    """One report as it was kept; `repaired`: by SKU and centre, the stock change that corrected a difference."""

    id: int
    report: Report
    repaired: Mapping[tuple[str, str], str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Repaired:
    """What was corrected: so many stock changes are noted; by SKU, why others were left."""

    noted: int
    left: Mapping[str, str] = field(default_factory=dict)


_REPORTS = select(*columns_of(reconciliation, ReportView)).order_by(reconciliation.c.id.desc())
_COMPLETE = reconciliation.c.error == ""
_NEWEST = (
    select(reconciliation.c.id)
    .where(reconciliation.c.pipeline == bindparam("of_pipeline"), _COMPLETE)
    .order_by(reconciliation.c.id.desc())
    .limit(1)
)
_SHOWN = [field.name for field in fields(Discrepancy)]
_ROWS = (
    select(*(discrepancy.c[name] for name in _SHOWN), discrepancy.c.repair_key)
    .where(discrepancy.c.report == bindparam("the_report"))
    .order_by(discrepancy.c.sku, discrepancy.c.center)
)
_INSERT = insert(discrepancy)
_NOTE_REPAIR = (
    update(discrepancy)
    .where(discrepancy.c.report == bindparam("the_report"), discrepancy.c.sku == bindparam("its_sku"))
    .where(discrepancy.c.center == bindparam("its_center"))
    .values(repair_key=bindparam("its_key"))
)


def list_reports(conn: Connection, *, pipelines: Collection[str] | None = None, limit: int = 50) -> list[ReportView]:
    """Reports, the newest first."""
    query = _REPORTS.limit(limit)
    if pipelines is not None:
        query = query.where(reconciliation.c.pipeline.in_(pipelines))
    return [ReportView(**with_moments(row)) for row in conn.execute(query).mappings()]


def report_of(conn: Connection, report_id: int) -> SavedReport:
    """One report with all its differences; raises `NotFound`."""
    row = conn.execute(_REPORTS.where(reconciliation.c.id == report_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no report {report_id}; `crossdock reconcile list` lists them")
    view = ReportView(**with_moments(row))
    found = conn.execute(_ROWS, {"the_report": report_id}).mappings().all()
    rows = tuple(_discrepancy(one) for one in found)
    report = Report(
        view.pipeline,
        view.began_at,
        view.ended_at or view.began_at,
        view.asked_by,
        view.compared,
        view.on_the_way,
        rows,
    )
    repaired = {(one["sku"], one["center"]): one["repair_key"] for one in found if one["repair_key"]}
    return SavedReport(report_id, report, repaired, view.error)


def newest_report(conn: Connection, pipeline: str) -> SavedReport | None:
    """The newest report of a pipeline that came to its end."""
    found = conn.scalar(_NEWEST, {"of_pipeline": pipeline})
    return None if found is None else report_of(conn, found)


def newest_of_each(conn: Connection, pipelines: Collection[str] | None = None, *, complete: bool = False) -> list[int]:
    """The newest report of each of these pipelines (None: of all), if wanted of those that came to their end."""
    of = reconciliation.c.pipeline
    query = select(func.max(reconciliation.c.id)).group_by(of).order_by(of)
    if pipelines is not None:
        query = query.where(of.in_(pipelines))
    return [*conn.scalars(query.where(_COMPLETE) if complete else query)]


def report_before(conn: Connection, pipeline: str) -> Report | None:
    """The same, as the engine sees it."""
    newest = newest_report(conn, pipeline)
    return newest.report if newest else None


def save_report(
    conn: Connection, lease: Lease | None, report: Report, problem: Problem | None, error: str, now: datetime
) -> int:
    """Keep a report and say its number; its problem opens, or closes where there is none."""
    if lease:
        renew(conn, lease, micros(now))
    found = insert(reconciliation).values(
        pipeline=report.pipeline,
        began_at=micros(report.began_at),
        ended_at=micros(report.ended_at),
        asked_by=report.asked_by,
        compared=report.compared,
        on_the_way=report.on_the_way,
        differing=len(report.discrepancies),
        error=error,
    )
    report_id: int = conn.execute(found.returning(reconciliation.c.id)).scalar_one()
    write_rows(conn, _INSERT, [_row(report_id, one) for one in report.discrepancies])
    _note_readings(conn, report, f"report {report_id}", now)
    if problem:
        open_problems(conn, report.pipeline, [problem], micros(now))
    elif not error:
        close_subjects(conn, report.pipeline, Code.STOCK_DIFFERS, [report.pipeline], micros(now))
    return report_id


def store_repairs(
    conn: Connection,
    cart: str,
    report_id: int,
    changes: Sequence[StockChange],
    *,
    by: str,
    note: str = "",
    now: datetime,
) -> Repaired:
    """Promise corrections of the newest report of a pipeline, and note who wants them.

    A SKU that was corrected already, or of which a change was promised since or is in doubt, is left. Raises
    `NotRepairable` where the report is not the newest one, or too old.
    """
    saved = report_of(conn, report_id)
    _check(conn, saved, now)
    unheard = {} if by == POLICY else _unheard(conn, saved, changes)  # it goes by what two reports have shown
    left = {**unheard, **_left(conn, cart, saved, changes)}
    to_do = [change for change in changes if change.item.sku not in left]
    if to_do:
        _close_refused(conn, cart, saved.report.pipeline, to_do, now)
        write_changes(conn, saved.report.pipeline, cart, to_do, micros(now))
        schedule(conn, saved.report.pipeline, "stock", now)
        write_rows(conn, _NOTE_REPAIR, [row for change in to_do for row in _marks(report_id, change)])
        note_deed(conn, _deed(saved, to_do, by, note), micros(now))
    return Repaired(len(to_do), left)


def left_now(
    conn: Connection, cart: str, report_id: int, changes: Sequence[StockChange], *, now: datetime
) -> Mapping[str, str]:
    """By SKU, why `store_repairs` would leave it at this moment; raises `NotRepairable` as that does."""
    saved = report_of(conn, report_id)
    _check(conn, saved, now)
    return {**_unheard(conn, saved, changes), **_left(conn, cart, saved, changes)}


def drop_old_reports(conn: Connection, before: int, limit: int) -> int:
    """Delete some reports from the old end; the newest of each pipeline stays."""
    kept = select(func.max(reconciliation.c.id)).group_by(reconciliation.c.pipeline)
    old = select(reconciliation.c.id).where(reconciliation.c.began_at < before, reconciliation.c.id.not_in(kept))
    ids = conn.scalars(old.order_by(reconciliation.c.id).limit(limit)).all()
    if ids:
        conn.execute(delete(discrepancy).where(discrepancy.c.report.in_(ids)))
        conn.execute(delete(reconciliation).where(reconciliation.c.id.in_(ids)))
    return len(ids)


def repair_by_policy(
    conn: Connection, lease: Lease, cart: str, report_id: int, changes: Sequence[StockChange], now: datetime
) -> Mapping[str, str]:
    """Correct what the config lets go without a person; by SKU, why some were left."""
    renew(conn, lease, micros(now))
    return store_repairs(conn, cart, report_id, changes, by=POLICY, note='reconcile.repair = "small"', now=now).left


def _check(conn: Connection, saved: SavedReport, now: datetime) -> None:
    pipeline = saved.report.pipeline
    if saved.error:
        raise NotRepairable(f"report {saved.id} did not come to its end: {saved.error}")
    if (newest := conn.scalar(_NEWEST, {"of_pipeline": pipeline})) != saved.id:
        raise NotRepairable(
            f"report {saved.id} is not the newest one of pipeline {pipeline}, and what differed then may agree now: "
            f"look at report {newest}"
        )
    if why := too_old(saved.report, now):
        raise NotRepairable(f"nothing of report {saved.id} is corrected: {why}")


def _unheard(conn: Connection, saved: SavedReport, changes: Sequence[StockChange]) -> Mapping[str, str]:
    """All of them, where the pieces that differ may have moved in the warehouse without our having heard of it yet."""
    heard = heard_since(conn, saved.report.pipeline, saved.report.began_at)
    return {} if heard else {change.item.sku: NOT_HEARD for change in changes}


def _left(conn: Connection, cart: str, saved: SavedReport, changes: Sequence[StockChange]) -> dict[str, str]:
    """By SKU, why it is not corrected now."""
    done = {sku: key for (sku, _), key in saved.repaired.items()}
    units = {one.sku: one.stock_unit for one in saved.report.discrepancies}
    left: dict[str, str] = {}
    for start in range(0, len(changes), AT_ONCE):
        skus = [change.item.sku for change in changes[start : start + AT_ONCE]]
        subjects = [subject_of(sku) for sku in skus]
        since = changed_since(conn, cart, subjects, saved.report.began_at)
        of_skus = [units[sku] for sku in skus]
        moved = moved_since(conn, saved.report.pipeline, of_skus, saved.report.began_at)
        waiting = waiting_to_be_told(conn, saved.report.pipeline, of_skus)
        asked = changes_asked(conn, cart, subjects)
        for sku in skus:
            open_now = [one for one in asked.get(subject_of(sku), ()) if not one.is_refused]
            if sku in done:
                left[sku] = f"it was corrected already, by {done[sku]}"
            elif open_now:
                left[sku] = f"the change {open_now[0].change.key} of it is not settled"
            elif subject_of(sku) in since:
                left[sku] = "a stock change of it was promised or sent since the report: compare again"
            elif units[sku] in moved:
                left[sku] = "it moved in the warehouse before the report, which was heard since: compare again"
            elif units[sku] in waiting:
                left[sku] = "what moved of it in the warehouse waits to be told, and would count twice"
    return left


def _close_refused(conn: Connection, cart: str, pipeline: str, changes: Sequence[StockChange], now: datetime) -> None:
    """What the cart had refused of these products is told it by their corrections: to send it again would be wrong."""
    asked = changes_asked(conn, cart, [subject_of(change.item.sku) for change in changes])
    keys = [one.change.key for of_one in asked.values() for one in of_one if one.is_refused]
    close_subjects(conn, pipeline, Code.STOCK_REFUSED, keys, micros(now))


def _marks(report_id: int, change: StockChange) -> list[dict[str, object]]:
    return [
        {
            "the_report": report_id,
            "its_sku": change.item.sku,
            "its_center": one.distribution_center,
            "its_key": key_of(report_id, change.item.sku),
        }
        for one in change.centers
    ]


def _deed(saved: SavedReport, changes: Sequence[StockChange], by: str, note: str) -> Deed:
    one = changes[0]
    after = ", ".join(f"{at.quantity:+d} at {at.distribution_center}" for at in one.centers)
    subject = one.item.sku if len(changes) == 1 else f"{len(changes):,} SKUs"
    after = after if len(changes) == 1 else f"{sum(len(change.centers) for change in changes):,} differences"
    before = f"report {saved.id}"
    return Deed(by, "correct stock", subject, saved.report.pipeline, before=before, after=after, note=note)


def _discrepancy(row: RowMapping) -> Discrepancy:
    values = {name: row[name] for name in _SHOWN}
    return Discrepancy(**values | {"cause": Cause(row["cause"])})


def _note_readings(conn: Connection, report: Report, read_for: str, now: datetime) -> None:
    """Note what both sides said of what differs: the next report tells by it which side has changed."""
    rows = report.discrepancies
    at_cart = [LevelReading(one.sku, one.center, one.at_cart) for one in rows if one.at_cart is not None]
    on_hand = [LevelReading(one.stock_unit, one.center, one.on_hand) for one in rows if one.on_hand is not None]
    note_levels(conn, report.pipeline, Side.CART, at_cart, read_for, now=now)
    note_levels(conn, report.pipeline, Side.WAREHOUSE, on_hand, read_for, now=now)


def _row(report_id: int, one: Discrepancy) -> dict[str, object]:
    values = {name: getattr(one, name) for name in _SHOWN}
    return {"report": report_id, **values, "cause": one.cause.value, "repair_key": ""}
