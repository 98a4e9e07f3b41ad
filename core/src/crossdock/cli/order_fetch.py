"""`crossdock orders fetch`: single orders, now."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ClientOption, ConfigOption, PipelineOption, ask_host, chosen

if TYPE_CHECKING:
    from crossdock.runtime.host import Host

Told = tuple[bool, str]
"""Whether it went well, and what is to be said."""


def fetch(
    orders: Annotated[list[str], typer.Argument(metavar="ORDER", help="Ids at the cart, or numbers known here.")],
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Fetch single orders from the cart now, whatever its lists say, and whatever their state is.

    What is fetched goes the way of every order. An order that is new here is named by its id at the cart. Where another
    crossdock runs on the database, that one fetches, within seconds.

    \b
    Examples:
      crossdock orders fetch 555000126
      crossdock orders fetch 113-0082699-0001126 555000127 --pipeline main

    Exit codes: 0 all are here, or noted for the crossdock that runs; 1 the cart did not give one; 2 it cannot be asked.
    """

    pipelines = chosen(config, pipeline, client)

    async def work(host: "Host") -> list[Told]:
        wishes = await _wishes(host, orders, pipelines)
        return [told for name, ids in wishes.items() async for told in _fetch(host, name, ids)]

    told = ask_host(config, work)
    for well, line in told:
        typer.secho(line, fg=None if well else "yellow")
    raise typer.Exit(0 if all(well for well, _ in told) else 1)


async def _wishes(host: "Host", references: Sequence[str], pipelines: list[str] | None) -> Mapping[str, list[str]]:
    """The ids at the cart of what a person named, by pipeline; each can give single orders."""
    from crossdock.engine.runner import flows_of
    from crossdock.hooks.errors import Unsupported
    from crossdock.runtime.at_once import pipeline_of, the_pipeline_with
    from crossdock.runtime.host import store_of
    from crossdock.store.queries import find_orders, the_order

    wishes: defaultdict[str, list[str]] = defaultdict(list)
    for reference in references:
        if await store_of(host).read(find_orders, reference, pipeline=pipelines):
            order = await store_of(host).read(the_order, reference, pipeline=pipelines)
            wishes[order.pipeline].append(order.external_id)
        else:
            wishes[the_pipeline_with(host, "fetch", among=pipelines)].append(reference)
    for name in wishes:
        if "fetch" not in flows_of(opened := pipeline_of(host, name)):
            raise Unsupported(f"connection {opened.source.connection} cannot give a single order")
    return wishes


async def _fetch(host: "Host", pipeline: str, ids: Sequence[str]) -> AsyncIterator[Told]:
    from crossdock.runtime.at_once import do_at_once
    from crossdock.runtime.host import store_of
    from crossdock.store.queries import find_orders

    store = store_of(host)
    await store.want_orders(pipeline, ids, "a person", now=host.clock.now())
    reports = await do_at_once(host, pipeline, ("fetch",))
    if reports is None:
        yield True, f"Noted: the crossdock that runs fetches {', '.join(ids)} within seconds."
        return
    if error := reports["fetch"].error:
        yield False, f"Not all could be fetched, and the next run tries again: {error}"
    for order in [found for id_ in ids for found in await store.read(find_orders, id_, pipeline=pipeline)]:
        why = f": {order.reason}" if order.reason else ""
        yield True, f"{order.external_id}  {order.number}  {order.state.replace('_', ' ')}{why}"
    if refused := reports["fetch"].counts.get("refused"):
        yield False, f"The cart does not give {refused} of them; `crossdock problems list` says why."
