"""The page of a report: whole, escaped, small, and of nothing but itself; the sums that stand on it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from crossdock.cli import app
from crossdock.cli.reconcile_lines import Sheet, as_data, by_cause, by_center, lines_of, narrowed, sum_up, verdict
from crossdock.cli.reconcile_page import MOST_ROWS, page
from crossdock.cli.reconcile_picture import UNSEEN
from crossdock.cli.reconcile_words import WORDS, commands_of
from crossdock.engine.report import Cause, Discrepancy, Report

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
FREE_TO_END = {"td", "tr"}
"""Rows and cells, whose end may be left out."""
ALONE = {"meta"}

ODD = st.text(st.sampled_from("<>&\"'`/ aB-0\x00\x1b\u202e\ud800ä中"), max_size=12)
PIECES = st.integers(-2_000, 2_000)
DIFFERENCES = st.builds(
    Discrepancy,
    sku=ODD,
    center=st.sampled_from(["0", "-2", "EAST", "</td>"]) | ODD,
    stock_unit=ODD,
    cause=st.sampled_from(Cause),
    because=ODD,
    difference=PIECES,
    expected=st.none() | PIECES,
    at_cart=st.none() | PIECES,
    on_hand=st.none() | PIECES,
    allocated=st.integers(0, 99),
    in_flight=st.integers(0, 99),
    on_the_way=PIECES,
    reserved=st.integers(0, 99),
)


def sheet_of(found: Sequence[Discrepancy], **more: Any) -> Sheet:
    report = Report("main", AT, AT + timedelta(minutes=2), "the schedule", len(found) + 100, 5, tuple(found))
    return Sheet(id=17, report=report, **more)


SHEETS = st.builds(
    sheet_of,
    st.lists(DIFFERENCES, max_size=25, unique_by=lambda one: (one.sku, one.center)),
    earlier=st.lists(st.tuples(st.just(AT), st.integers(0, 9_000)), max_size=12),
    error=st.sampled_from(["", "the cart <refused>"]),
)


class Reader(HTMLParser):
    """Reads a page: what it says, what it points to, and whether every part of it ends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] in FREE_TO_END and self.open[-1] != tag:
            self.open.pop()
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def said(self) -> str:
        """All that stands on it."""
        return "".join(self.words)


@given(st.lists(SHEETS, min_size=1, max_size=3))
def test_a_page_is_whole_whatever_stands_in_a_report(sheets: list[Sheet]) -> None:
    written = page(sheets, AT)
    read = Reader(written)
    assert read.open == []
    assert written.encode()
    for sheet in sheets:
        for one in sheet.report.discrepancies:
            assert UNSEEN.sub("\N{REPLACEMENT CHARACTER}", one.sku) in read.said
            assert UNSEEN.sub("\N{REPLACEMENT CHARACTER}", one.because) in read.said
    rows = sum(len(sheet.report.discrepancies) for sheet in sheets)
    heads = sum(len(by_cause(sheet.report.discrepancies)) for sheet in sheets)
    overview = len(sheets) + 1 if len(sheets) > 1 else 0
    assert read.tags["tr"] == rows + heads + overview


@given(SHEETS)
def test_a_page_needs_nothing_but_itself(sheet: Sheet) -> None:
    read = Reader(page([sheet], AT))
    known = {"html", "head", "meta", "title", "style", "body", "main", "section", "footer", "div", "p", "span"}
    known |= {"h1", "h2", "h3", "small", "b", "a", "code", "svg", "rect", "line", "table", "thead", "tbody"}
    assert {*read.tags} <= known | {"tr", "th", "td"}
    pointing = {value for name, value in read.attributes if name in ("href", "src", "data", "action", "style")}
    assert all(value.startswith("#") for value in pointing)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    anchors = {f"#{value}" for name, value in read.attributes if name == "id"}
    assert pointing <= anchors
    style = page([sheet], AT).partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import|https?:", style)


@given(SHEETS)
def test_no_bar_leaves_its_picture(sheet: Sheet) -> None:
    read = Reader(page([sheet], AT))
    for name, value in read.attributes:
        if name in ("x", "x1", "width") and value.endswith("%"):
            assert 0 <= float(value[:-1]) <= 100


def test_every_cause_has_words_and_a_colour_in_light_and_dark_and_on_paper() -> None:
    written = page([sheet_of([])], AT)
    assert {*WORDS} == {*Cause}
    for cause in Cause:
        assert written.count(f"--{cause.value}: #") == 3
        assert f".{cause.value} {{ fill: var(--{cause.value}) }}" in written


def test_five_thousand_differences_are_a_page_of_less_than_two_megabytes() -> None:
    because = "The last number read of the cart was 14, on 2026-03-01 03:00; nothing was sent for it since. " * 2
    causes = [*Cause]
    found = [
        Discrepancy(
            f"SKU-{number:05}-RED-XXL", f"{number % 7}", f"W{number}", causes[number % 6], because, number - 2_500
        )
        for number in range(MOST_ROWS + 1_000)
    ]
    written = page([sheet_of(found)], AT)
    assert len(written.encode()) < 2_000_000
    read = Reader(written)
    assert read.tags["tr"] == MOST_ROWS + 6
    assert "Below are the largest 5,000; crossdock reconcile show 17 --csv has 1,000 more." in read.said


def test_a_page_of_agreement_says_so_and_shows_no_bars() -> None:
    read = Reader(page([sheet_of([])], AT))
    assert "Both sides agree on 100 levels (5 once what is on the way has arrived)." in read.said
    assert read.tags["table"] == 0


def test_a_report_that_did_not_end_never_looks_like_agreement() -> None:
    sheet = sheet_of([], error="the cart is paused")
    assert verdict(sheet) == "It did not come to an end: the cart is paused"
    assert 'class="verdict good"' not in page([sheet], AT)


def test_a_page_tells_why_where_and_what_to_do() -> None:
    found = [
        Discrepancy("TEE-RED-M", "0", "TEE-RED-M", Cause.MANUAL_CHANGE, "The cart's number changed.", -4, 8, 12, 8),
        Discrepancy("CAP", "-2", "CAP-1", Cause.UNSENT, "A change was refused.", 3, 5, 2, 5),
    ]
    sheet = sheet_of(found, repaired={("CAP", "-2"): "reconcile/17/CAP"}, earlier=[(AT - timedelta(days=1), 4)])
    said = Reader(page([sheet], AT)).said
    assert "2 of 102 levels differ: the cart offers 4 pieces too many and 3 pieces too few." in said
    assert "asked for by the schedule" in said
    assert "crossdock reconcile repair 17 --pipeline main --cause manual_change" in said
    assert "CAP-1 in the warehouse" in said
    assert "Corrected by reconcile/17/CAP." in said
    assert "2 reports, the newest on the right; at most 4 differences" in said


def test_a_difference_too_many_never_hides_one_too_few() -> None:
    found = [replace(ONE, sku="A", difference=7), replace(ONE, sku="B", difference=-7)]
    whole = sum_up(found)
    assert (whole.differences, whole.too_many, whole.too_few) == (2, 7, 7)


ONE = Discrepancy("A", "0", "A", Cause.UNSENT, "", 1)


@given(SHEETS)
def test_the_sums_of_causes_and_of_centres_are_the_whole(sheet: Sheet) -> None:
    found = sheet.report.discrepancies
    for groups in (by_cause(found), by_center(found)):
        sums = [sum_up(group) for group in groups.values()]
        whole = sum_up(found)
        assert sum(one.differences for one in sums) == whole.differences == len(found)
        assert sum(one.too_many for one in sums) == whole.too_many
        assert sum(one.too_few for one in sums) == whole.too_few


@given(SHEETS)
def test_lines_are_all_of_a_report_with_the_largest_first(sheet: Sheet) -> None:
    lines = lines_of(sheet)
    assert len(lines) == len(sheet.report.discrepancies) == len(as_data(sheet)["lines"])
    sizes = [abs(line.difference) for line in lines]
    assert sizes == sorted(sizes, reverse=True)


@given(SHEETS, st.sets(st.sampled_from(Cause)))
def test_narrowing_by_cause_keeps_exactly_those(sheet: Sheet, causes: set[Cause]) -> None:
    kept = narrowed(sheet, causes, ()).report.discrepancies
    assert {*kept} == {one for one in sheet.report.discrepancies if not causes or one.cause in causes}


def test_what_is_not_shown_never_looks_like_agreement() -> None:
    nothing = narrowed(sheet_of([ONE, replace(ONE, sku="B")]), [Cause.IN_DOUBT], ())
    assert verdict(nothing) == "0 of 2 differences shown."
    written = page([nothing], AT)
    assert 'class="verdict good"' not in written
    assert "95 agree, 5 agree with what is on the way, 2 differ" in written
    one = narrowed(sheet_of([ONE, replace(ONE, sku="B", stock_unit="B")]), (), ["b"])
    assert verdict(one) == "1 of 2 differences shown: the cart offers 1 piece too few."
    assert as_data(one)["not_shown"] == 1


def test_a_sku_is_found_by_either_sides_name_whatever_its_letters() -> None:
    sheet = sheet_of([replace(ONE, sku="Tee", stock_unit="W-1"), replace(ONE, sku="CAP", stock_unit="W-2")])
    assert [one.sku for one in narrowed(sheet, (), ["tee"]).differences] == ["Tee"]
    assert [one.sku for one in narrowed(sheet, (), ["w-2"]).differences] == ["CAP"]


@pytest.mark.parametrize("cause", Cause)
def test_what_a_cause_advises_is_a_command_that_there_is(cause: Cause) -> None:
    for line in commands_of(cause, "main", 17):
        program, *words = line.split()
        assert program == "crossdock"
        command: Any = typer.main.get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= flags
