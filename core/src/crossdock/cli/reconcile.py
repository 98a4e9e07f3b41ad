"""`crossdock reconcile`: what the warehouse has against what the cart offers, and why both differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli import reconcile_repair
from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    CsvOption,
    DatabaseOption,
    JsonOption,
    OfPipelineOption,
    ask_host,
    ask_store,
    chosen,
    this_person,
)
from crossdock.cli.reconcile_options import CausesOption, ReportArgument, SkusOption, causes_named

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.cli.reconcile_lines import Sheet
    from crossdock.engine.report import Cause
    from crossdock.store import CrossdockStore
    from crossdock.store.reconciliations import ReportView

app = typer.Typer(invoke_without_command=True, short_help="What the warehouse has against what the cart offers.")

HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Also write the report as a page: one file that needs nothing else.")
]
FAILED = 2
LimitOption = Annotated[
    int, typer.Option(help="How many differences the table shows; CSV, JSON and the page have all.", min=1)
]


@dataclass(frozen=True)
class Wish:
    """What a person wants to see of reports, and how."""

    causes: "Sequence[Cause]"
    skus: Sequence[str]
    html: Path | None
    limit: int
    as_json: bool
    as_csv: bool


@app.callback()
def reconcile(
    context: typer.Context,
    cause: CausesOption = None,
    sku: SkusOption = None,
    html: HtmlOption = None,
    limit: LimitOption = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    by: ByOption = "",
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Compare what the warehouse has with what the cart offers, now: what differs, by how much, and why.

    What the warehouse has told of its work is taken in, both ends are read, and what is on its way between them is
    counted in. Nothing is told to the cart. The report is kept; it may be made while another crossdock runs. Every
    night the service `reconcile` makes one by itself.

    \b
    Examples:
      crossdock reconcile
      crossdock reconcile --html stock.html
      crossdock reconcile --sku TEE-RED-M --json
      crossdock reconcile list
      crossdock reconcile repair --cause manual_change

    Exit codes: 0 both ends agree, 1 something that is shown differs, 2 an end could not be read.
    """
    if context.invoked_subcommand:
        _refuse_options(context)
        return
    wish = Wish(causes_named(cause), sku or (), html, limit, as_json, as_csv)
    pipelines, who = chosen(config, pipeline, client), by or this_person()
    from crossdock.cli.reconcile_sheets import compare_now

    sheets, failed = ask_host(config, lambda host: compare_now(host, pipelines, who))
    for why in failed:
        typer.secho(why, fg="red", err=True)
    code = _show(sheets, wish) if sheets else FAILED
    raise typer.Exit(FAILED if failed else code)


def _refuse_options(context: typer.Context) -> None:
    """What stands before the name of a command would be of no effect: say where it belongs."""
    given = [name for name in context.params if "COMMANDLINE" in str(context.get_parameter_source(name))]
    if given:
        raise typer.BadParameter(f"put the options behind `reconcile {context.invoked_subcommand}`")


@app.command("list", short_help="List the reports, and how many differences each found.")
def list_all(
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List the reports that were made, the newest first: when, for whom, and how many differences each found.

    \b
    Examples:
      crossdock reconcile list
      crossdock reconcile list --client acme --csv
    """
    from crossdock.cli.listing import show as show_rows
    from crossdock.store.reconciliations import ReportView, list_reports

    pipelines = chosen(config, pipeline, client)

    async def work(store: "CrossdockStore") -> "Sequence[ReportView]":
        return await store.read(list_reports, pipelines=pipelines, limit=limit)

    found = ask_store(config, database, work)
    show_rows(
        found,
        lambda: _listed(found),
        empty="No report was made yet; `crossdock reconcile` makes one.",
        as_json=as_json,
        as_csv=as_csv,
        kind=ReportView,
        limit=limit,
        first="newest",
    )


@app.command(short_help="Show a report: the newest of each pipeline, or one by its number.")
def show(
    report: ReportArgument = None,
    cause: CausesOption = None,
    sku: SkusOption = None,
    html: HtmlOption = None,
    limit: LimitOption = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Show a report again: by its number in the list, else the newest one of each pipeline.

    \b
    Examples:
      crossdock reconcile show
      crossdock reconcile show 17 --cause in_doubt --cause unsent
      crossdock reconcile show 17 --html stock.html

    Exit codes: 0 both ends agree, 1 something that is shown differs, 2 there is no such report.
    """
    wish = Wish(causes_named(cause), sku or (), html, limit, as_json, as_csv)
    pipelines = chosen(config, pipeline, client)
    from crossdock.cli.reconcile_sheets import sheets_of

    raise typer.Exit(_show(ask_store(config, database, lambda store: sheets_of(store, pipelines, report)), wish))


def _show(sheets: "Sequence[Sheet]", wish: Wish) -> int:
    """Print what is wanted of these reports; gives the exit code that tells whether something differs."""
    from datetime import UTC, datetime

    from crossdock.cli.reconcile_lines import narrowed

    if wish.as_json and wish.as_csv:
        raise typer.BadParameter("either --json or --csv")
    shown = [narrowed(sheet, wish.causes, wish.skus) for sheet in sheets]
    _print(shown, wish)
    if wish.html:
        from crossdock.cli.reconcile_page import page

        _write(wish.html, page(shown, datetime.now(UTC)))
    return 1 if any(one.error or one.report.discrepancies for one in shown) else 0


def _print(sheets: "Sequence[Sheet]", wish: Wish) -> None:
    from crossdock.cli.listing import as_csv_text
    from crossdock.cli.reconcile_lines import DifferenceLine, as_data, lines_of
    from crossdock.cli.screen import as_json_text

    if wish.as_json:
        typer.echo(as_json_text([as_data(sheet) for sheet in sheets]))
    elif wish.as_csv:
        rows = [line for sheet in sheets for line in lines_of(sheet)]
        typer.echo(as_csv_text(rows, DifferenceLine), nl=False)
    else:
        for sheet in sheets:
            _print_sheet(sheet, wish.limit)


def _print_sheet(sheet: "Sheet", limit: int) -> None:
    from crossdock.cli.reconcile_lines import cause_table, difference_table, headline, verdict
    from crossdock.cli.screen import open_console

    console, found = open_console(), sheet.report.discrepancies
    console.print(headline(sheet), markup=False, style="bold")
    console.print(verdict(sheet), markup=False, style="red" if sheet.differing or sheet.error else "green")
    if not found:
        return
    console.print(cause_table(found))
    console.print(difference_table(sheet, limit))
    if len(found) > limit:
        console.print(f"[dim]The largest {limit:,} of {len(found):,}; --limit shows more.[/]")
    if any((one.sku, one.center) not in sheet.repaired for one in found):
        command = f"crossdock reconcile repair {sheet.id} --all"
        console.print(f"[dim]`{command}` shows what can be corrected; with --yes it is.[/]")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        why = f"the page cannot be written: {error}; the report is kept, `crossdock reconcile show --html` writes it"
        raise typer.BadParameter(why, param_hint="--html") from error
    typer.echo(f"Written: {file}", err=True)


def _listed(found: "Sequence[ReportView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    right = ("report", "compared", "on the way", "differing")
    table = open_table(
        "report", "began (UTC)", "pipeline", "asked by", *right[1:], "why not", right=right, sentences=True
    )
    for one in found:
        table.add_row(
            str(one.id),
            day_and_minute(one.began_at),
            *map(escape, (one.pipeline, one.asked_by)),
            *(f"{number:,}" for number in (one.compared, one.on_the_way, one.differing)),
            f"[red]{escape(one.error)}[/]",
        )
    return table


app.command("repair", short_help="Tell the cart what it should have, where you choose.")(reconcile_repair.repair)
