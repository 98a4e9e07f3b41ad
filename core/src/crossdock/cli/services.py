"""`crossdock services`: what runs when, how it fares, and pausing, resuming and running it by hand."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    CsvOption,
    JsonOption,
    OfPipelineOption,
    ask_host,
    ask_store,
    chosen,
    this_person,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.runtime.host import Host
    from crossdock.runtime.services import Key, ServiceView
    from crossdock.store import CrossdockStore

app = typer.Typer(no_args_is_help=True, help="What runs when, and how it fares; pause, resume, run one.")

ServicesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="SERVICE", help="Services, such as release or 'order release'.")
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Every service that is not named otherwise, in every pipeline that is not.")
]
STATES = {"on": "green", "off": "dim", "paused": "yellow", "waiting": "red", "closed": "red", "cannot": "dim"}


@app.command("list", short_help="List the services, when they run and how they fare.")
def list_services(
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """List every service of every pipeline: how often it runs, when it last did well, when it runs next.

    \b
    on       it runs by its interval
    off      the config switches it off
    paused   a person has paused it; `crossdock services resume` lets it run
    waiting  its connection is paused, until a person corrects the credentials
    closed   its pipeline could not be opened
    cannot   its connection has no way to do that

    \b
    Examples:
      crossdock services list
      crossdock services list --client acme --json

    Exit codes: 0 all is well, 1 a service failed in its last run, waits for its connection, or is closed.
    """
    from crossdock.cli.listing import show
    from crossdock.runtime.services import ServiceView, services_of

    found = ask_host(config, lambda host: services_of(host, chosen(config, pipeline, client)))
    empty = "No pipeline like that has a service."
    show(found, lambda: _listed(found), empty=empty, as_json=as_json, as_csv=as_csv, kind=ServiceView)
    raise typer.Exit(1 if any(_is_ill(one) for one in found) else 0)


def _is_ill(one: "ServiceView") -> bool:
    return bool(one.last_error) or one.state in ("waiting", "closed")


def _listed(found: "Sequence[ServiceView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    several = len({one.pipeline for one in found}) > 1
    columns = (
        "service",
        "what it is",
        "every",
        "state",
        "last success (UTC)",
        "next run (UTC)",
        "last run, or why not",
    )
    table = open_table(*(("pipeline",) if several else ()), *columns, sentences=True)
    for one in found:
        names = (one.pipeline, one.service) if several else (one.service,)
        state = "running" if one.running_since else one.state
        table.add_row(
            *map(escape, (*names, one.title, one.every)),
            f"[{STATES.get(state, 'cyan')}]{state}[/]",
            day_and_minute(one.last_success) or "never",
            _next(one),
            escape(_why(one)),
        )
    return table


def _next(one: "ServiceView") -> str:
    from crossdock.cli.screen import day_and_minute

    if one.next_run is None or one.next_run > datetime.now(UTC):
        return day_and_minute(one.next_run)
    return f"due since {day_and_minute(one.next_run)}"


def _why(one: "ServiceView") -> str:
    from crossdock.cli.screen import counted

    if one.why or not one.last_error:
        return one.why or counted(one.counts)
    return one.last_error if one.fails == 1 else f"{one.fails} failures in a row: {one.last_error}"


@app.command(short_help="Have services rest until they are resumed.")
def pause(
    services: ServicesArgument = None,
    everything: AllOption = False,
    reason: Annotated[str, typer.Option(help="Why, for whoever sees that it rests.")] = "",
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    by: ByOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Have services rest, through restarts too, until a person resumes them.

    What runs at this moment finishes its work. What a paused service would have done waits, and nothing of it is lost.

    \b
    Examples:
      crossdock services pause release --reason "stock count until noon"
      crossdock services pause download collect --pipeline main
      crossdock services pause --all --client acme

    Exit codes: 0 they rest, 2 it is not clear which are meant.
    """
    from crossdock.store.services import pause_services

    keys, now, who = _keys(config, services, everything, pipeline, client), datetime.now(UTC), by or this_person()

    async def work(store: "CrossdockStore") -> "Collection[Key]":
        return await store.write(pause_services, keys, by=who, why=reason, now=now)

    new = ask_store(config, None, work, make=True)  # before the first run, too
    _tell(keys, new, "rests until `crossdock services resume`", "was paused before; it stays as it was")


@app.command(short_help="Let paused services run again.")
def resume(
    services: ServicesArgument = None,
    everything: AllOption = False,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    by: ByOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Let services run again that a person has paused; what became due meanwhile runs at once.

    \b
    Examples:
      crossdock services resume release
      crossdock services resume --all --client acme

    Exit codes: 0 they run by their intervals, 2 it is not clear which are meant.
    """
    from crossdock.store.services import resume_services

    keys, now, who = _keys(config, services, everything, pipeline, client), datetime.now(UTC), by or this_person()
    new = ask_store(config, None, lambda store: store.write(resume_services, keys, by=who, now=now))
    _tell(keys, new, "runs by its interval again", "" if everything else "was not paused")


def _keys(
    config: Path, services: list[str] | None, everything: bool, pipeline: str | None, client: str | None
) -> "Sequence[Key]":
    from crossdock.config import survey_config
    from crossdock.runtime.services import chosen_services

    written, _ = survey_config(config)
    return chosen_services(written, services or (), chosen(config, pipeline, client), everything=everything)


def _tell(keys: "Sequence[Key]", new: "Collection[Key]", done: str, otherwise: str) -> None:
    for key in keys:
        if told := done if key in new else otherwise:
            typer.echo(f"{key[1]} of pipeline {key[0]} {told}.")
    if not otherwise and not new:
        typer.echo("None of them was paused.")


@app.command(short_help="Run services now.")
def run(
    services: ServicesArgument = None,
    everything: AllOption = False,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    by: ByOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Run services at once; where another crossdock runs on the database, that one does it, within seconds.

    After failures in a row the crossdock that runs lets a service rest, up to a quarter of an hour, before it tries
    again. A paused service is not run.

    \b
    Examples:
      crossdock services run download
      crossdock services run download release --pipeline main

    Exit codes: 0 done, or due for the crossdock that runs; 1 one ended in an error, or cannot run; 2 it is not clear
    which are meant.
    """
    keys, who = _keys(config, services, everything, pipeline, client), by or this_person()
    told = ask_host(config, lambda host: _run_each(host, keys, who, able_only=not services))
    for well, line in told:
        typer.secho(line, fg=None if well else "red")
    raise typer.Exit(0 if all(well for well, _ in told) else 1)


async def _run_each(host: "Host", keys: "Sequence[Key]", by: str, *, able_only: bool) -> list[tuple[bool, str]]:
    from crossdock.engine.runner import flows_of

    able = {name: flows_of(pipeline) for name, pipeline in host.pipelines.items()}
    wanted = [key for key in keys if not able_only or key[1] in able.get(key[0], ())]
    return [await _run_one(host, *key, by) for key in wanted]


async def _run_one(host: "Host", pipeline: str, service: str, by: str) -> tuple[bool, str]:
    """Whether it went well, and what is to be said."""
    from crossdock.cli.screen import counted
    from crossdock.hooks.errors import CrossdockError
    from crossdock.runtime.services import run_service

    try:
        report = await run_service(host, pipeline, service, by=by)
    except CrossdockError as error:
        return False, str(error)
    name = f"{service} of pipeline {pipeline}"
    if report is None:
        return True, f"{name} is due: the crossdock that runs does it within seconds."
    if report.error:
        return False, f"{name}: {report.error}"
    return True, f"{name}: {counted(report.counts) or 'nothing to do'}."
