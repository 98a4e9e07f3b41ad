"""The command line: one small module a command; a command imports what it needs when it runs."""

import sys
from typing import Annotated

import typer

from crossdock.cli import (
    alerts,
    areas,
    audit,
    bundles,
    campaign,
    carriers,
    catalog,
    check,
    clients,
    connect,
    demo,
    health,
    labels,
    mapping,
    mapping_laws,
    new_plugin,
    orders,
    parcels,
    plugins,
    preview,
    problems,
    receipts,
    reconcile,
    run,
    runs,
    sandbox,
    services,
    ship_methods,
    stock,
)

app = typer.Typer(
    name="crossdock",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # drawing the help with rich costs more than everything else that --help does
    pretty_exceptions_enable=False,
    epilog="New here? `crossdock demo` shows the whole road with three simulated systems, without any account.",
)

app.command("demo", short_help="Show the whole road with three simulated systems.")(demo.demo)
app.command("connect", short_help="Get the credentials of a new connection, and try them.")(connect.connect)
app.command("check", short_help="Name every mistake in the config at once.")(check.check)
app.command("preview", short_help="Show what would be sent; nothing is.")(preview.preview)
app.command("run", short_help="Do the work: once, or by the schedule.")(run.run)
app.add_typer(orders.app, name="orders")
app.add_typer(parcels.app, name="parcels")
app.add_typer(stock.app, name="stock")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(areas.app, name="areas")
app.add_typer(catalog.app, name="catalog")
app.add_typer(receipts.app, name="receipts")
app.add_typer(labels.app, name="labels")
app.add_typer(bundles.app, name="bundles")
app.add_typer(mapping.app, name="mapping")
app.command("test-mappings", short_help="Put every pipeline's rules to the laws of mappings.")(
    mapping_laws.try_mappings
)
app.add_typer(ship_methods.app, name="ship-methods")
app.add_typer(carriers.app, name="carriers")
app.add_typer(problems.app, name="problems")
app.add_typer(alerts.app, name="alerts")
app.command("health", short_help="Say how crossdock itself is, for monitors.")(health.health)
app.add_typer(services.app, name="services")
app.add_typer(runs.app, name="runs")
app.add_typer(audit.app, name="audit")
app.add_typer(clients.app, name="clients")
app.add_typer(plugins.app, name="plugins")
app.command("new-plugin", short_help="Write a plugin to begin with.")(new_plugin.new_plugin)
app.command("campaign", short_help="Play a pipeline against simulators, with faults and kills.")(campaign.campaign)
app.command("sandbox", short_help="Serve the simulator of one remote system.")(sandbox.sandbox)


def _show_version(wanted: bool) -> None:
    if wanted:
        from crossdock import __version__

        typer.echo(f"crossdock {__version__}")
        raise typer.Exit


@app.callback()
def _entrance(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Connect any cart or marketplace hub to any warehouse, through one config file."""


def main() -> None:
    """Run a command; what goes wrong ends as a sentence and an exit code, never as a traceback."""
    try:
        app()
    except Exception as error:
        from crossdock.cli.failure import explain

        sys.exit(explain(error))
