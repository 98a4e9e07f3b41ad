"""Rules as text: what is exported is what is imported, whatever the words."""

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.cli.ship_methods_text import as_rows, as_tables, read_rows
from crossdock.config import Pipeline
from crossdock.mapping import Asked, Direction, ShipMethod, ShipMethodRule, ShipMethods
from crossdock.mapping.method_table import Entry, by_direction, compare, put, replaced
from crossdock.runtime.rules import rules_of

ROUNDS = settings(deadline=None, print_blob=True)
NOTHING = {one: ShipMethods() for one in Direction}

characters = st.characters(codec="utf-8", exclude_characters="\0")
odd = st.sampled_from(
    ("", "*", "'+1", "=1+1", "-", "+5", "a,b", 'say "x"', " x ", "line\nbreak", "\r", "\x7f", "\ufeff")
)
words = st.one_of(odd, st.text(characters, max_size=6))
methods = st.builds(ShipMethod, carrier=words, service=words).filter(lambda to: to.carrier or to.service)
rules = st.builds(ShipMethodRule, to=methods, site=words, carrier=words, service=words)
entries = st.builds(Entry, direction=st.sampled_from(Direction), rule=rules)
tables = st.lists(entries, max_size=5, unique_by=lambda entry: entry.key)


@ROUNDS
@given(tables)
def test_importing_what_was_exported_changes_nothing(table: list[Entry]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "methods.csv"
        file.write_bytes(as_rows(table).encode())
        wanted = read_rows(file, "main", lambda entry: "")

    assert wanted == table
    for make in (put, replaced):
        assert not compare(table, make(table, wanted, NOTHING))
        assert not compare(table, make((), wanted, NOTHING))


@ROUNDS
@given(tables, st.builds(Asked, carrier=words, service=words, site=words))
def test_rules_as_config_answer_as_the_saved_ones_did(table: list[Entry], asked: Asked) -> None:
    text = as_tables("main", table)
    written = tomllib.loads(text)["pipelines"]["main"] if text else {}
    ends = {"order_source": "cart", "fulfillment_target": "warehouse"}
    config = rules_of("main", Pipeline.model_validate(ends | written))

    for direction, saved in by_direction(table).items():
        chosen, then = config.ship_methods[direction].choose(asked), ShipMethods(saved=saved).choose(asked)
        assert (chosen and chosen.method) == (then and then.method)
