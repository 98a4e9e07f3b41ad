"""`crossdock orders`: what became of every order, and what a person wants done with one."""

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli import order_adjust, order_decide, order_edit, order_fetch, order_hold, order_resend, order_warehouse
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
from crossdock.cli.screen import colored

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.store import CrossdockStore
    from crossdock.store.queries import OrderSummary
    from crossdock.store.stories import OrderStory

app = typer.Typer(no_args_is_help=True, help="What became of every order; fetch, cancel, release one.")


@app.command("list", short_help="List orders and where they stand.")
def list_orders(
    text: Annotated[str, typer.Argument(help="An order's id at the cart, or the beginning of its number.")] = "",
    state: Annotated[str | None, typer.Option(help="Only orders in this state, such as held or waiting.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List orders, the newest first: where they stand, and why they are not further.

    \b
    States: unreadable, waiting, skipped, ready, held, releasing, released, part_shipped, shipped,
    cancelled.

    \b
    Examples:
      crossdock orders list
      crossdock orders list --state held
      crossdock orders list 113-00
      crossdock orders list --client acme --state skipped --csv
    """
    from crossdock.cli.listing import show as show_rows
    from crossdock.engine.ports import OrderState
    from crossdock.store import queries

    if state is not None and state not in [*OrderState]:
        raise typer.BadParameter(none_of(state, OrderState), param_hint="--state")

    pipelines = chosen(config, pipeline, client)

    async def work(store: "CrossdockStore") -> "list[OrderSummary]":
        return await store.read(queries.list_orders, state=state, text=text, limit=limit, pipelines=pipelines)

    found = ask_store(config, database, work)
    empty, kind = "No order is like that.", queries.OrderSummary
    show_rows(
        found,
        lambda: _listed(found),
        empty=empty,
        as_json=as_json,
        as_csv=as_csv,
        kind=kind,
        limit=limit,
        first="newest",
    )


def _listed(found: "list[OrderSummary]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    table = open_table("number", "id at the cart", "site", "placed (UTC)", "state", "why", sentences=True)
    for order in found:
        table.add_row(
            escape(order.number),
            escape(order.external_id),
            escape(order.site),
            day_and_minute(order.placed_at),
            colored(order.state),
            escape(order.reason),
        )
    return table


@app.command(short_help="Tell the whole story of one order.")
def show(
    number: Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")],
    full: Annotated[bool, typer.Option("--full", help="Show long bodies whole.")] = False,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Tell the whole story of one order, in the order of time.

    What the cart said, what each distribution centre was asked, what was packed, what the cart was told, every problem,
    what people did, and every request with its answer. Secrets are not in it. With --json it is one object, in which
    `document` is the order as expressions of the config see it; bodies of requests are in it with --full only.

    \b
    Examples:
      crossdock orders show 113-0082699-0001126
      crossdock orders show 555000126 --full
      crossdock orders show 113-0082699-0001126 --json
    """
    from crossdock.cli.order_json import story_as_data
    from crossdock.cli.order_story import tell
    from crossdock.cli.screen import as_json_text, open_console

    pipelines = chosen(config, pipeline, client)
    if as_json:
        story = ask_store(config, database, lambda store: _the_story(store, number, pipelines))
        typer.echo(as_json_text(story_as_data(story, full=full)))
        return
    console = open_console()
    for story in ask_store(config, database, lambda store: _stories(store, number, pipelines)):
        tell(console, story, full=full)


async def _the_story(store: "CrossdockStore", number: str, pipelines: "list[str] | None") -> "OrderStory":
    """The one order that is meant: programs want one."""
    from crossdock.store.queries import the_order
    from crossdock.store.stories import order_story

    order = await store.read(the_order, number, pipeline=pipelines)
    return await store.read(order_story, order.id)


async def _stories(store: "CrossdockStore", number: str, pipelines: "list[str] | None") -> "list[OrderStory]":
    """The order of that number; of several that share it, each."""
    from crossdock.store import NotFound
    from crossdock.store.queries import find_orders
    from crossdock.store.stories import order_story

    found = await store.read(find_orders, number, pipeline=pipelines)
    if not found:
        raise NotFound(f"there is no order with the number or id '{number}'; see `crossdock orders list`")
    return [await store.read(order_story, order.id) for order in found]


app.command("fetch", short_help="Fetch single orders from the cart now.")(order_fetch.fetch)
app.command("cancel", short_help="Cancel units that have not left.")(order_adjust.cancel)
app.command("refund", short_help="Pay back money for units that have left.")(order_adjust.refund)
app.command("release", short_help="Have a held order shipped after all.")(order_decide.release)
app.command("edit", short_help="Correct where and how an order is shipped.")(order_edit.edit)
app.command("resend", short_help="Tell the cart of shipped packages again.")(order_resend.resend)
app.command("withdraw", short_help="Take an order back from the warehouse.")(order_warehouse.withdraw)
app.command("replace", short_help="Have the warehouse take the newest version.")(order_warehouse.replace)
app.command("hold", short_help="Hold orders, here or at the warehouse.")(order_hold.hold)
app.command("resume", short_help="Let orders go on that a person holds.")(order_hold.resume)
app.command("unacknowledge", short_help="Give an order back to the cart.")(order_decide.unacknowledge)
