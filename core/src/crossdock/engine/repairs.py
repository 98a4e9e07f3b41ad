"""Corrections of what a report has shown: which differences may be told to the cart as they are; pure.

A correction is a signed change, so that what is sold meanwhile stays sold. It is wrong where something that is not
settled would change the number again, so such differences are left to settle first.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.engine.report import Cause, Discrepancy, Report
from crossdock.engine.stock_rules import RepairRules

REPAIR = "reconcile/"
"""How the key of a correction begins."""
GOOD_FOR = timedelta(hours=24)
"""How long the numbers of a report may be told to the cart."""
LEFT = {
    Cause.IN_DOUBT: "something of it is in doubt, and would count twice",
    Cause.UNKNOWN_ITEM: "one side does not know it: create it there, or leave it out by `leave_out`",
    Cause.UNMAPPED_AREA: "its pieces lie where no rule says where they count: name the area in the config",
    Cause.SOLD_MEANWHILE: "it was sold or moved unheard of: once all of it has come in, the next report agrees",
}
"""Why differences of some causes are not corrected."""


@dataclass(frozen=True)
class Repairs:
    """The changes that correct a report, one of each SKU, and by SKU why others are left."""

    changes: tuple[StockChange, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """How many differences they correct."""
        return sum(len(change.centers) for change in self.changes)


def repairs(report_id: int, report: Report, chosen: Collection[Discrepancy]) -> Repairs:
    """The changes that make the cart agree on the chosen differences of a report, one of each SKU."""
    rows: defaultdict[str, list[Discrepancy]] = defaultdict(list)
    for one in chosen:
        rows[one.sku].append(one)
    left = {one.sku: LEFT[one.cause] for one in report.discrepancies if one.cause in LEFT and one.sku in rows}
    changes = (_change(report_id, sku, of_sku) for sku, of_sku in rows.items() if sku not in left)
    return Repairs(tuple(changes), left)


def key_of(report_id: int, sku: str) -> str:
    """The key of the change that corrects a SKU by a report."""
    return f"{REPAIR}{report_id}/{sku}"


def too_old(report: Report, now: datetime) -> str:
    """Why the numbers of a report are not told any more; empty while they may be."""
    if now - report.began_at <= GOOD_FOR:
        return ""
    hours = int(GOOD_FOR.total_seconds() // 3600)
    return f"it is older than {hours} hours: `crossdock reconcile` compares both sides now"


@dataclass(frozen=True, slots=True)
class ByPolicy:
    """What a report's differences are corrected by themselves, and why no others are; `why_not` is empty where nothing
    was left."""

    chosen: tuple[Discrepancy, ...] = ()
    why_not: str = ""


def by_policy(report: Report, before: Report | None, rules: RepairRules) -> ByPolicy:
    """Choose what is corrected without a person: small differences that the report before has shown, too."""
    if not rules.small or not report.discrepancies:
        return ByPolicy()
    shown = {(one.sku, one.center): one.difference for one in (before.discrepancies if before else ())}
    fitting = [one for one in report.discrepancies if _fits(one, shown, rules)]
    whole = _of_whole_skus(fitting, report.discrepancies)
    if len(whole) > rules.most_rows:
        return ByPolicy((), f"{len(whole):,} differences are small, and `most_rows` lets {rules.most_rows:,} go")
    left = len(report.discrepancies) - len(whole)
    reason = (
        f"{left:,} are larger than `most_units`, of other causes, or were not the same in the report before"
        if left
        else ""
    )
    return ByPolicy(tuple(whole), reason)


def _fits(one: Discrepancy, shown: Mapping[tuple[str, str], int], rules: RepairRules) -> bool:
    same = shown.get((one.sku, one.center)) == one.difference
    return same and one.cause in rules.causes and one.cause not in LEFT and abs(one.difference) <= rules.most_units


def _of_whole_skus(fitting: Collection[Discrepancy], found: Collection[Discrepancy]) -> list[Discrepancy]:
    """Those of SKUs of which every difference fits."""
    partly = {one.sku for one in {*found} - {*fitting}}
    return [one for one in fitting if one.sku not in partly]


def _change(report_id: int, sku: str, rows: Sequence[Discrepancy]) -> StockChange:
    in_order = sorted(rows, key=lambda one: one.center)
    return StockChange(
        key=key_of(report_id, sku),
        item=StockItem(sku=sku, product_id=rows[0].product_id),
        meaning=StockMeaning.DIFFERENCE,
        centers=tuple(CenterQuantity(distribution_center=one.center, quantity=one.difference) for one in in_order),
        reason=f"reconciliation {report_id}",
    )
