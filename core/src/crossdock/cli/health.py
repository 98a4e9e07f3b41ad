"""`crossdock health`: how crossdock itself is, for monitors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from crossdock.config import Every
    from crossdock.runtime.health import Health


def health(
    alive: Annotated[bool, typer.Option("--alive", help="Only whether services are run at all.")] = False,
    within: Annotated[
        str | None, typer.Option(help="How late any service may be, such as 30m; by default, some of its intervals.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Say how crossdock itself is: whether its services are run and succeed, what is paused, how many problems wait.

    For cron, Kubernetes and other monitors: a crossdock that is dead cannot send an alert. A service is unwell when it
    has not succeeded for as many of its intervals as `alerts.silence` says, or 5. Open problems do not count. Where
    `crossdock run --once` is called by a timer, name the timer's own interval and some more with --within. A probe that
    restarts crossdock takes --alive: no restart cures a refused password.

    \b
    Examples:
      crossdock health
      crossdock health --json
      crossdock health --alive
      crossdock health --within 30m

    Exit codes: 0 all is well, 1 something is not, 2 it could not be found out.
    """
    from crossdock.cli.screen import as_json_text

    found = _look(config, _interval(within) if within else None)
    if as_json:
        typer.echo(as_json_text(found))
    else:
        _print(found)
    raise typer.Exit(0 if (found.alive if alive else found.well) else 1)


def _interval(text: str) -> "Every":
    from crossdock.config import Every, parse_schedule

    try:
        parsed = parse_schedule(text)
    except ValueError:
        parsed = None
    if isinstance(parsed, Every):
        return parsed
    raise typer.BadParameter('an interval such as "30m" or "2h"', param_hint="--within")


def _look(config: Path, within: "Every | None") -> "Health":
    import asyncio

    from crossdock.config import load_config, store_url
    from crossdock.hooks.errors import CrossdockError
    from crossdock.runtime.health import health_of, unreachable
    from crossdock.runtime.host import open_host
    from crossdock.store import StoreUnavailable
    from crossdock.store.look import describe_database

    written = load_config(config)

    async def look(database: str) -> "Health":
        async with open_host(written, quiet=True) as host:
            return await health_of(host, database=database, within=within)

    try:
        database = describe_database(store_url(written))
        if database.startswith("the first run"):
            return unreachable(f"crossdock has never run here: {database}")
        return asyncio.run(look(database))
    except (StoreUnavailable, CrossdockError) as error:
        return unreachable(str(error))


def _print(found: "Health") -> None:
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_console, open_table

    console = open_console()
    table = open_table("pipeline", "service", "began (UTC)", "succeeded (UTC)", "failures", "", right=("failures",))
    for one in found.services:
        state = "[red]silent[/]" if one.wrong else "paused" if one.paused else ""
        began, succeeded = day_and_minute(one.last_begin), day_and_minute(one.last_success)
        table.add_row(one.pipeline, one.service, began, succeeded, f"{one.failures_in_a_row:,}", state)
    if found.services:
        console.print(table)
        console.print(f"store: {escape(found.database)}")
        console.print(f"open problems: {found.open_problems:,}")
    for line in found.wrong:
        console.print(f"[red]{escape(line)}[/]")
    if found.well:
        console.print("[green]All is well.[/]")
