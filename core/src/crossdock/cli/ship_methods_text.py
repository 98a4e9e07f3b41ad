"""Rules for ship methods as rows of a CSV file, and as tables of the config."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from crossdock.cli.listing import FORMULA, NUMBER, as_csv_text
from crossdock.hooks.errors import CrossdockError
from crossdock.mapping import Direction, ShipMethod, ShipMethodRule
from crossdock.mapping.method_table import Entry

Refusal = Callable[[Entry], str]
"""Why a rule cannot be saved; empty where it can."""


class WrongRules(CrossdockError):
    """What a person wrote is no table of rules; says everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as a row; an empty site, carrier or service is what was left unsaid, `*` is anything."""

    direction: str
    site: str
    carrier: str
    service: str
    to_carrier: str
    to_service: str


COLUMNS = tuple(RuleRow.__slots__)


def as_rows(table: Iterable[Entry]) -> str:
    """The rules as CSV: what `read_rows` takes."""
    rows = [
        RuleRow(
            one.direction.value,
            *(one.rule.site, one.rule.carrier, one.rule.service, one.rule.to.carrier, one.rule.to.service),
        )
        for one in table
    ]
    return as_csv_text(rows, RuleRow)


def as_tables(pipeline: str, table: Iterable[Entry]) -> str:
    """The rules as TOML, to be put into the config."""
    return "\n".join(_table(pipeline, entry) for entry in table)


def _table(pipeline: str, entry: Entry) -> str:
    rule = entry.rule
    what = {"site": rule.site, "carrier": rule.carrier, "service": rule.service}
    lines = [f"[[pipelines.{pipeline}.ship_methods.{entry.direction.value}]]"]
    lines += [f"{name} = {_text(value)}" for name, value in what.items() if value != "*"]
    lines += [f"to = {{ carrier = {_text(rule.to.carrier)}, service = {_text(rule.to.service)} }}"]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A text as TOML writes it: as JSON does, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_rows(path: Path, pipeline: str, refusal: Refusal) -> Sequence[Entry]:
    """The rules of a CSV file; raises `WrongRules` with every wrong row, and takes none then.

    Columns that say nothing of a rule are passed over, so that the list of what is unmapped can be filled in.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _entries(csv.DictReader(file, strict=True), path, pipeline, refusal)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongRules(f"{path} cannot be read as a CSV file in UTF-8: {error}") from error


def _entries(rows: "csv.DictReader[str]", path: Path, pipeline: str, refusal: Refusal) -> Sequence[Entry]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise WrongRules(f"{path} must have the columns {', '.join(COLUMNS)}, and has no {', no '.join(missing)}")
    found: dict[object, Entry] = {}
    lines: dict[object, int] = {}
    wrong: list[str] = []
    for row in rows:
        try:
            entry = _entry(row, pipeline)
            if (line := lines.setdefault(entry.key, rows.line_num)) != rows.line_num:
                raise WrongRules(f"line {line} is for the same site, carrier and service; take one of them out")
            if why := refusal(entry):
                raise WrongRules(why)
            found[entry.key] = entry
        except WrongRules as error:
            wrong.append(f"  line {rows.line_num}: {error}")
    if wrong:
        count = "1 row is" if len(wrong) == 1 else f"{len(wrong)} rows are"
        raise WrongRules("\n".join([f"Nothing was saved from {path}, {count} wrong:", *wrong]))
    return list(found.values())


def _entry(row: dict[str, str], pipeline: str) -> Entry:
    if None in row:
        raise WrongRules("it has more fields than the head")
    if short := [name for name in COLUMNS if row[name] is None]:
        raise WrongRules(f"it ends before the column {short[0]}")
    if (other := row.get("pipeline") or pipeline) != pipeline:
        raise WrongRules(f"it is for pipeline {other}, and --pipeline is {pipeline}; take it out")
    direction, site, carrier, service, to_carrier, to_service = (_plain(row[name]) for name in COLUMNS)
    if direction not in list(Direction):
        raise WrongRules(f"direction '{direction}' is neither inbound nor outbound")
    if not (to_carrier or to_service):
        raise WrongRules("it says nothing to take; fill in to_carrier and to_service, or take it out")
    return Entry(Direction(direction), ShipMethodRule(ShipMethod(to_carrier, to_service), site, carrier, service))


def _plain(cell: str) -> str:
    """The text of a cell, without the apostrophe that keeps spreadsheets from running it."""
    text = cell.removeprefix("'")
    return text if cell != text and FORMULA.match(text) and not NUMBER.fullmatch(text) else cell
