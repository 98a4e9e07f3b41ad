"""`crossdock stock levels`: what lies in the warehouse now, by its own word."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, JsonOption, PipelineOption, ask_source

if TYPE_CHECKING:
    from crossdock.domain import InventoryLevel
    from crossdock.hooks.roles import InventorySource

Key = tuple[str, str, str]
Sums = Mapping[Key, int]
"""How many pieces, by SKU, area and stock model."""


def show_levels(
    sku: Annotated[str, typer.Option(help="Only this SKU.")] = "",
    area: Annotated[str | None, typer.Option(help="Only this area.")] = None,
    master_item: Annotated[
        str, typer.Option(help="The totals of all items below this one, as the warehouse adds them up.")
    ] = "",
    pipeline: PipelineOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Ask the warehouse what lies where now, summed by area.

    Each level says which model it follows: on hand falls at the pick, available at the sale, fulfilled at the shipment.
    They are never added up.

    \b
    Examples:
      crossdock stock levels --sku TEE-RED-M
      crossdock stock levels --area MAIN --json
      crossdock stock levels --master-item TEE
    """
    from rich.markup import escape

    if master_item and (sku or area is not None):
        raise typer.BadParameter("it goes with neither --sku nor --area", param_hint="--master-item")
    from crossdock.cli.screen import as_json_text, open_console, open_table

    async def work(source: "InventorySource") -> Sums:
        return await (sum_below(source, master_item) if master_item else sum_levels(source, sku, area))

    _, _, sums = ask_source(config, pipeline, work)
    rows = [(*key, quantity) for key, quantity in sorted(sums.items())]
    if as_json:
        typer.echo(as_json_text([dict(zip(("sku", "area", "model", "quantity"), row, strict=True)) for row in rows]))
        return
    table = open_table("SKU", "area", "pieces", "model", right=("pieces",))
    for its_sku, its_area, model, quantity in rows:
        table.add_row(escape(its_sku), escape(its_area), f"{quantity:,}", model.replace("_", " "))
    open_console().print(table if rows else "The warehouse has no level like that.")


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
