"""`crossdock mapping`: how the fields of the warehouse's orders are made, explained and tried."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ClientOption, ConfigOption, JsonOption, OfPipelineOption, ask_store, chosen

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.config import Config
    from crossdock.engine.field_trial import Coverage
    from crossdock.runtime.mapping_trial import ExplainedOrder, Trial

app = typer.Typer(no_args_is_help=True, help="How the warehouse's orders are made from the cart's.")

LastOption = Annotated[int, typer.Option(help="How many of the newest orders.", min=1, max=10_000)]


@app.command(short_help="Say of each field of an order where its value comes from.")
def explain(
    number: Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")],
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Say of each field of what the warehouse is asked where its value comes from, by the config as it is now.

    A rule of `[pipelines.NAME.fields]`, its default, or as the cart gave it; and everything that would hold the order.

    \b
    Examples:
      crossdock mapping explain 113-0082699-0001126
      crossdock mapping explain 555000126 --json

    Exit codes: 0 explained, 2 no such order, or a mistake in the config.
    """
    from dataclasses import asdict

    from rich.markup import escape

    from crossdock.cli.screen import as_json_text, open_console
    from crossdock.runtime.mapping_trial import explain_order

    written = _written(config)
    found = ask_store(config, None, lambda store: explain_order(written, store, number))
    if as_json:
        typer.echo(as_json_text([asdict(order) for order in found]))
        return
    console = open_console()
    for order in found:
        console.print(f"[bold]Order {escape(order.number)}[/] of pipeline {order.pipeline}")
        console.print(_explained(order))


@app.command(name="coverage", short_help="Say which fields no rule uses, and which rules give nothing.")
def show_coverage(
    last: LastOption = 200,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Say what the rules for fields leave untouched in the newest stored orders.

    Fields of the warehouse's order without a rule; fields of the cart's orders that hold something and go nowhere;
    rules that gave no order a value.

    \b
    Examples:
      crossdock mapping coverage
      crossdock mapping coverage --last 1000 --pipeline main --json

    Exit codes: 0 shown, 2 a mistake in the config.
    """
    from dataclasses import asdict

    from crossdock.cli.screen import as_json_text
    from crossdock.runtime.mapping_trial import coverage_of

    written = _written(config)
    names = _pipelines(written, config, pipeline, client)
    found = ask_store(config, None, lambda store: coverage_of(written, store, names, last))
    if as_json:
        typer.echo(as_json_text([{"pipeline": name, **asdict(one)} for name, one in found.items()]))
        return
    for name, one in found.items():
        typer.echo("\n".join(_covered(name, one)))


@app.command(name="try", short_help="Try the rules on stored orders, and show what would differ.")
def try_mapping(
    last: LastOption = 100,
    before: Annotated[
        Path | None,
        typer.Option(help="Compare with the rules of this config, instead of what was sent.", exists=True),
    ] = None,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Try the config's rules for fields on the newest stored orders; nothing is sent, nothing is stored.

    Shows only what differs from what was sent for them (with --before: from the rules of another config), and every
    field that would hold an order.

    \b
    Examples:
      crossdock mapping try
      crossdock mapping try --last 500 --before old.toml

    Exit codes: 0 nothing would be held, 1 something would, 2 a mistake in the config.
    """
    from dataclasses import asdict

    from crossdock.cli.screen import as_json_text
    from crossdock.runtime.mapping_trial import try_rules

    written, other = _written(config), _written(before) if before else None
    names = _pipelines(written, config, pipeline, client)
    trials = ask_store(config, None, lambda store: try_rules(written, store, names, last, other))
    if as_json:
        typer.echo(as_json_text([{**asdict(trial), "counts": _counts(trial)} for trial in trials]))
    else:
        for trial in trials:
            _tell(trial, "by the rules before" if other else "as sent")
    raise typer.Exit(int(any(order.flaws for trial in trials for order in trial.orders)))


def _written(file: Path) -> "Config":
    """A config whose pipelines are without a mistake; what is wrong with a connection keeps no rule from a trial."""
    from crossdock.config import ConfigMistakes, survey_config

    written, mistakes = survey_config(file)
    if wrong := [one for one in mistakes if not one.key or one.key.startswith(("store", "pipelines"))]:
        raise ConfigMistakes(wrong)
    return written


def _pipelines(written: "Config", config: Path, pipeline: str | None, client: str | None) -> list[str]:
    """The pipelines that carry orders and are meant."""
    from crossdock.hooks.errors import NeedsConfig

    meant = chosen(config, pipeline, client)
    carrying = [name for name, one in written.pipelines.items() if one.order_source]
    names = [name for name in carrying if meant is None or name in meant]
    if not names:
        raise NeedsConfig(f"no such pipeline of {written.file} carries orders; those that do: {', '.join(carrying)}")
    return names


def _explained(order: "ExplainedOrder") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("centre", "field", "value", "where from", "what is wrong")
    for one in order.fields:
        told = map(escape, (one.distribution_center, one.target, one.value, one.because))
        table.add_row(*told, f"[red]{escape(one.flaw)}[/]" if one.flaw else "")
    return table


def _covered(name: str, found: "Coverage") -> Iterator[str]:
    yield f"Pipeline {name}, its newest {found.orders:,} orders"
    yield f"  fields of the warehouse's order without a rule: {', '.join(found.without_rule) or 'none'}"
    yield f"  rules that gave no order a value: {', '.join(found.silent) or 'none'}"
    yield f"  fields of the cart's orders that go nowhere:{'' if found.unused else ' none'}"
    yield from (f"    {path} (in {times:,} orders)" for path, times in found.unused.items())


def _tell(trial: "Trial", before: str) -> None:
    from crossdock.cli.screen import counted, open_console

    console = open_console()
    console.print(f"[bold]Pipeline {trial.pipeline}[/]: {counted(_counts(trial))}")
    if any(order.changes for order in trial.orders):
        console.print(_changed(trial, before))
    if any(order.flaws for order in trial.orders):
        console.print(_flawed(trial))


def _counts(trial: "Trial") -> dict[str, int]:
    orders = trial.orders
    return {
        "orders tried": len(orders),
        "different": sum(bool(order.changes) for order in orders),
        "as before": sum(order.compared and not order.changes for order in orders),
        "not sent yet": sum(not order.compared for order in orders),
        "would be held": sum(bool(order.flaws) for order in orders),
    }


def _changed(trial: "Trial", before: str) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("order", "centre", "field", before, "now")
    for order in trial.orders:
        for one in order.changes:
            table.add_row(*map(escape, (order.number, one.distribution_center, one.target, one.before, one.now)))
    return table


def _flawed(trial: "Trial") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("order", "state", "why it would be held")
    for order in trial.orders:
        for why in order.flaws.values():
            table.add_row(escape(order.number), order.state, escape(why))
    return table
