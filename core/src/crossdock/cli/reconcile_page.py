"""Reports as one page that needs nothing else: no script, no font, no picture from anywhere."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import files

from crossdock.cli.reconcile_lines import Sheet, by_cause, numbered, quantity, sum_up, verdict
from crossdock.cli.reconcile_picture import picture, proportion, sentence, signed, text
from crossdock.cli.reconcile_words import WORDS, commands_of
from crossdock.engine.report import Cause, Discrepancy

MOST_ROWS = 5_000
"""So many differences of a report stand on its page: the largest."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
COLUMNS = ("SKU", "centre", "on hand", "allocated", "in flight", "should have", "has", "on the way", "difference")


def page(sheets: Sequence[Sheet], written_at: datetime) -> str:
    """Reports as a page: how bad it is, where and why, every difference with its evidence, and what to do."""
    title = f"Stock of pipeline {sheets[0].report.pipeline}" if len(sheets) == 1 else "Stock of several pipelines"
    body = "".join(_section(sheet, f"p{place}", alone=len(sheets) == 1) for place, sheet in enumerate(sheets))
    over = _overview(sheets) if len(sheets) > 1 else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_style()}</style></head>\n<body><main><h1>{text(title)}</h1>{over}{body}\n"
        f"<footer>Written {_minute(written_at)} UTC by crossdock. All numbers are pieces; difference is what the cart "
        "would have to be told.</footer></main></body></html>\n"
    )


def _style() -> str:
    return files("crossdock.cli").joinpath("reconcile_page.css").read_text(encoding="utf-8")


def _overview(sheets: Sequence[Sheet]) -> str:
    """Several pipelines, each with its numbers."""
    rows = "".join(_overview_row(sheet, f"p{place}") for place, sheet in enumerate(sheets))
    names = ("pipeline", "levels compared", "differ", "pieces too many", "pieces too few")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<table class=all><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _overview_row(sheet: Sheet, anchor: str) -> str:
    whole = sum_up(sheet.report.discrepancies)
    numbers = (sheet.report.compared, sheet.differing, whole.too_many, whole.too_few)
    cells = "".join(f"<td>{number:,}</td>" for number in numbers)
    return f'<tr><td><a href="#{anchor}">{text(sheet.report.pipeline)}</a></td>{cells}</tr>'


def _section(sheet: Sheet, anchor: str, *, alone: bool) -> str:
    report = sheet.report
    of = "" if alone else f" of pipeline {text(report.pipeline)}"
    shown = sheet.differences[:MOST_ROWS]
    well = "" if sheet.differing or sheet.error else " good"
    causes = "".join(_cause(sheet, cause, group, anchor) for cause, group in by_cause(shown).items())
    return (
        f"\n<section id={anchor}><h2>Report {sheet.id}{of}</h2>"
        f"<p class=dim>{_minute(report.began_at)} to {_minute(report.ended_at)} UTC, asked for by "
        f'{text(report.asked_by)}</p><p class="verdict{well}">{text(verdict(sheet))}</p>'
        f"{_tiles(sheet)}{proportion(sheet)}{picture(sheet, anchor)}{_further(sheet)}{causes}</section>"
    )


def _tiles(sheet: Sheet) -> str:
    report, whole = sheet.report, sum_up(sheet.report.discrepancies)
    tiles = (
        (report.compared, "levels compared"),
        (report.on_the_way, "agree with what is on the way"),
        (sheet.differing, "differ"),
        (whole.too_many, "pieces too many at the cart"),
        (whole.too_few, "pieces too few at the cart"),
    )
    return f"<div class=tiles>{''.join(f'<div><b>{number:,}</b>{words}</div>' for number, words in tiles)}</div>"


def _further(sheet: Sheet) -> str:
    more = len(sheet.report.discrepancies) - MOST_ROWS
    if more <= 0:
        return ""
    command = f"crossdock reconcile show {sheet.id} --csv"
    return f"<p>Below are the largest {MOST_ROWS:,}; <code>{command}</code> has {more:,} more.</p>"


def _cause(sheet: Sheet, cause: Cause, group: Sequence[Discrepancy], anchor: str) -> str:
    """One cause: what it means, what to do, and its differences."""
    words = WORDS[cause]
    commands = "".join(f"<code>{text(one)}</code>" for one in commands_of(cause, sheet.report.pipeline, sheet.id))
    mark = f'<svg aria-hidden=true><rect class={cause.value} width="100%" height="100%" rx="3"/></svg>'
    head = "".join(f"<th>{name}</th>" for name in (*COLUMNS, "because"))
    return (
        f"\n<h2 id={anchor}-{cause.value}>{mark}{words.title} <small>{numbered(len(group), 'difference')}</small></h2>"
        f"<div class=do>{sentence(words.means)}<p><b>What to do.</b> {sentence(words.do)}</p>{commands}</div>"
        f"<table class=n><thead><tr>{head}</tr></thead><tbody>{''.join(_rows(sheet, group))}</tbody></table>"
    )


def _rows(sheet: Sheet, group: Iterable[Discrepancy]) -> Iterable[str]:
    for one in group:
        numbers = (
            *(_pieces(one.on_hand), _pieces(one.allocated), _pieces(one.in_flight), _pieces(one.expected)),
            *(_pieces(one.at_cart), signed(one.on_the_way) if one.on_the_way else "0", signed(one.difference)),
        )
        cells = "".join(f"<td>{number}" for number in numbers)
        yield f"\n<tr><td>{_name(one)}<td>{text(one.center)}{cells}<td>{_evidence(sheet, one)}"


def _pieces(number: int | None) -> str:
    return quantity(number).replace("-", "\N{MINUS SIGN}")


def _name(one: Discrepancy) -> str:
    other = f" <small>{text(one.stock_unit)} in the warehouse</small>" if one.stock_unit not in ("", one.sku) else ""
    return f"{text(one.sku)}{other}"


def _evidence(sheet: Sheet, one: Discrepancy) -> str:
    key = sheet.repaired.get((one.sku, one.center), "")
    return f"{text(one.because)} <small>Corrected by {text(key)}.</small>" if key else text(one.because)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
