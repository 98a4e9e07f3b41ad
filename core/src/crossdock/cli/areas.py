"""`crossdock areas`: the parts of the warehouse and their locations, and where the stock of each part counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ClientOption,
    ConfigOption,
    CsvOption,
    JsonOption,
    PipelineOption,
    ask_source,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.domain import Area, BinLocation
    from crossdock.hooks.features import ListsPlaces
    from crossdock.mapping import Areas


@dataclass(frozen=True, slots=True)
class AreaView:
    """One area: whether its stock counts, is not for sale or unmapped, at which centre, and by which rule."""

    area: str
    title: str
    standing: str
    distribution_center: str | None
    because: str


app = typer.Typer(no_args_is_help=True, help="The parts of the warehouse, and where their stock counts.")


@app.command("list", short_help="List the warehouse's areas and where their stock counts.")
def list_areas(
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Ask the warehouse for its areas, and say where the stock of each counts and by which rule.

    \b
    Examples:
      crossdock areas list
      crossdock areas list --pipeline main --json
    """
    from crossdock.cli.listing import show
    from crossdock.runtime.rules import rules_of

    written, name, areas = ask_source(config, pipeline, _areas_of, client=client)
    rules = rules_of(name, written.pipelines[name]).areas
    found, empty = [_told(area, rules) for area in areas], "The warehouse has no areas."
    show(found, lambda: _listed(areas, rules), empty=empty, as_json=as_json, as_csv=as_csv, kind=AreaView)
    for unknown in () if as_json or as_csv else _unknown(rules, areas):
        typer.secho(f"The config names area '{unknown}', which the warehouse does not have.", fg="yellow")


def _listed(areas: "Sequence[Area]", rules: "Areas") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("area", "title", "its stock counts at")
    for area in areas:
        table.add_row(*map(escape, (area.name, area.title, rules.explain(area.name))))
    return table


@app.command("locations", short_help="List the warehouse's locations and the order in which people walk past them.")
def list_locations(
    area: Annotated[str | None, typer.Option(help="Only those of this area.")] = None,
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Ask the warehouse for its locations: what each is, and its place in picking, allocating and putting away.

    \b
    Examples:
      crossdock areas locations
      crossdock areas locations --area MAIN --json
    """
    from crossdock.cli.listing import show
    from crossdock.domain import BinLocation

    _, _, every = ask_source(config, pipeline, _locations_of, client=client)
    found = [location for location in every if area in (None, location.area)]
    empty = "The warehouse has no location like that."
    show(found, lambda: _walked(found), empty=empty, as_json=as_json, as_csv=as_csv, kind=BinLocation)


def _walked(found: "Sequence[BinLocation]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    sequences = ("pick", "allocate", "put away")
    table = open_table("area", "location", "title", "kind", "zone", *sequences, right=sequences)
    for one in found:
        walked = (one.pick_sequence, one.allocation_sequence, one.putaway_sequence)
        numbers = ["" if number is None else str(number) for number in walked]
        table.add_row(*map(escape, (one.area, one.name, one.title, one.kind, one.zone)), *numbers)
    return table


async def _areas_of(source: object) -> "Sequence[Area]":
    return await _with_places(source).list_areas()


async def _locations_of(source: object) -> "Sequence[BinLocation]":
    places, cursor = _with_places(source), None
    found: list[BinLocation] = []
    while True:
        page = await places.fetch_locations(cursor)
        found += map(places.read_location, page.records)
        if not page.more:
            return found
        cursor = page.cursor


def _with_places(source: object) -> "ListsPlaces":
    from crossdock.hooks.errors import Unsupported
    from crossdock.hooks.features import ListsPlaces

    if not isinstance(source, ListsPlaces):
        raise Unsupported("this inventory source does not tell its areas and locations")
    return source


def _told(area: "Area", rules: "Areas") -> AreaView:
    counted = rules.count(area.name)
    standing = "unmapped" if counted is None else "not for sale" if counted.center is None else "counts"
    center, because = (counted.center, counted.because) if counted else (None, "")
    return AreaView(area.name, area.title, standing, center, because)


def _unknown(rules: "Areas", areas: "Sequence[Area]") -> Iterator[str]:
    """Areas that the config names and the warehouse does not."""
    known = {area.name.casefold() for area in areas}
    named = (rule.area for rule in rules.rules if rule.kind == "exact" and rule.area)
    yield from (area for area in named if area.casefold() not in known)
