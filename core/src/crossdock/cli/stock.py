"""`crossdock stock`: the cart is told how much there is; what became of each change."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli import levels, movements, stock_lines, stock_story, stock_sync
from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    CsvOption,
    DatabaseOption,
    JsonOption,
    OfPipelineOption,
    ask_store,
    chosen,
    none_of,
    pipeline_with,
    this_person,
)

if TYPE_CHECKING:
    from crossdock.config import Config
    from crossdock.domain import CenterQuantity, StockChange, StockMeaning
    from crossdock.store import CrossdockStore
    from crossdock.store.goods import StockView

app = typer.Typer(no_args_is_help=True, help="Tell the cart how much there is, and see what became of it.")

app.command("movements", short_help="List how stock moved in the warehouse.")(movements.list_movements)
app.command("levels", short_help="Show what lies in the warehouse now.")(levels.show_levels)
app.command("sync", short_help="Show which levels are news to the cart, and let them go.")(stock_sync.sync)
app.command("show", short_help="Tell the story of one SKU.")(stock_story.show)

DASHES = {"ignore_unknown_options": True}
"""A distribution centre may be -2: `-2=5` is no option."""
SkuArgument = Annotated[str, typer.Argument(help="The SKU as the cart knows it.")]
PipelineOption = Annotated[str | None, typer.Option(help="The pipeline, where several have an inventory sink.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for whoever reads it later.")]


@app.command("set", context_settings=DASHES, short_help="Set the level of a SKU at some centres.")
def set_level(
    sku: SkuArgument,
    centers: Annotated[list[str], typer.Argument(metavar="CENTER=QUANTITY", help="The level at each centre.")],
    on_hand: Annotated[
        bool,
        typer.Option(
            "--on-hand/--sellable",
            help="What lies on the shelf (the cart subtracts what it has promised), or what may be sold as it is.",
        ),
    ] = True,
    reason: ReasonOption = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Set the level of one SKU; centres that are not named stay as they are.

    A running crossdock tells the cart at once; otherwise the next `crossdock run --once` does. A centre's id may be 0
    or negative.

    \b
    Examples:
      crossdock stock set TEE-RED-M 0=12
      crossdock stock set TEE-RED-M 0=12 -2=5 --sellable
    """
    from crossdock.cli.stock_file import read_centers
    from crossdock.domain import StockMeaning

    meaning = StockMeaning.ON_HAND if on_hand else StockMeaning.SELLABLE
    change = _change("set", sku, meaning, read_centers(centers, meaning), reason)
    _promise(config, pipeline, [change], by)


@app.command(context_settings=DASHES, short_help="Add to or take from the level of a SKU.")
def adjust(
    sku: SkuArgument,
    centers: Annotated[list[str], typer.Argument(metavar="CENTER=+N", help="What to add or take at each centre.")],
    reason: ReasonOption = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Add to or take from what the cart holds of one SKU, exactly once.

    A running crossdock tells the cart at once; otherwise the next `crossdock run --once` does. Where no answer comes
    and the cart's levels do not tell whether it happened, it becomes a problem with both numbers.

    \b
    Examples:
      crossdock stock adjust TEE-RED-M 0=+3 --reason "found behind the shelf"
      crossdock stock adjust TEE-RED-M 0=-1 -2=-1 --reason damaged
    """
    from crossdock.cli.stock_file import read_centers
    from crossdock.domain import StockMeaning

    difference = StockMeaning.DIFFERENCE
    _promise(config, pipeline, [_change("adjust", sku, difference, read_centers(centers, difference), reason)], by)


@app.command(context_settings=DASHES, short_help="Move pieces of a SKU between two centres.")
def move(
    sku: SkuArgument,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The distribution centre that gives.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The distribution centre that gets.")],
    quantity: Annotated[str, typer.Argument(help="How many pieces.")],
    reason: ReasonOption = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Move pieces of one SKU from one distribution centre to another: both in one step, exactly once.

    A running crossdock tells the cart at once; otherwise the next `crossdock run --once` does.

    \b
    Example:
      crossdock stock move TEE-RED-M 0 -2 5
    """
    from crossdock.cli.stock_file import WrongNumbers, quantities, read_quantity
    from crossdock.domain import StockMeaning

    pieces = read_quantity(quantity, StockMeaning.DIFFERENCE)
    if source == target or source.startswith("--") or pieces < 1:
        raise WrongNumbers("a movement takes at least one piece from one distribution centre to another one")
    change = _change("move", sku, StockMeaning.DIFFERENCE, quantities({source: -pieces, target: pieces}), reason)
    _promise(config, pipeline, [change], by)


@app.command("import", short_help="Take many changes from a CSV file.")
def import_file(
    file: Annotated[Path, typer.Argument(help="Columns: sku, distribution_center, quantity, meaning.")],
    key: Annotated[
        str, typer.Option(help="A name for what is in the file: taken once, however often it is imported.")
    ] = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Take many stock changes from a CSV file; where one row is wrong, nothing is taken.

    The meaning of a row is on_hand, sellable or difference. All rows of a SKU are one change. A running crossdock tells
    the cart at once; otherwise the next `crossdock run --once` does.

    \b
    Examples:
      crossdock stock import levels.csv
      crossdock stock import count.csv --key count-2026-03-01
    """
    from crossdock.cli.stock_file import read_file

    changes = read_file(file, key or f"import/{_moment()}")
    _promise(config, pipeline, changes, by)


@app.command("list", short_help="List stock changes and where they stand.")
def list_stock(
    sku: Annotated[str, typer.Option(help="Only changes of this SKU.")] = "",
    state: Annotated[str | None, typer.Option(help="Only changes in this state, such as in_doubt or rejected.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List stock changes, the newest first: where they stand, and why they are not further.

    \b
    States: due, sent, in_doubt, done, rejected, and replaced: a level that was never sent, because a newer one of all
    its centres takes its place.

    \b
    Examples:
      crossdock stock list
      crossdock stock list --state rejected
      crossdock stock list --client acme --csv
    """
    from crossdock.cli.listing import show as show_rows
    from crossdock.engine.ledger import PromiseState
    from crossdock.store import goods

    if state is not None and state not in [*PromiseState]:
        raise typer.BadParameter(none_of(state, PromiseState), param_hint="--state")

    pipelines = chosen(config, pipeline, client)

    async def work(store: "CrossdockStore") -> "list[StockView]":
        return await store.read(goods.list_stock, sku=sku, state=state, limit=limit, pipelines=pipelines)

    found = ask_store(config, database, work)
    empty = "No stock change is like that."
    show_rows(
        [*map(stock_lines.line_of, found)],
        lambda: stock_lines.listed(found),
        empty=empty,
        as_json=as_json,
        as_csv=as_csv,
        kind=stock_lines.StockLine,
        limit=limit,
        first="newest",
    )


def _promise(config: Path, pipeline: str | None, changes: "Sequence[StockChange]", by: str) -> None:
    """Promise the changes, and say what happens now."""
    written, name = pipeline_with("inventory_sink", config, pipeline)
    connection = written.pipelines[name].roles["inventory_sink"]
    new = ask_store(config, None, lambda store: _write(store, name, connection, changes, by or this_person()))
    for change in changes[:3]:
        typer.echo(f"{change.item.sku}: {stock_lines.what(change)}")
    if len(changes) > 3:
        typer.echo(f"… and {len(changes) - 3:,} more")
    typer.echo(_then(written, name, new, len(changes)))


async def _write(
    store: "CrossdockStore", pipeline: str, connection: str, changes: "Sequence[StockChange]", by: str
) -> int:
    from crossdock.cli.stock_file import WrongNumbers
    from crossdock.store.audit import Deed
    from crossdock.store.goods import promise_by_hand, promised_stock

    known = await store.read(promised_stock, connection, [change.key for change in changes])
    other = [
        known[change.key]
        for change in changes
        if change.key in known and stock_lines.what(known[change.key]) != stock_lines.what(change)
    ]
    if other:
        names = "\n".join(f"  {one.item.sku}: {stock_lines.what(one)}" for one in other[:20])
        raise WrongNumbers(
            f"Nothing was taken: {len(other)} SKUs were imported with this --key before, with other numbers. For new "
            f"numbers choose a new key. What was taken then:\n{names}"
        )
    one = changes[0]
    deed = Deed(by, "change stock", one.item.sku, pipeline, after=stock_lines.what(one), note=one.reason)
    if len(changes) > 1:
        deed = Deed(by, "import stock", one.key.rpartition("/")[0], pipeline, after=f"{len(changes):,} changes")
    return await store.write(promise_by_hand, pipeline, connection, changes, deed, now=datetime.now(UTC))


def _then(config: "Config", pipeline: str, new: int, told: int) -> str:
    from crossdock.config import Never

    if not new:
        return "All of it was taken before; nothing changes."
    before = f", {told - new:,} were taken before" if new < told else ""
    if isinstance(config.pipelines[pipeline].services.stock, Never):
        return (
            f"{new:,} noted{before}. The service `stock` of pipeline {pipeline} is off: switch it on to have them told."
        )
    return f"{new:,} noted{before}. A running crossdock tells the cart at once; otherwise `crossdock run --once` does."


def _change(
    verb: str, sku: str, meaning: "StockMeaning", centers: "tuple[CenterQuantity, ...]", reason: str
) -> "StockChange":
    from crossdock.domain import StockChange, StockItem

    key = f"{verb}/{sku}/{_moment()}"
    return StockChange(key=key, item=StockItem(sku=sku), meaning=meaning, centers=centers, reason=reason)


def _moment() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
