"""`crossdock check`: every mistake at once, before anything runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from crossdock.config import Config, Mistake
    from crossdock.registry import Registry


def check(
    config: ConfigOption = CONFIG,
    connect: Annotated[bool, typer.Option("--connect", help="Also log in to every connection.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the config's JSON Schema, for editors.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Name every mistake in the config at once, and with --connect try every connection.

    For each mistake: the file, the key, what was found, what is allowed, the nearest valid name and what to do.
    Nothing is written, neither here nor at the other end.

    \b
    Examples:
      crossdock check
      crossdock check --connect --config /etc/crossdock/crossdock.toml
      crossdock check --json
      crossdock check --schema > crossdock.schema.json

    Exit codes: 0 all is well, 1 something was found.
    """
    from crossdock.cli.check_json import check_as_data
    from crossdock.cli.screen import Silent, as_json_text, open_console
    from crossdock.config import survey_config, survey_connections
    from crossdock.registry import load_plugins

    written, mistakes = survey_config(config)
    registry = load_plugins(written.plugin_names, log=Silent())
    if schema:
        _print_schema(registry)
        return
    _, more = survey_connections(written, registry)
    found = (*mistakes, *more, *_misplaced_fields(written), *_disagreeing(written, mistakes))
    if as_json:
        data = check_as_data(written, registry, found, connect=connect)
        typer.echo(as_json_text(data))
        raise typer.Exit(0 if data["well"] else 1)
    console = open_console()
    well = _report(console, written, registry, found)
    if connect and written.connections:
        well = _try_connections(console, written) and well
    raise typer.Exit(0 if well else 1)


def _misplaced_fields(written: "Config") -> "Sequence[Mistake]":
    """The fields that the operator's rules fill and a warehouse has not got; its plugin says it without a network."""
    import asyncio

    from crossdock.runtime.order_fields import field_mistakes

    return asyncio.run(field_mistakes(written))


def _disagreeing(written: "Config", mistakes: "Sequence[Mistake]") -> "Sequence[Mistake]":
    """The ship methods for which the config and what people saved have two answers, if the database can be read."""
    from crossdock.hooks.errors import CrossdockError
    from crossdock.runtime.saved_methods import disagreements

    if any(one.key.startswith("store") for one in mistakes):
        return ()
    try:
        return disagreements(written)
    except CrossdockError:  # the store's own line says it
        return ()


def _print_schema(registry: "Registry") -> None:
    import json

    from crossdock.config import config_schema

    typer.echo(json.dumps(config_schema(registry.connectors), indent=2))


def _report(console: "Console", config: "Config", registry: "Registry", mistakes: "tuple[Mistake, ...]") -> bool:
    """Say what was found without a network; whether all is well."""
    from rich.markup import escape

    from crossdock.cli.failure import mistakes_text

    if mistakes:
        typer.echo(mistakes_text(mistakes), err=True)
    for name, failure in registry.quarantined.items():
        console.print(f"[red]plugin {name} cannot be used[/]: {escape(str(failure))}")
    reached = _report_store(console, config) if not mistakes else True
    if not mistakes and not registry.quarantined:
        counts = f"connections: {len(config.connections)}, pipelines: {len(config.pipelines)}"
        console.print(f"[green]{escape(str(config.file))} has no mistake[/] ({counts})")
    return not mistakes and not registry.quarantined and reached


def _report_store(console: "Console", config: "Config") -> bool:
    from rich.markup import escape

    from crossdock.config import store_url
    from crossdock.hooks.errors import CrossdockError
    from crossdock.store.look import describe_database

    try:
        console.print(f"store: {escape(describe_database(store_url(config)))}")
    except CrossdockError as error:
        console.print(f"[red]store: {escape(str(error))}[/]")
        return False
    return True


def _try_connections(console: "Console", config: "Config") -> bool:
    """Log in everywhere; whether every connection answered."""
    import asyncio

    from rich.markup import escape

    from crossdock.runtime.connect import try_connections

    well = True
    for answer in asyncio.run(try_connections(config)):
        mark = "[red]failed[/]" if answer.failed else "[green]ok[/]    "
        console.print(f"{mark} {escape(answer.connection)}")
        for line in answer.lines:
            console.print(f"       {escape(line)}")
        well = well and not answer.failed
    return well
