"""`crossdock stock show`: the story of one product's stock, in the order of time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
    pipeline_with,
)

if TYPE_CHECKING:
    from pathlib import Path

    from crossdock.config import Config
    from crossdock.domain import StockReading
    from crossdock.runtime.waiting_orders import WaitingOrder
    from crossdock.store import CrossdockStore
    from crossdock.store.stock_story import StockStory

MOST_SHOWN = 50
"""So much of a story people are shown unless they ask for more."""


@dataclass(frozen=True)
class Asked:
    """What a person wants to know: of which product, of which pipelines, since when, how much of it.

    `also` are other names by which the config knows the product, `codes` the types of codes that are names at carts.
    """

    sku: str
    config: "Config | None"
    pipelines: Collection[str] | None
    since: datetime | None
    limit: int | None
    also: frozenset[str] = frozenset()
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """The answer: the story, the orders that wait for the product now, and what the cart holds, if it was asked."""

    story: "StockStory"
    orders: "Sequence[WaitingOrder]" = ()
    reading: "StockReading | None" = None


def show(
    sku: Annotated[str, typer.Argument(help="The SKU, as the cart or the warehouse knows it.")],
    live: Annotated[bool, typer.Option("--live", help="Also read what the cart holds now.")] = False,
    since: Annotated[str, typer.Option(help="Only what happened since this day or moment (UTC).")] = "",
    limit: Annotated[
        int | None, typer.Option(help=f"Only so much, the newest; people see {MOST_SHOWN}, programs all.", min=1)
    ] = None,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Tell the story of one SKU: how it moved in the warehouse, what the cart was told and why, what both sides said
    when they were read, what differed, what people did, and which orders wait for it.

    \b
    With --json, one object; of each part the newest comes first:
      sku, names   what was asked for, and the other names by which it goes at the cart and in the warehouse
      levels       the last level that the cart was told, by centre, and what it was made of
      orders       open orders that wait for it: pieces, centres, and whether the warehouse was asked for them
      movements    transactions of the warehouse; promise_key names the stock change that told the cart of them
      changes      what was promised to the cart; change.before is what it held just before
      netted       by the key of a change, of how many movements it was made
      readings     numbers that were read, where they differed from those before; the last have no replaced_at
      differences  what reports on both sides have shown
      deeds        what people did
      cart         with --live what the cart holds now, else null

    \b
    Examples:
      crossdock stock show TEE-RED-M
      crossdock stock show TEE-RED-M --live
      crossdock stock show TEE-RED-M --since 2026-03-01 --csv
    """
    import asyncio

    from crossdock.cli.stock_story_lines import StockEvent, tell, time_line

    if as_json and as_csv:
        raise typer.BadParameter("either --json or --csv")
    begin = _moment(since) if since else None
    most = limit or (None if as_json or as_csv else MOST_SHOWN)
    asked = _asked(sku, config, chosen(config, pipeline, client), begin, most)
    known = ask_store(config, database, lambda store: _look_up(store, asked))
    if live:
        sink = pipeline_with("inventory_sink", config, pipeline, client)
        known = Known(known.story, known.orders, asyncio.run(_read_live(*sink, known.story)))
    if as_json:
        typer.echo(_as_json(known))
    elif as_csv:
        from crossdock.cli.listing import as_csv_text

        events = time_line(known.story)
        typer.echo(as_csv_text(events[-most:] if most else events, StockEvent), nl=False)
    else:
        tell(known, most=most)


def _asked(
    sku: str, config: "Path", pipelines: Collection[str] | None, since: datetime | None, limit: int | None
) -> Asked:
    """The question, with the names that the config knows; without a config there are none."""
    from crossdock.config import survey_config

    if not config.exists():
        return Asked(sku, None, pipelines, since, limit)
    written, _ = survey_config(config)
    told = {name: one for name, one in written.pipelines.items() if pipelines is None or name in pipelines}
    pairs = [pair for one in told.values() for pair in one.alias_table.items()]
    also = frozenset(name for pair in pairs if sku.casefold() in map(str.casefold, pair) for name in pair)
    codes = {name: one.stock.alias for name, one in told.items() if one.stock.alias and not one.stock.aliases}
    return Asked(sku, written, pipelines, since, limit, also, codes)


async def _look_up(store: "CrossdockStore", asked: Asked) -> Known:
    from crossdock.runtime.waiting_orders import orders_waiting
    from crossdock.store.stock import spellings
    from crossdock.store.stock_story import Wanted, stock_story

    wanted = Wanted(asked.pipelines, asked.limit, asked.since, asked.codes)
    story = await store.read(stock_story, asked.sku, wanted, also=asked.also)
    if asked.config is None:
        return Known(story)
    names, now = spellings((asked.sku, *asked.also, *story.names)), datetime.now(UTC)
    return Known(story, await orders_waiting(store, asked.config, asked.pipelines, names, now))


async def _read_live(config: "Config", pipeline: str, story: "StockStory") -> "StockReading":
    """What the cart holds now, by the name under which it was told, or by any other."""
    from crossdock.domain import StockItem
    from crossdock.runtime.host import open_connections, open_role

    told = [*(one.change.item.sku for one in story.changes), *(one.sku for one in story.levels)]
    items = [StockItem(sku=name) for name in dict.fromkeys([*told, story.sku, *story.names])]
    connection = config.pipelines[pipeline].roles["inventory_sink"]
    async with open_connections(config, capture=lambda call: None, quiet=True) as host:
        readings = await open_role(host, "inventory_sink", connection).role.read_stock(items)
    known = (reading for reading in readings if not reading.refusal)
    return next(known, readings[0])  # type: ignore[no-any-return]  # a role is of the plugin's own type


def _as_json(known: Known) -> str:
    from dataclasses import asdict

    from crossdock.cli.screen import as_json_text

    return as_json_text(asdict(known.story) | {"orders": known.orders, "cart": known.reading})


def _moment(text: str) -> datetime:
    """A day or moment; raises what people read when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        wanted = "neither a day such as 2026-03-01 nor a moment such as 2026-03-01T08:00 (UTC)"
        raise typer.BadParameter(f"'{text}' is {wanted}", param_hint="--since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
