"""Lists: every one as a table, as CSV and as JSON, of one client if wanted; no cell that a spreadsheet would run."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from crossdock.cli import app
from crossdock.cli.listing import FORMULA, NUMBER, as_csv_text, harmless

LISTS = ("list", "levels", "movements", "locations")
READS = (*LISTS, "show", "why", "check", "preview", "explain", "coverage")
NO_CLIENT = {
    "plugins list": "plugins are installed for all",
    "plugins why": "plugins are installed for all",
    "clients list": "it lists the clients themselves",
    "check": "a config is right as a whole",
}
"""What belongs to no client, and why."""
NO_CLIENT_GROUPS = {
    "alerts": "a receiver of alerts names its clients itself",
    "carriers": "carriers are the same for all",
}
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
TRICKY = st.text(st.sampled_from("'=+-@＝＋－＠ \t\r\n\",;1.e0aä"), max_size=8)


@dataclass(frozen=True)
class Row:
    name: str
    number: int
    at: datetime | None
    more: dict[str, int]


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        where = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, where)
        else:
            yield where, command


EVERY = dict(commands(typer.main.get_command(app)))


def options_of(command: Any) -> set[str]:
    return {flag for parameter in command.params for flag in parameter.opts}


def test_every_list_can_be_had_as_csv_and_as_json_and_of_one_client():
    lists = [(path, command) for path, command in EVERY.items() if path.split()[-1] in LISTS]
    assert len(lists) > 10
    assert {path: lacking for path, command in lists if (lacking := _wanted(path) - options_of(command))} == {}


def _wanted(path: str) -> set[str]:
    free = path in NO_CLIENT or path.split()[0] in NO_CLIENT_GROUPS
    return {"--json", "--csv"} | (set() if free else {"--client"})


def test_every_command_that_reads_can_be_had_as_json():
    reads = {path: options_of(command) for path, command in EVERY.items() if path.split()[-1] in READS}
    assert [path for path, options in reads.items() if "--json" not in options] == []


def test_a_command_that_names_an_order_can_say_of_which_pipeline_and_client():
    naming = [(path, command) for path, command in EVERY.items() if _names_an_order(path, command)]
    assert len(naming) > 8
    lacking = [path for path, command in naming if not {"--pipeline", "--client"} <= options_of(command)]
    assert lacking == []


def _names_an_order(path: str, command: Any) -> bool:
    arguments = {one.name for one in command.params if one.param_type_name == "argument"}
    return path.startswith("orders ") and bool(arguments & {"number", "numbers", "orders", "order"})


def written(*names: str) -> list[dict[str, str]]:
    rows = [Row(name, number, None, {}) for number, name in enumerate(names)]
    return list(csv.DictReader(io.StringIO(as_csv_text(rows, Row), newline="")))


@given(st.lists(TEXTS | TRICKY, max_size=4))
def test_csv_says_what_was_put_in_except_for_what_a_spreadsheet_would_run(names: list[str]) -> None:
    assert [row["name"] for row in written(*names)] == [harmless(name) for name in names]


@given(TEXTS | TRICKY)
def test_no_cell_is_run_by_a_spreadsheet_and_each_can_be_read_back(text: str) -> None:
    cell = harmless(text)
    first = cell.lstrip()[:1]
    assert first not in {*"=+-@＝＋－＠"} or NUMBER.fullmatch(cell) or first == ""
    back = cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
    assert back == text


@pytest.mark.parametrize("text", ["-5", "+3", "-2.50", "1e5", "-1E5", "0012", "ab=c", "", "'quoted'", "2024-03-01"])
def test_numbers_and_plain_texts_stay_as_they_are(text):
    assert harmless(text) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1 555 0100", "-", "@home", "=HYPERLINK(A1)", " =1", "\t=1", "－1", "'=1", "+3 at 0", "-1-1"]
)
def test_what_a_spreadsheet_would_run_has_an_apostrophe_before_it(text):
    assert harmless(text) == f"'{text}"


def test_moments_are_in_utc_and_what_is_nested_is_json():
    text = as_csv_text([Row("a", 1, datetime(2024, 3, 1, 12, tzinfo=UTC), {"b": 2})])
    assert text == 'name,number,at,more\na,1,2024-03-01T12:00:00+00:00,"{""b"":2}"\n'


def test_a_csv_without_rows_has_its_head():
    assert as_csv_text([], Row) == "name,number,at,more\n"
    assert as_csv_text([]) == ""


@pytest.mark.parametrize("command", ["orders list", "runs list", "catalog list", "stock list", "stock movements"])
def test_a_list_is_the_same_in_every_form(finished, command):
    words = command.split()
    as_json = finished.crossdock(*words, "--json", "--limit", "3")
    as_csv = finished.crossdock(*words, "--csv", "--limit", "3")
    assert as_json.returncode == as_csv.returncode == 0, as_json.stderr + as_csv.stderr
    rows = json.loads(as_json.stdout)
    lines = list(csv.DictReader(io.StringIO(as_csv.stdout, newline="")))
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        assert list(row) == list(line)
    both = finished.crossdock(*words, "--csv", "--json")
    assert both.returncode == 2
