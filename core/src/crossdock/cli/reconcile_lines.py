"""Reports on both sides of the stock as lines and sums: for people, for spreadsheets, for programs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from crossdock.engine.report import Cause, Discrepancy, Report


@dataclass(frozen=True)
class Sheet:
    """A report as it is shown.

    `repaired`: by SKU and centre, the stock change that corrected a difference. `earlier`: when, and how many differed,
    in the reports before, the oldest first. `error` is why it did not come to its end. So many of its differences are
    `not_shown`, because nobody asked for them.
    """

    id: int
    report: "Report"
    repaired: Mapping[tuple[str, str], str] = field(default_factory=dict)
    earlier: "Sequence[tuple[datetime, int]]" = ()
    error: str = ""
    not_shown: int = 0

    @property
    def differing(self) -> int:
        """How many levels differ, shown or not."""
        return len(self.report.discrepancies) + self.not_shown

    @property
    def differences(self) -> "Sequence[Discrepancy]":
        """What differs, the largest difference first."""
        return sorted(self.report.discrepancies, key=lambda one: (-abs(one.difference), one.sku, one.center))


@dataclass(frozen=True, slots=True)
class Sum:
    """So many differences: the cart offers `too_many` pieces at some, and `too_few` at others."""

    differences: int = 0
    too_many: int = 0
    too_few: int = 0


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One difference, in pieces; `difference` is what the cart would have to be told."""

    report: int
    pipeline: str
    sku: str
    center: str
    cause: str
    difference: int
    expected: int | None
    at_cart: int | None
    on_the_way: int
    on_hand: int | None
    allocated: int
    in_flight: int
    reserved: int
    stock_unit: str
    product_id: str
    repair_key: str
    because: str


def sum_up(found: "Iterable[Discrepancy]") -> Sum:
    """Differences by their direction, so that none hides another."""
    whole = [one.difference for one in found]
    return Sum(len(whole), -sum(one for one in whole if one < 0), sum(one for one in whole if one > 0))


def by_cause(found: "Iterable[Discrepancy]") -> "Mapping[Cause, Sequence[Discrepancy]]":
    """Differences by their likely cause, the cause with the most pieces first."""
    groups: defaultdict[Cause, list[Discrepancy]] = defaultdict(list)
    for one in found:
        groups[one.cause].append(one)
    return dict(sorted(groups.items(), key=lambda group: (-_pieces(group[1]), group[0])))


def by_center(found: "Iterable[Discrepancy]") -> "Mapping[str, Sequence[Discrepancy]]":
    """Differences by distribution centre, the one with the most pieces first."""
    groups: defaultdict[str, list[Discrepancy]] = defaultdict(list)
    for one in found:
        groups[one.center].append(one)
    return dict(sorted(groups.items(), key=lambda group: (-_pieces(group[1]), group[0])))


def _pieces(found: "Sequence[Discrepancy]") -> int:
    return sum(abs(one.difference) for one in found)


def narrowed(sheet: Sheet, causes: "Collection[Cause]", skus: Collection[str]) -> Sheet:
    """The sheet with the differences of these causes and SKUs alone; none named: of all."""
    names = {one.casefold() for one in skus}
    kept = tuple(
        one
        for one in sheet.report.discrepancies
        if (not causes or one.cause in causes)
        and (not names or names & {one.sku.casefold(), one.stock_unit.casefold()})
    )
    return replace(sheet, report=replace(sheet.report, discrepancies=kept), not_shown=sheet.differing - len(kept))


def lines_of(sheet: Sheet) -> list[DifferenceLine]:
    """The differences of a report, flat, the largest first."""
    return [_line(sheet, one) for one in sheet.differences]


def _line(sheet: Sheet, one: "Discrepancy") -> DifferenceLine:
    return DifferenceLine(
        report=sheet.id,
        pipeline=sheet.report.pipeline,
        sku=one.sku,
        center=one.center,
        cause=one.cause.value,
        difference=one.difference,
        expected=one.expected,
        at_cart=one.at_cart,
        on_the_way=one.on_the_way,
        on_hand=one.on_hand,
        allocated=one.allocated,
        in_flight=one.in_flight,
        reserved=one.reserved,
        stock_unit=one.stock_unit,
        product_id=one.product_id,
        repair_key=sheet.repaired.get((one.sku, one.center), ""),
        because=one.because,
    )


def as_data(sheet: Sheet) -> dict[str, Any]:
    """A report for programs: its sums, those of each cause, and every difference."""
    from dataclasses import asdict

    report = sheet.report
    return {
        "id": sheet.id,
        "pipeline": report.pipeline,
        "began_at": report.began_at,
        "ended_at": report.ended_at,
        "asked_by": report.asked_by,
        "error": sheet.error,
        "compared": report.compared,
        "on_the_way": report.on_the_way,
        **asdict(sum_up(report.discrepancies)),
        "not_shown": sheet.not_shown,
        "by_cause": {cause.value: asdict(sum_up(group)) for cause, group in by_cause(report.discrepancies).items()},
        "lines": [asdict(one) for one in lines_of(sheet)],
    }


def headline(sheet: Sheet) -> str:
    """Which report it is, when it was made, and for whom."""
    report = sheet.report
    return (
        f"Report {sheet.id} of pipeline {report.pipeline}, {report.began_at:%Y-%m-%d %H:%M} UTC, by {report.asked_by}"
    )


def verdict(sheet: Sheet) -> str:
    """How both sides stand, as one sentence."""
    report, shown = sheet.report, len(sheet.report.discrepancies)
    if sheet.error:
        return f"It did not come to an end: {sheet.error}"
    if not sheet.differing:
        waits = f" ({report.on_the_way:,} once what is on the way has arrived)" if report.on_the_way else ""
        return f"Both sides agree on {numbered(report.compared, 'level')}{waits}."
    if sheet.not_shown:
        return f"{shown:,} of {numbered(sheet.differing, 'difference')} shown{_offers(sheet)}."
    return f"{shown:,} of {numbered(report.compared, 'level')} differ{_offers(sheet)}."


def _offers(sheet: Sheet) -> str:
    whole = sum_up(sheet.report.discrepancies)
    directions = ((whole.too_many, "too many"), (whole.too_few, "too few"))
    wrong = [f"{numbered(pieces, 'piece')} {words}" for pieces, words in directions if pieces]
    return f": the cart offers {' and '.join(wrong)}" if wrong else ""


def numbered(number: int, what: str) -> str:
    """`1 level`, `2,000 levels`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def cause_table(found: "Iterable[Discrepancy]") -> "Table":
    """The likely causes: how much each of them amounts to, what it means, and what to do."""
    from rich.markup import escape

    from crossdock.cli.reconcile_words import WORDS
    from crossdock.cli.screen import open_table

    right = ("differences", "too many", "too few")
    table = open_table("likely cause", *right, "what it means, and what to do", right=right, sentences=True)
    for cause, group in by_cause(found).items():
        part = sum_up(group)
        numbers = (f"{part.differences:,}", f"{part.too_many:,}", f"{part.too_few:,}")
        table.add_row(cause.value, *numbers, escape(f"{WORDS[cause].means} {WORDS[cause].do}"))
    return table


def difference_table(sheet: Sheet, limit: int) -> "Table":
    """The largest differences, each with its evidence."""
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    right = ("should have", "has", "on the way", "differs")
    table = open_table("SKU", "centre", *right, "likely cause, because", right=right, sentences=True)
    for one in sheet.differences[:limit]:
        key = sheet.repaired.get((one.sku, one.center), "")
        corrected = f" Corrected by {key}." if key else ""
        table.add_row(
            escape(name_of(one)),
            escape(one.center),
            quantity(one.expected),
            quantity(one.at_cart),
            f"{one.on_the_way:+,}" if one.on_the_way else "",
            f"{one.difference:+,}",
            escape(f"{one.cause.value}: {one.because}{corrected}"),
        )
    return table


def name_of(one: "Discrepancy") -> str:
    """The SKU by the cart's name, and by the warehouse's where that is another one."""
    return f"{one.sku} ({one.stock_unit})" if one.stock_unit not in ("", one.sku) else one.sku


def quantity(pieces: int | None) -> str:
    """So many pieces; a dash where that side does not know the SKU."""
    return "–" if pieces is None else f"{pieces:,}"
