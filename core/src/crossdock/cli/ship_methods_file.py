"""`crossdock ship-methods import` and `export`: the whole table at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crossdock.cli.options import CONFIG, ByOption, ConfigOption, PipelineOption, this_person
from crossdock.cli.ship_methods_open import at_work, refusal, save, saved_for, the_pipeline, weigh

if TYPE_CHECKING:
    from crossdock.engine.rules import PipelineRules
    from crossdock.mapping.method_table import Entry, Table, TableChange


def import_rules(
    file: Annotated[
        Path, typer.Argument(help="Columns: direction, site, carrier, service, to_carrier, to_service; others may be.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also remove saved rules that the file does not have, and take its order.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Save the rules of a CSV file, and put to work at once all that waits for them; show what changes.

    Every wrong row is named, and nothing is saved unless all are good. In a row `*` fits anything, and an empty site,
    carrier or service what was left unsaid. A rule that the config has already is not saved a second time; one that the
    config contradicts is a wrong row. Importing a file again changes nothing.

    \b
    Examples:
      crossdock ship-methods import methods.csv --dry-run
      crossdock ship-methods import methods.csv
      crossdock ship-methods import methods.csv --replace

    Exit codes: 0 it is saved, or would be, 2 a row is wrong.
    """
    from crossdock.cli.ship_methods_text import read_rows
    from crossdock.mapping.method_table import put, replaced

    written, rules = the_pipeline(config, pipeline)
    wanted = read_rows(file, rules.name, lambda entry: refusal(rules, entry))
    make = replaced if replace else put

    def change(table: "Table") -> "tuple[Entry, ...]":
        return make(table, wanted, rules.ship_methods)

    if dry_run:
        changed = weigh(written, rules, change)
    else:
        changed = save(written, rules, change, by or this_person(), f"imported from {file.name}")
    for line in _difference(changed.table):
        typer.echo(line)
    unchanged = len(wanted) - len(changed.table.added) - len(changed.table.changed)
    saved = " Nothing is saved." if dry_run else ""
    typer.echo(f"{_counts(changed.table, unchanged)}.{saved} {at_work(changed, dry_run)}")


def _difference(table: "TableChange") -> Iterator[str]:
    yield from (f"+ {entry} -> {entry.rule.to}" for entry in table.added)
    yield from (f"~ {new} -> {new.rule.to} (it was {old.rule.to})" for old, new in table.changed)
    yield from (f"- {entry} -> {entry.rule.to}" for entry in table.removed)
    if table.reordered:
        yield "The order in which patterns are tried changes."


def _counts(table: "TableChange", unchanged: int) -> str:
    counts = (len(table.added), len(table.changed), len(table.removed), unchanged)
    words = ("added", "changed", "removed", "unchanged")
    return ", ".join(f"{number:,} {word}" for number, word in zip(counts, words, strict=True))


def export_rules(
    form: Annotated[
        Literal["csv", "toml"], typer.Option("--format", help="csv: what import takes; toml: tables for the config.")
    ] = "csv",
    everything: Annotated[
        bool, typer.Option("--all", help="Also the rules of the config, before the saved ones.")
    ] = False,
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Print the rules that people saved, as a CSV file or as tables for the config.

    TOML is added to the config as it is. A config that writes its rules in brackets (`inbound = [...]`) cannot be added
    to: take --all and put the tables in their place. What was saved may stay then, since both say the same; it goes
    with `crossdock ship-methods import --replace` of a file that has nothing but its head.

    \b
    Examples:
      crossdock ship-methods export > methods.csv
      crossdock ship-methods export --all > methods.csv
      crossdock ship-methods export --format toml --all

    Exit codes: 0 it is printed, 2 config and saved rules disagree, so that they are no one table.
    """
    from crossdock.cli.ship_methods_text import as_rows, as_tables

    written, rules = the_pipeline(config, pipeline)
    table = [one.entry for one in saved_for(written, [rules.name])]
    if everything:
        table = _whole(rules, table)
    typer.echo(as_rows(table) if form == "csv" else as_tables(rules.name, table), nl=False)


def _whole(rules: "PipelineRules", saved: "Table") -> "list[Entry]":
    """The rules of the config, then those that only people saved; raises a sentence where the two disagree."""
    from crossdock.hooks.errors import NeedsConfig
    from crossdock.mapping.method_table import put, written_table

    if wrong := [refusal(rules, entry) for entry in saved if refusal(rules, entry)]:
        raise NeedsConfig("\n".join(["Config and saved rules disagree; settle that first:", *wrong]))
    return list(put(written_table(rules.ship_methods), saved, rules.ship_methods))
