"""`crossdock runs`: what the services did."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ClientOption,
    ConfigOption,
    CsvOption,
    DatabaseOption,
    JsonOption,
    OfPipelineOption,
    ask_store,
    chosen,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.store import CrossdockStore
    from crossdock.store.queries import RunView

app = typer.Typer(no_args_is_help=True, help="What the services did, run by run.")


@app.command("list", short_help="List runs: what each did, or why it failed.")
def list_runs(
    service: Annotated[str, typer.Argument(help="Only runs of this service, such as release.")] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Only runs that ended in an error.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List runs of services, the newest first: what each did, or why it failed. A run that did nothing is not kept.

    \b
    Examples:
      crossdock runs list
      crossdock runs list release --failed
      crossdock runs list --client acme --csv
    """
    from crossdock.cli.listing import show
    from crossdock.runtime.services import service_named
    from crossdock.store.queries import RunView, last_runs

    pipelines, of = chosen(config, pipeline, client), service and service_named(service)

    async def work(store: "CrossdockStore") -> "list[RunView]":
        return await store.read(last_runs, pipelines=pipelines, service=of, failed=failed, limit=limit)

    found = ask_store(config, database, work)
    empty = "No run is like that."
    show(
        found,
        lambda: _listed(found),
        empty=empty,
        as_json=as_json,
        as_csv=as_csv,
        kind=RunView,
        limit=limit,
        first="newest",
    )


def _listed(found: "Sequence[RunView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import counted, open_table

    table = open_table(
        "began (UTC)", "seconds", "pipeline", "service", "what it did", right=("seconds",), sentences=True
    )
    for one in found:
        seconds = (one.ended_at - one.began_at).total_seconds()
        did = f"[red]{escape(one.error)}[/]" if one.error else escape(counted(one.counts))
        table.add_row(f"{one.began_at:%Y-%m-%d %H:%M:%S}", f"{seconds:,.1f}", one.pipeline, one.flow, did)
    return table
