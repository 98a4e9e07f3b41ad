"""Pictures of what differs: bars to the left where the cart offers too many, to the right where it offers too few."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from crossdock.cli.reconcile_lines import Sheet, by_cause, by_center, numbered, sum_up
from crossdock.cli.reconcile_words import title_of
from crossdock.engine.report import Cause, Discrepancy

MOST_BARS = 8
"""So many centres and SKUs get a bar of their own."""
THINNEST = 0.5
"""The percentage that the smallest difference still gets, so that it is seen."""
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""What cannot be shown, or would turn the letters beside it around."""

TYPED = re.compile(r"`([^`]+)`")
SIDES = (
    "<p class=sides>◀ Bars to the left: the cart offers too many, and may sell what is not there. Bars to the right ▶: "
    "it offers too few, and misses sales.</p>"
)

Part = tuple[Cause, int]
"""A cause, and what the cart would have to be told for it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a picture; `link` is the part of the page that tells more."""

    name: str
    parts: Sequence[Part]
    link: str = ""

    @property
    def too_many(self) -> int:
        """Pieces to the left."""
        return -sum(pieces for _, pieces in self.parts if pieces < 0)

    @property
    def too_few(self) -> int:
        """Pieces to the right."""
        return sum(pieces for _, pieces in self.parts if pieces > 0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a bar begins, and how wide a piece is, in percent."""

    zero: float
    piece: float

    def width(self, pieces: int) -> float:
        """How wide so many pieces are."""
        return max(abs(pieces) * self.piece, THINNEST) if pieces else 0.0


def text(words: object) -> str:
    """Words that can stand in a page: nothing in them is markup, nothing unseen."""
    return escape(UNSEEN.sub("\N{REPLACEMENT CHARACTER}", str(words)))


def sentence(words: str) -> str:
    """Words of which those in backticks are what one types."""
    return TYPED.sub(r"<code>\1</code>", text(words))


def signed(pieces: int) -> str:
    """`+3`, `−2`: with a minus as wide as the plus."""
    return f"{pieces:+,}".replace("-", "\N{MINUS SIGN}")


def picture(sheet: Sheet, anchor: str) -> str:
    """Why, where, and which: three charts and how it was before; empty where nothing differs."""
    found = sheet.differences
    if not found:
        return f"<div class=picture>{history}</div>" if (history := _history(sheet)) else ""
    charts = (
        _chart("Why", "pieces by likely cause", _cause_bars(found, anchor)),
        _chart("Where", "pieces by distribution centre", _center_bars(found)),
        _chart("The largest differences", "pieces by SKU and centre", _largest(found)),
    )
    return f"<div class=picture>{SIDES}<div class=charts>{''.join(charts)}{_history(sheet)}</div></div>"


def proportion(sheet: Sheet) -> str:
    """How much of everything agrees, as one bar."""
    differing, waits = sheet.differing, sheet.report.on_the_way
    whole = max(sheet.report.compared, differing + waits, 1)
    shares = (("agrees", whole - differing - waits), ("waits", waits), ("differs", differing))
    drawn, at = [], 0.0
    for name, number in shares:
        width = max(100 * number / whole, THINNEST) if number else 0.0
        at = min(at, 100 - width)
        drawn.append(f'<rect class={name} x="{at:.2f}%" width="{width:.2f}%" height="100%"/>')
        at += width
    words = f"{whole - differing - waits:,} agree, {waits:,} agree with what is on the way, {differing:,} differ"
    return f'<svg class=whole role=img aria-label="{words}">{"".join(drawn)}</svg>'


def _cause_bars(found: Sequence[Discrepancy], anchor: str) -> list[Bar]:
    return [
        Bar(title_of(cause), _parts(group), f"{anchor}-{cause.value}" if anchor else "")
        for cause, group in by_cause(found).items()
    ]


def _center_bars(found: Sequence[Discrepancy]) -> list[Bar]:
    groups = [*by_center(found).items()]
    bars = [Bar(f"centre {center}", _parts(group)) for center, group in groups[:MOST_BARS]]
    others = [one for _, group in groups[MOST_BARS:] for one in group]
    return [*bars, Bar(f"{len(groups) - MOST_BARS:,} other centres", _parts(others))] if others else bars


def _largest(found: Sequence[Discrepancy]) -> list[Bar]:
    return [Bar(f"{one.sku} at {one.center}", [(one.cause, one.difference)]) for one in found[:MOST_BARS]]


def _parts(found: Iterable[Discrepancy]) -> list[Part]:
    """The pieces of each cause, both directions apart."""
    sums = {cause: sum_up(group) for cause, group in by_cause(found).items()}
    parts = [(cause, pieces) for cause, one in sums.items() for pieces in (-one.too_many, one.too_few)]
    return [part for part in parts if part[1]]


def _chart(title: str, about: str, bars: Sequence[Bar]) -> str:
    scale = _scale(bars)
    rows = "".join(_row(bar, scale) for bar in bars)
    return f"<div class=chart><h3>{text(title)} <small>{text(about)}</small></h3>{rows}</div>"


def _scale(bars: Sequence[Bar]) -> Scale:
    left, right = max(bar.too_many for bar in bars), max(bar.too_few for bar in bars)
    piece = 100 / ((left + right) or 1)
    return Scale(zero=left * piece, piece=piece)


def _row(bar: Bar, scale: Scale) -> str:
    numbers = " ".join(signed(pieces) for pieces in (-bar.too_many, bar.too_few) if pieces) or "0"
    name = f'<a href="#{text(bar.link)}">{text(bar.name)}</a>' if bar.link else text(bar.name)
    drawn = "".join(_drawn(bar.parts, scale))
    axis = f'<line x1="{scale.zero:.2f}%" x2="{scale.zero:.2f}%" y1="0" y2="100%"/>'
    svg = f'<svg role=img aria-label="{text(bar.name)}: {numbers}">{drawn}{axis}</svg>'
    return f"<div class=bar><span>{name}</span>{svg}<b>{numbers}</b></div>"


def _drawn(parts: Sequence[Part], scale: Scale) -> Iterable[str]:
    """The parts beside each other, away from where nothing differs."""
    left = right = scale.zero
    for cause, pieces in parts:
        width = scale.width(pieces)
        at = left - width if pieces < 0 else right
        left, right = (at, right) if pieces < 0 else (left, right + width)
        about = f"<title>{text(title_of(cause))} {signed(pieces)}</title>"
        rect = f'x="{max(at, 0.0):.2f}%" y="15%" width="{width:.2f}%" height="70%"'
        yield f"<rect class={cause.value} {rect}>{about}</rect>"


def _history(sheet: Sheet) -> str:
    """How many differed in each report so far, the oldest first; nothing before the second report."""
    reports = [*sheet.earlier, (sheet.report.began_at, sheet.differing)]
    if len(reports) < 2:
        return ""
    most = max(number for _, number in reports)
    columns = "".join(_column(place, one, len(reports), most or 1) for place, one in enumerate(reports))
    words = f"{len(reports)} reports, the newest on the right; at most {numbered(most, 'difference')}"
    return (
        f"<div class=chart><h3>Before <small>differences by report</small></h3>"
        f'<svg class=history role=img aria-label="{words}">{columns}</svg><small>{words}</small></div>'
    )


def _column(place: int, one: tuple[datetime, int], columns: int, most: int) -> str:
    began_at, number = one
    width = min(100 / columns, 12.0)
    height = max(100 * number / most, 2.0)
    newest = " class=newest" if place == columns - 1 else ""
    about = f"<title>{began_at:%Y-%m-%d %H:%M} UTC: {number:,}</title>"
    shape = f'x="{place * width:.2f}%" y="{100 - height:.2f}%" width="{width * 0.8:.2f}%" height="{height:.2f}%"'
    return f"<rect{newest} {shape}>{about}</rect>"
