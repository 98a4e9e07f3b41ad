"""`crossdock stock levels`: what lies in the warehouse now, by its own word."""

from collections import Counter
from collections.abc import Iterable, Mapping
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

    from crossdock.domain import InventoryLevel
    from crossdock.hooks.roles import InventorySource

Key = tuple[str, str, str]
Sums = Mapping[Key, int]
"""How many pieces, by SKU, area and stock model."""


@dataclass(frozen=True, slots=True)
class LevelView:
    """How many pieces of a SKU lie in an area, by one stock model."""

    sku: str
    area: str
    model: str
    quantity: int


def show_levels(
    sku: Annotated[str, typer.Option(help="Only this SKU.")] = "",
    area: Annotated[str | None, typer.Option(help="Only this area.")] = None,
    master_item: Annotated[
        str, typer.Option(help="The totals of all items below this one, as the warehouse adds them up.")
    ] = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Ask the warehouse what lies where now, summed by area; areas that count for other clients are left out.

    Each level says which model it follows: on hand falls at the pick, available at the sale, fulfilled at the shipment.
    They are never added up.

    \b
    Examples:
      crossdock stock levels --sku TEE-RED-M
      crossdock stock levels --area MAIN --json
      crossdock stock levels --master-item TEE
    """
    if master_item and (sku or area is not None):
        raise typer.BadParameter("it goes with neither --sku nor --area", param_hint="--master-item")
    from crossdock.cli.listing import show
    from crossdock.runtime.rules import areas_of_others

    async def work(source: "InventorySource") -> Sums:
        return await (sum_below(source, master_item) if master_item else sum_levels(source, sku, area))

    written, name, sums = ask_source(config, pipeline, work, client=client)
    others = areas_of_others(written, name)
    found = [LevelView(*key, quantity) for key, quantity in sorted(sums.items()) if others.count(key[1]) is None]
    empty = "The warehouse has no level like that."
    show(found, lambda: _listed(found), empty=empty, as_json=as_json, as_csv=as_csv, kind=LevelView)


def _listed(found: "Iterable[LevelView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("SKU", "area", "pieces", "model", right=("pieces",))
    for one in found:
        table.add_row(escape(one.sku), escape(one.area), f"{one.quantity:,}", one.model.replace("_", " "))
    return table


async def sum_levels(source: "InventorySource", sku: str, area: str | None) -> Sums:
    """The levels of every page, added up by SKU, area and model."""
    sums: Counter[Key] = Counter()
    cursor = None
    while True:
        page = await source.fetch_levels(cursor)
        levels = (level for record in page.records for level in source.read_levels(record))
        _add(sums, (one for one in levels if sku in ("", one.sku) and area in (None, one.place.area)))
        if not page.more:
            return sums
        cursor = page.cursor


async def sum_below(source: object, master_item: str) -> Sums:
    """The totals of all items below one, by the warehouse's own count."""
    from crossdock.hooks.errors import Unsupported
    from crossdock.hooks.features import SumsStock

    if not isinstance(source, SumsStock):
        raise Unsupported("this inventory source does not add up what lies below an item")
    sums: Counter[Key] = Counter()
    _add(sums, await source.stock_under(master_item))
    return sums


def _add(sums: Counter[Key], levels: "Iterable[InventoryLevel]") -> None:
    for level in levels:
        sums[level.sku, level.place.area, level.model.value] += level.quantity
