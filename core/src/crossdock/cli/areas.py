"""`crossdock areas`: the parts of the warehouse and their locations, and where the stock of each part counts."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, JsonOption, PipelineOption, ask_source

if TYPE_CHECKING:
    from crossdock.domain import Area, BinLocation
    from crossdock.hooks.features import ListsPlaces
    from crossdock.mapping import Areas

app = typer.Typer(no_args_is_help=True, help="The parts of the warehouse, and where the stock of each counts.")


@app.command("list", short_help="List the warehouse's areas and where their stock counts.")
def list_areas(pipeline: PipelineOption = None, as_json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """Ask the warehouse for its areas, and say where the stock of each counts and by which rule.

    \b
    Examples:
      crossdock areas list
      crossdock areas list --pipeline main --json
    """
    from rich.markup import escape

    from crossdock.cli.screen import as_json_text, open_console, open_table
    from crossdock.runtime.rules import rules_of

    written, name, areas = ask_source(config, pipeline, _areas_of)
    rules = rules_of(name, written.pipelines[name]).areas
    if as_json:
        typer.echo(as_json_text([_told(area, rules) for area in areas]))
        return
    console, table = open_console(), open_table("area", "title", "its stock counts at")
    for area in areas:
        table.add_row(*map(escape, (area.name, area.title, rules.explain(area.name))))
    console.print(table if areas else "The warehouse has no areas.")
    for unknown in _unknown(rules, areas):
        console.print(f"[yellow]The config names area '{escape(unknown)}', which the warehouse does not have.[/]")


@app.command("locations", short_help="List the warehouse's locations and the order in which people walk past them.")
def list_locations(
    area: Annotated[str | None, typer.Option(help="Only those of this area.")] = None,
    pipeline: PipelineOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Ask the warehouse for its locations: what each is, and its place in picking, allocating and putting away.

    \b
    Examples:
      crossdock areas locations
      crossdock areas locations --area MAIN --json
    """
    from rich.markup import escape

    from crossdock.cli.screen import as_json_text, open_console, open_table

    _, _, every = ask_source(config, pipeline, _locations_of)
    found = [location for location in every if area in (None, location.area)]
    if as_json:
        typer.echo(as_json_text([location.model_dump() for location in found]))
        return
    sequences = ("pick", "allocate", "put away")
    table = open_table("area", "location", "title", "kind", "zone", *sequences, right=sequences)
    for one in found:
        walked = (one.pick_sequence, one.allocation_sequence, one.putaway_sequence)
        numbers = ["" if number is None else str(number) for number in walked]
        table.add_row(*map(escape, (one.area, one.name, one.title, one.kind, one.zone)), *numbers)
    open_console().print(table if found else "The warehouse has no location like that.")


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


def _told(area: "Area", rules: "Areas") -> dict[str, object]:
    counted = rules.count(area.name)
    standing = "unmapped" if counted is None else "not for sale" if counted.center is None else "counts"
    return {
        "area": area.name,
        "title": area.title,
        "standing": standing,
        "distribution_center": counted.center if counted else None,
        "because": counted.because if counted else "",
    }


def _unknown(rules: "Areas", areas: "Sequence[Area]") -> Iterator[str]:
    """Areas that the config names and the warehouse does not."""
    known = {area.name.casefold() for area in areas}
    named = (rule.area for rule in rules.rules if rule.kind == "exact" and rule.area)
    yield from (area for area in named if area.casefold() not in known)
