"""`crossdock audit`: who did what."""

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

    from crossdock.store.audit import DeedView

app = typer.Typer(no_args_is_help=True, help="Who did what.")


@app.command("list", short_help="List what people did.")
def list_audit(
    text: Annotated[
        str, typer.Argument(help="Whom it was done by, or a part of what it was done to: a number, a service.")
    ] = "",
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List what people did with commands, the newest first: who, what, to what, and what it was before.

    \b
    Examples:
      crossdock audit list
      crossdock audit list ada
      crossdock audit list 113-0082699-0001126 --json
    """
    from crossdock.cli.listing import show
    from crossdock.store.audit import DeedView, list_deeds

    pipelines = chosen(config, pipeline, client)
    found = ask_store(
        config, database, lambda store: store.read(list_deeds, pipelines=pipelines, text=text, limit=limit)
    )
    empty = "Nobody did anything like that."
    show(
        found,
        lambda: _listed(found),
        empty=empty,
        as_json=as_json,
        as_csv=as_csv,
        kind=DeedView,
        limit=limit,
        first="newest",
    )


def _listed(found: "Sequence[DeedView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("when (UTC)", "who", "what", "to what", "pipeline", "before, after, and why", sentences=True)
    for one in found:
        changed = " -> ".join(filter(None, (one.before, one.after)))
        words = (one.by, one.action, one.subject, one.pipeline, "; ".join(filter(None, (changed, one.note))))
        table.add_row(f"{one.at:%Y-%m-%d %H:%M:%S}", *map(escape, words))
    return table
