"""`crossdock stock movements`: how stock moved in the warehouse, and what the cart was told of it."""

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
    none_of,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.store import CrossdockStore
    from crossdock.store.goods import MovementView


def list_movements(
    sku: Annotated[str, typer.Argument(help="Only movements of this SKU.")] = "",
    state: Annotated[
        str | None, typer.Option(help="Only movements in this state: waiting, planned, level, nothing or unmapped.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List movements of the warehouse's stock, the newest first, and what became of each.

    \b
    waiting   the cart is told of it by the next run
    planned   it is a part of the stock change that is named; `crossdock stock list` shows where that stands
    level     the cart is told levels: the next one tells it
    nothing   it changes nothing of what is for sale: a move inside a centre, a pick of the cart's own order; or the
              cart is told nothing of its SKU, and the last column says why
    unmapped  no rule says where the stock of its area counts

    \b
    Examples:
      crossdock stock movements
      crossdock stock movements TEE-RED-M
      crossdock stock movements --state unmapped --json
    """
    from crossdock.cli.listing import show
    from crossdock.engine.movement_ports import MovementState
    from crossdock.store import goods

    if state is not None and state not in [*MovementState]:
        raise typer.BadParameter(none_of(state, MovementState), param_hint="--state")
    pipelines = chosen(config, pipeline, client)

    async def work(store: "CrossdockStore") -> "list[MovementView]":
        return await store.read(goods.list_movements, sku=sku, state=state, limit=limit, pipelines=pipelines)

    found = ask_store(config, database, work)
    empty = "No movement is like that."
    show(
        found,
        lambda: movement_table(found),
        empty=empty,
        as_json=as_json,
        as_csv=as_csv,
        kind=goods.MovementView,
        limit=limit,
        first="newest",
    )


def movement_table(found: "Sequence[MovementView]") -> "Table":
    """Movements as a table for people."""
    from rich.markup import escape

    from crossdock.cli.screen import colored, day_and_minute, open_table

    several = len({one.pipeline for one in found}) > 1
    columns = ("moved (UTC)", *(("pipeline",) if several else ()), "SKU", "pieces", "what", "order", "state")
    table = open_table(*columns, "stock change, or why none", right=("pieces",), sentences=True)
    for one in found:
        names = map(escape, (one.pipeline, one.sku) if several else (one.sku,))
        what = f"{one.kind}{way(one)}{f', {one.reason}' if one.reason else ''}"
        told = escape(one.promise_key or one.outcome)
        table.add_row(
            day_and_minute(one.moved_at),
            *names,
            f"{one.quantity:,}",
            *map(escape, (what, one.order_number)),
            colored(one.state),
            told,
        )
    return table


def way(moved: "MovementView") -> str:
    """From where to where, in a few words: ` MAIN A-01 -> BULK`."""
    origin, destination = _place(moved.from_area, moved.from_location), _place(moved.to_area, moved.to_location)
    if moved.from_area is not None and moved.to_area is not None:
        return f" {origin} -> {destination}"
    return f" from {origin}" if moved.from_area is not None else f" to {destination}"


def _place(area: str | None, location: str) -> str:
    return " ".join(part for part in (area, location) if part) or "(no area)"
