"""From the rows of a label to a parcel; pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from pydantic import ValidationError

from crossdock import Record, Unreadable, error_text
from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock_shipping.parcel_files.records import LabelRows
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings
from crossdock_shipping.parcel_files.table import BrokenFile, layout_of

T = TypeVar("T")
Cells = Mapping[str, str]
"""By what it holds, each cell that is not empty."""

_ROWS = msgspec.json.Decoder(LabelRows)
_NUMBER = {
    ".": re.compile(r"-?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,6})?"),
    ",": re.compile(r"-?([0-9]{1,12}|[0-9]{1,3}(\.[0-9]{3}){1,3})(,[0-9]{1,6})?"),
}
_DAMAGED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_CURRENCY = re.compile(r"[A-Z]{3}")
_UNITS = {
    WeightUnit.GRAM: ("g", "gr", "grm", "gram", "grams"),
    WeightUnit.KILOGRAM: ("kg", "kgs", "kgm", "kilogram", "kilograms"),
    WeightUnit.OUNCE: ("oz", "ozs", "onz", "ounce", "ounces"),
    WeightUnit.POUND: ("lb", "lbs", "lbr", "pound", "pounds"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
LONGEST_NAME, LONGEST_WORDS = 200, 600
"""So many characters of a file's name, and of what is wrong in it, are quoted."""
ALONE = ("reference", "tracking_number")
"""What all rows of one label must agree on."""


def read_parcel(record: Record, settings: ParcelFilesSettings) -> Parcel:
    """The parcel that all rows of a label tell together; what a later row says counts, and a void stays."""
    told = _rows(record)
    if told.fault:
        raise _unreadable(record, _words(told))
    try:
        return _parcel(told, settings)
    except (BrokenFile, ValueError) as error:
        lines = error_text(", ".join(str(row.line) for row in told.rows), LONGEST_NAME)
        why = error_text(_first_words(error), LONGEST_WORDS)
        raise _unreadable(record, f"{_name(told)}, line {lines}: {why}") from None


def _rows(record: Record) -> LabelRows:
    try:
        return _ROWS.decode(record.data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unreadable(f"record {record.id} did not come from a file of parcels") from None


def _unreadable(record: Record, words: str) -> Unreadable:
    """The words, and of which record they are."""
    return Unreadable(words if record.id in words else f"{words} (record {record.id})")


def _name(told: LabelRows) -> str:
    return error_text(told.file, LONGEST_NAME)


def _words(told: LabelRows) -> str:
    fault = error_text(told.fault, LONGEST_WORDS)
    if told.rows:
        return f"{_name(told)}, line {told.rows[0].line}: {fault}; put the line, corrected, into a file of another name"
    return (
        f"the file {_name(told)} was not understood, and nothing of it counts: {fault}; correct it or the settings, "
        "and it is read again by itself"
    )


def _first_words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_context=False)[0]
        return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
    return str(error)


def _parcel(told: LabelRows, settings: ParcelFilesSettings) -> Parcel:
    rows = _cells_of(told, settings)
    cells = {name: cell for row in rows for name, cell in row.items()}
    for name in ALONE:
        if len({row.get(name) for row in rows}) != 1:
            raise ValueError(f"rows of one label say different things as {name}; is `columns.id` that of a label?")
    defaults = settings.defaults
    return Parcel(
        tracking_number=_undamaged(cells.get("tracking_number", "")),
        reference=_undamaged(cells.get("reference", "")),
        carrier=cells.get("carrier", defaults.carrier),
        service_level=cells.get("service", defaults.service),
        box=cells.get("box", ""),
        shipped_at=_if_said(cells.get("shipped_at"), lambda text: _moment(text, settings)),
        voided=any(_is_voided(row.get("voided", ""), settings) for row in rows),
        cost=_if_said(cells.get("cost"), lambda text: _money(text, cells, settings)),
        weight=_if_said(cells.get("weight"), lambda text: _weight(text, cells, settings)),
        tracking_url=cells.get("tracking_url", ""),
    )


def _cells_of(told: LabelRows, settings: ParcelFilesSettings) -> Sequence[Cells]:
    width = min((len(row.cells) for row in told.rows), default=0)
    layout = layout_of(settings.columns, told.header, width)
    if told.rows and width <= max(layout.values()):
        raise ValueError(f"a row has {width} cells, and `columns` wants number {max(layout.values()) + 1}")
    return [{name: row.cells[place] for name, place in layout.items() if row.cells[place]} for row in told.rows]


def _if_said(text: str | None, read: Callable[[str], T]) -> T | None:
    return read(text) if text else None


def _undamaged(text: str) -> str:
    if _DAMAGED.fullmatch(text):
        raise ValueError(f"'{text}' was a longer number before a spreadsheet saved the file; export it without one")
    return text


def _is_voided(word: str, settings: ParcelFilesSettings) -> bool:
    folded = word.casefold()
    if folded in settings.voided_words:
        return True
    if word and folded not in settings.live_words:
        raise ValueError(f"'{word}' stands neither in voided_words nor in live_words")
    return False


def _money(text: str, cells: Cells, settings: ParcelFilesSettings) -> Money:
    currency = cells.get("currency", settings.defaults.currency).upper()
    if not _CURRENCY.fullmatch(currency):
        raise ValueError(f"'{currency}' is no currency; write its three letters, or set defaults.currency")
    return Money(amount=_decimal(text, settings), currency=currency)


def _weight(text: str, cells: Cells, settings: ParcelFilesSettings) -> Weight | None:
    value, word = _decimal(text, settings), cells.get("weight_unit", "")
    if not value:
        return None
    unit = _UNIT_OF.get(word.casefold()) if word else settings.defaults.weight_unit
    if unit is None:
        raise ValueError(f"'{word}' is no unit of weight; write g, kg, oz or lb, or set defaults.weight_unit")
    return Weight(value=value, unit=unit)


def _decimal(text: str, settings: ParcelFilesSettings) -> Decimal:
    sign = settings.decimal
    if not _NUMBER[sign].fullmatch(text):
        raise ValueError(f"'{text}' is no number with '{sign}' as its decimal sign")
    return Decimal(text.replace("," if sign == "." else ".", "").replace(sign, "."))


def _moment(text: str, settings: ParcelFilesSettings) -> datetime:
    form = settings.date_format
    try:
        moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.time_zone))
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text}' is no time written as {form or 'ISO 8601 wants it'}") from None
