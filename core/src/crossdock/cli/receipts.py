"""`crossdock receipts`: goods that the warehouse is to expect, and what was put away of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    CsvOption,
    DatabaseOption,
    JsonOption,
    OfPipelineOption,
    PipelineOption,
    ask_store,
    chosen,
    pipeline_with,
    this_person,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.store.receipts import PurchaseStory, PurchaseSummary

app = typer.Typer(no_args_is_help=True, help="Goods that the warehouse expects, and what came of them.")


@app.command(short_help="Have the warehouse expect the purchase orders of a CSV file.")
def expect(
    file: Annotated[
        Path,
        typer.Argument(
            help="Columns: purchase_order, sku, quantity; perhaps line, supplier, area, expected_at, notes."
        ),
    ],
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Have the warehouse expect purchase orders; where one row is wrong, nothing is taken.

    The rows of one purchase order belong together. Importing a file again changes nothing; one with other quantities
    changes those. A line that a newer file does not name stays: write quantity 0 for what will not come. A SKU that
    stands in one purchase order twice needs names for its lines, in the column `line`. A running crossdock tells the
    warehouse at once; otherwise the next `crossdock run --once` does.

    \b
    Example:
      crossdock receipts expect arriving.csv
    """
    from crossdock.cli.receipts_file import read_receipts
    from crossdock.store.audit import Deed
    from crossdock.store.receipts import expect_by_hand

    orders = read_receipts(file)
    written, name = pipeline_with("inventory_source", config, pipeline)
    connection = written.pipelines[name].roles["inventory_source"]
    deed = Deed(by or this_person(), "expect goods", file.name, name, after=f"{len(orders):,} purchase orders")
    now = datetime.now(UTC)
    new = ask_store(config, None, lambda store: store.write(expect_by_hand, name, connection, orders, deed, now=now))
    before = f", {len(orders) - new:,} were taken before" if new < len(orders) else ""
    if new:
        typer.echo(
            f"{new:,} noted{before}. A running crossdock tells the warehouse at once; otherwise `crossdock run --once` "
            "does."
        )
    else:
        typer.echo("All of it was taken before; nothing changes.")


@app.command("list", short_help="List purchase orders and how much of them has come.")
def list_receipts(
    open_only: Annotated[bool, typer.Option("--open", help="Only those of which something is still to come.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List purchase orders, the newest first: what is expected, what was put away, what the warehouse was told.

    \b
    Examples:
      crossdock receipts list
      crossdock receipts list --open --json
    """
    from crossdock.cli.listing import show as show_rows
    from crossdock.store import receipts

    of: dict[str, Any] = {"open_only": open_only, "limit": limit, "pipelines": chosen(config, pipeline, client)}
    found = ask_store(config, database, lambda store: store.read(receipts.list_purchases, **of))
    empty = "No purchase order is like that."
    show_rows(
        found,
        lambda: _listed(found),
        empty=empty,
        as_json=as_json,
        as_csv=as_csv,
        kind=receipts.PurchaseSummary,
        limit=limit,
        first="newest",
    )


def _listed(found: "list[PurchaseSummary]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    numbers = ("expected", "put away")
    table = open_table(
        "purchase order",
        "warehouse",
        *numbers,
        "last putaway (UTC)",
        "told (UTC)",
        "why not",
        right=numbers,
        sentences=True,
    )
    for one in found:
        table.add_row(
            escape(one.number),
            escape(one.connection),
            f"{one.expected:,}",
            f"{one.received:,}",
            day_and_minute(one.last_putaway),
            day_and_minute(one.told_at),
            escape(one.error),
        )
    return table


@app.command(short_help="Show one purchase order: its lines, and every putaway.")
def show(
    number: Annotated[str, typer.Argument(help="The number of the purchase order.")],
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Show one purchase order line by line: what is expected, what came, and what the warehouse added by itself.

    \b
    Example:
      crossdock receipts show PO-1042
    """
    from crossdock.cli.screen import as_json_text
    from crossdock.store import NotFound, receipts

    pipelines = chosen(config, pipeline, client)
    found = ask_store(
        config, database, lambda store: store.read(receipts.purchase_stories, number, pipelines=pipelines)
    )
    if not found:
        raise NotFound(f"there is no purchase order '{number}'; see `crossdock receipts list`")
    if as_json:
        typer.echo(as_json_text(found))
        return
    for story in found:
        for line in _told(story):
            typer.echo(line)
        typer.echo()


def _told(story: "PurchaseStory") -> Iterator[str]:
    from crossdock.cli.screen import day_and_minute

    one = story.purchase
    yield f"purchase order {one.number} at {one.connection}, pipeline {one.pipeline}"
    yield f"  told      {day_and_minute(one.told_at) + ' UTC' if one.told_at else 'not yet'}"
    if one.error:
        yield f"  why not   {one.error}"
    for line in story.lines:
        added = "" if line.expected is not None else "  (added by the warehouse)"
        yield f"  {line.sku:<24} {line.received:>7,} of {line.expected or 0:,}{added}"
    for putaway in story.putaways:
        place = " ".join(part for part in (putaway.area, putaway.location) if part)
        yield f"  {day_and_minute(putaway.put_at)} UTC  {putaway.quantity:>6,} {putaway.sku}  {place}".rstrip()
