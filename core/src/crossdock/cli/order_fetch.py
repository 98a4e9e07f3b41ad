"""`crossdock orders fetch`: single orders, now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, PipelineOption, ask_host

if TYPE_CHECKING:
    from crossdock.runtime.host import Host

WANTED_BY = "a person"


def fetch(
    orders: Annotated[list[str], typer.Argument(metavar="ORDER...", help="Ids at the cart, or numbers known here.")],
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Fetch single orders from the cart now, whatever its lists say, and whatever their state is.

    What is fetched goes the way of every order. An order that is new here is named by its id at the cart. Where another
    crossdock runs on the database, that one fetches within seconds.

    \b
    Examples:
      crossdock orders fetch 555000126
      crossdock orders fetch 113-0082699-0001126 555000127 --pipeline main

    Exit codes: 0 all are here, or noted for the crossdock that runs; 1 the cart did not give one; 2 it cannot be asked.
    """
    told = ask_host(config, lambda host: _fetch(host, orders, pipeline))
    for line in told.values():
        typer.echo(line)
    raise typer.Exit(0 if all(told) else 1)


async def _fetch(host: "Host", references: Sequence[str], pipeline: str | None) -> Mapping[bool, str]:
    """What is to be said: under True what went well, under False what did not."""
    from crossdock.runtime.at_once import do_at_once
    from crossdock.runtime.host import store_of

    store, told = store_of(host), dict[bool, str]()
    for name, ids in (await _wishes(host, references, pipeline)).items():
        await store.want_orders(name, ids, WANTED_BY, now=host.clock.now())
        reports = await do_at_once(host, name, ("fetch",))
        if reports is None:
            lines = {True: [f"Noted: the crossdock that runs fetches {', '.join(ids)} within seconds."]}
        else:
            lines = await _outcome(host, name, ids, reports["fetch"].error)
        for went_well, some in lines.items():
            told[went_well] = "\n".join(filter(None, (told.get(went_well, ""), *some)))
    return told
