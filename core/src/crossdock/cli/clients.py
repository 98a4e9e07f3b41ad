"""`crossdock clients`: the merchants whose orders go through here, and where each of them stands."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from crossdock.cli.options import CONFIG, ConfigOption, CsvOption, JsonOption, ask_store

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.config import Config
    from crossdock.store.standing import PipelineStanding

app = typer.Typer(no_args_is_help=True, help="The merchants whose orders go through here.")


@dataclass(frozen=True, slots=True)
class ClientView:
    """One client: its pipelines, its orders by state, its open problems; pipelines without a client come last."""

    client: str
    pipelines: Sequence[str]
    orders: Mapping[str, int]
    open_problems: int


@app.command("list", short_help="List the clients and where their orders stand.")
def list_clients(as_json: JsonOption = False, as_csv: CsvOption = False, config: ConfigOption = CONFIG) -> None:
    """List the clients that the pipelines of the config name: their pipelines, orders by state, open problems.

    \b
    Examples:
      crossdock clients list
      crossdock clients list --json
    """
    from crossdock.cli.listing import show
    from crossdock.config import survey_config
    from crossdock.store.standing import standing_of_pipelines

    written, _ = survey_config(config)
    standing = ask_store(config, None, lambda store: store.read(standing_of_pipelines))
    found = list(_clients(written, standing))
    empty = "The config has no pipeline."
    show(found, lambda: _listed(found), empty=empty, as_json=as_json, as_csv=as_csv, kind=ClientView)


def _clients(config: "Config", standing: "Mapping[str, PipelineStanding]") -> "Iterator[ClientView]":
    for client in sorted({one.client for one in config.pipelines.values()}, key=lambda name: (not name, name)):
        pipelines = [name for name, one in config.pipelines.items() if one.client == client]
        connections = {of for name in pipelines for of in config.pipelines[name].roles.values()}
        own = [standing[name] for name in pipelines if name in standing]
        shared = standing[""].paused if "" in standing else ()
        problems = sum(one.open_problems for one in own) + len(connections.intersection(shared))
        orders = sum((Counter(one.orders) for one in own), Counter[str]())
        yield ClientView(client, pipelines, dict(orders), problems)


def _listed(found: "Sequence[ClientView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import counted, open_table

    table = open_table("client", "pipelines", "orders", "open problems", right=("open problems",))
    for one in found:
        problems = f"[yellow]{one.open_problems:,}[/]" if one.open_problems else "0"
        table.add_row(escape(one.client) or "[dim]none[/]", ", ".join(one.pipelines), counted(one.orders), problems)
    return table
