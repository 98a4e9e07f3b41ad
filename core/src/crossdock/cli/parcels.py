"""`crossdock parcels`: what shipping systems know of parcels, and which box each was used for."""

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
    from crossdock.store.parcel_views import ParcelView

app = typer.Typer(no_args_is_help=True, help="What shipping systems know of parcels.")
TOLD = {"done": "told", "due": "on its way", "sent": "on its way", "in_doubt": "in doubt", "rejected": "refused"}
"""How far the cart was told of a number, by the state of the promise."""


@app.callback()
def _parcels() -> None:
    """Keeps `list` a command of its own."""


@app.command("list", short_help="List parcels, the newest first.")
def list_parcels(
    number: Annotated[
        str, typer.Option("--number", help="Only of this order number in the warehouse, or with this tracking number.")
    ] = "",
    unused: Annotated[bool, typer.Option("--unused", help="Only those whose number no box has.")] = False,
    voided: Annotated[bool, typer.Option("--voided", help="Only those whose labels were taken back.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List the parcels that shipping systems told of, were asked for or sold: the newest first.

    A parcel is made for an order number of the warehouse. It is used for the box that it names, or for the only box
    that waits when it is the only one that names none; what is never used is somebody else's, or needs a person.

    \b
    told        the cart has this number
    on its way  the cart is told of it
    in doubt    the cart may have been told; it is looked up
    refused     the cart refused it; see `crossdock problems list`

    \b
    Examples:
      crossdock parcels list
      crossdock parcels list --number 1001
      crossdock parcels list --unused --json
      crossdock parcels list --client "Blue Anchor" --limit 10000 --csv > parcels.csv

    \b
    Exit codes:
      0  it was shown
      1  what was asked for does not exist
      2  an option was wrong
    """
    from crossdock.cli.listing import show
    from crossdock.store import parcel_views

    pipelines = chosen(config, pipeline, client)

    async def work(store: "CrossdockStore") -> "list[ParcelView]":
        return await store.read(
            parcel_views.list_parcels, number=number, unused=unused, voided=voided, limit=limit, pipelines=pipelines
        )

    found = ask_store(config, database, work)
    show(
        found,
        lambda: parcel_table(found),
        empty="No parcel is like that.",
        as_json=as_json,
        as_csv=as_csv,
        kind=parcel_views.ParcelView,
        limit=limit,
        first="newest",
    )


def parcel_table(found: "Sequence[ParcelView]") -> "Table":
    """Parcels as a table for people."""
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    several = len({one.pipeline for one in found}) > 1
    columns = ("known (UTC)", *(("pipeline",) if several else ()), "tracking", "carrier", "order", "box")
    table = open_table(*columns, "cost", "weight", "used for", "cart", right=("cost", "weight"))
    for one in found:
        names = (one.pipeline, one.tracking_number) if several else (one.tracking_number,)
        way = " ".join(filter(None, (one.carrier, one.service_level)))
        table.add_row(
            day_and_minute(one.first_seen),
            *map(escape, (*names, way, one.reference, one.box, cost_of(one), weight_of(one), used_for(one))),
            TOLD.get(one.told, one.told),
        )
    return table


def cost_of(one: "ParcelView") -> str:
    """What the label cost, in a few words."""
    return " ".join(filter(None, (one.cost, one.currency)))


def weight_of(one: "ParcelView") -> str:
    """What the parcel weighs, in a few words."""
    return " ".join(filter(None, (one.weight, one.weight_unit)))


def used_for(one: "ParcelView") -> str:
    """The box that has its number, and whether the label was taken back."""
    return ", ".join(filter(None, (f"box {one.used_for}" if one.used_for else "", "voided" if one.voided_at else "")))
