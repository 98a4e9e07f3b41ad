"""`crossdock test-mappings`: every pipeline's rules put to the laws of mappings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ClientOption,
    ConfigOption,
    CsvOption,
    JsonOption,
    OfPipelineOption,
    chosen,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.testing.mapping import Trial, Verdict
    from crossdock.testing.mapping.report import RuleRow, Unnoticed

NEEDED = "the laws need the extra `testing`: pip install 'crossdock[testing]'"


@dataclass(frozen=True, slots=True)
class LawRow:
    """What came of one law for one pipeline; `saved` is the file that its counterexample was written to."""

    pipeline: str
    law: str
    holds: bool
    sentence: str
    counterexample: str
    found: str
    known: str
    saved: str


def try_mappings(
    only: Annotated[str, typer.Option("--law", help="Only laws with this in their id.")] = "",
    rules: Annotated[
        bool, typer.Option("--rules", help="Show instead who would notice if a rule were taken out, or changed.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Also write all of it to this HTML file.")] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Keep each counterexample beside the config; it is tried first from now on.")
    ] = False,
    pin: Annotated[
        bool, typer.Option("--pin", help="Keep an example of what comes out now for each rule that no law would miss.")
    ] = False,
    drawn: Annotated[int, typer.Option(help="How many orders, codes and so on are drawn.", min=0, max=100_000)] = 30,
    seed: Annotated[int, typer.Option(help="Where drawing begins: the same seed tries the same.")] = 1,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Put every pipeline's rules to the laws of mappings; needs no network, no database and no secret.

    Each law is tried with the examples that were saved, then with what each rule names, then with what is drawn around
    it. The smallest thing that breaks a law is shown as an order, a code or a rule, with what was expected.

    \b
    Examples:
      crossdock test-mappings
      crossdock test-mappings --pipeline main --drawn 2000 --seed 7
      crossdock test-mappings --rules --report mappings.html
      crossdock test-mappings --save

    Exit codes: 0 all laws hold, 1 one is broken, 2 a mistake in the config or in an example.
    """
    from crossdock.cli.listing import show
    from crossdock.cli.written import require_writable

    require_writable(report)
    trials = _trials(config, pipeline, client, drawn, seed)  # says what is missing where the extra is not installed
    from crossdock.testing.mapping.report import RuleRow, report_of

    verdicts = [verdict for trial in trials for verdict in trial.verdicts(only)]
    rows = [_as_row(one, config, save=save) for one in verdicts]
    changed = [found for trial in trials for found in report_of(trial)] if rules or report or pin else []
    if rules:
        told: Sequence[RuleRow] = [row for row, _ in changed]
        show(told, lambda: _rules_table(told), empty="No rules.", as_json=as_json, as_csv=as_csv, kind=RuleRow)
    else:
        show(rows, lambda: _laws_table(rows), empty="No laws.", as_json=as_json, as_csv=as_csv, kind=LawRow)
    if not (as_json or as_csv):
        typer.echo("\n".join(_summed_up(rows, changed)))
    if pin:
        _pin(changed, config, quiet=as_json or as_csv)
    if report:
        _write(report, rows, [row for row, _ in changed])
    raise typer.Exit(int(not all(row.holds for row in rows)))


def _trials(config: Path, pipeline: str | None, client: str | None, drawn: int, seed: int) -> "list[Trial]":
    from crossdock.hooks.errors import NeedsConfig

    try:
        from hypothesis.configuration import set_hypothesis_home_dir

        from crossdock.testing.mapping import Trial, subjects_of
    except ModuleNotFoundError as error:
        raise NeedsConfig(NEEDED) from error
    set_hypothesis_home_dir(Path(gettempdir()) / "crossdock-hypothesis")  # its memory has no place here
    subjects = subjects_of(config, chosen(config, pipeline, client))
    if not subjects:
        raise NeedsConfig(f"{config} has no pipeline that runs, so that there is nothing to test")
    return [Trial(one, drawn=drawn, starting_at=seed) for one in subjects]


def _as_row(verdict: "Verdict", config: Path, *, save: bool) -> LawRow:
    from crossdock.testing.mapping.examples import save as keep
    from crossdock.testing.mapping.kinds import RULE

    breach = verdict.breach
    worth_it = save and breach and not verdict.holds and breach.example.kind is not RULE
    saved = str(keep(breach.example, config)) if worth_it and breach else ""
    said, found = (breach.said, breach.found) if breach else ("", "")
    if breach is None and not verdict.holds:
        found = "it holds, and known.toml says that it is broken: take it out there"
    return LawRow(verdict.pipeline, verdict.law, verdict.holds, verdict.sentence, said, found, verdict.known, saved)


def _laws_table(rows: Sequence[LawRow]) -> "Table":
    """What is broken, and what is known to be; where nothing is, one line a pipeline."""
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("pipeline", "law", "", "tried with", "found", sentences=True)
    for row in rows:
        if row.found:
            mark = "[yellow]known[/]" if row.holds else "[red]broken[/]"
            told = f"{row.found} ({row.known})" if row.known and row.holds else row.found
            table.add_row(escape(row.pipeline), row.law, mark, escape(row.counterexample), escape(told))
    for name in dict.fromkeys(row.pipeline for row in rows):
        held = sum(not row.found for row in rows if row.pipeline == name)
        table.add_row(escape(name), f"{held} laws", "[green]hold[/]", "", "")
    return table


def _rules_table(rows: "Sequence[RuleRow]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("pipeline", "rule", "says", "reached", "changed", "who notices", right=("reached",))
    for row in rows:
        by = row.noticed_by or "[yellow]nobody[/]"
        reached = f"{row.reached:,}" if row.reached else "[red]never[/]"
        table.add_row(escape(row.pipeline), escape(row.rule), escape(row.says), reached, row.change, by)
    return table


def _summed_up(rows: Sequence[LawRow], changed: "Sequence[tuple[RuleRow, Unnoticed | None]]") -> Iterator[str]:
    broken = [row for row in rows if not row.holds]
    yield f"{len(rows) - len(broken):,} laws hold, {len(broken):,} broken"
    yield from (f"  saved as {row.saved}" for row in broken if row.saved)
    if changed:
        missed = [row for row, _ in changed if not row.noticed_by]
        never = dict.fromkeys(row.rule for row, _ in changed if not row.reached)
        yield f"{len(changed) - len(missed):,} of {len(changed):,} changes of rules are noticed"
        yield from ([f"never reached: {', '.join(never)}"] if never else [])
        can = sum(bool(row.pin) for row in missed)
        yield from ([f"--pin keeps examples that notice {can:,} more"] if can else [])


def _pin(changed: "Sequence[tuple[RuleRow, Unnoticed | None]]", config: Path, *, quiet: bool) -> None:
    """Keep an example for every change that nobody noticed."""
    from crossdock.testing.mapping.examples import folder_of, save
    from crossdock.testing.mapping.report import pins

    kept = [save(one, config) for one in pins(changed)]
    if not quiet:
        typer.echo(f"{len(kept):,} examples kept in {folder_of(config)}; look at them: they say what comes out now")


def _write(file: Path, rows: Sequence[LawRow], changed: "Sequence[RuleRow]") -> None:
    from datetime import UTC, datetime

    from crossdock.cli.mapping_page import page
    from crossdock.cli.written import write

    write(file, page(rows, changed, datetime.now(UTC)))
