"""`crossdock orders resend`: the cart is told of packages again, as far as it does not know of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    PipelineOption,
    ask_host,
    chosen,
    this_person,
)

if TYPE_CHECKING:
    from datetime import datetime

    from crossdock.runtime.host import Host
    from crossdock.store.queries import Pipelines
    from crossdock.store.stories import PromiseView

NumberArgument = Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")]
BoxOption = Annotated[
    str, typer.Option(help="Only this package, by the warehouse's number for it (see `orders show`).")
]
DONE, NOT_DONE = 0, 1
Told = tuple[int, list[str]]
"""The exit code, and what is to be said."""


def resend(
    number: NumberArgument,
    box: BoxOption = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Tell the cart of shipped packages again, with their tracking numbers.

    Each package that was told, or refused, is looked up at the cart first: what it has is not sent twice. Where another
    crossdock runs on the database, that one does it, within seconds.

    \b
    Examples:
      crossdock orders resend 113-0082699-0001126
      crossdock orders resend 113-0082699-0001126 --box 113-0082699-0001126-2

    Exit codes: 0 the cart has all of them, or the crossdock that runs sees to it; 1 it refused one, or did not answer
    yet; 2 there is nothing to tell again.
    """
    pipelines = chosen(config, pipeline, client)
    code, lines = ask_host(config, lambda host: _resend(host, number, box, by or this_person(), pipelines))
    for line in lines:
        typer.secho(line, fg="yellow" if code else None)
    raise typer.Exit(code)


async def _resend(host: "Host", number: str, box: str, by: str, pipeline: "Pipelines") -> Told:
    from crossdock.mapping.status_events import SWITCHED_OFF
    from crossdock.runtime.at_once import do_at_once, pipeline_of
    from crossdock.runtime.host import store_of
    from crossdock.store.deciding import NotPossible
    from crossdock.store.queries import the_order
    from crossdock.store.resending import ask_resend

    store, now = store_of(host), host.clock.now()
    order = await store.read(the_order, number, pipeline=pipeline)
    if not pipeline_of(host, order.pipeline).rules.status_events.notify_cart:
        raise NotPossible(f"the cart of pipeline {order.pipeline} is told of nothing now: {SWITCHED_OFF}")
    keys = await store.write(ask_resend, order.id, box, by, now=now)
    reports = await do_at_once(host, order.pipeline, ("confirm",))
    if reports is None:
        return DONE, [f"{key} is noted: the crossdock that runs looks it up within seconds." for key in keys]
    return await _outcomes(host, order.id, keys, now, reports["confirm"].error)


async def _outcomes(host: "Host", order_id: int, keys: Sequence[str], asked_at: "datetime", error: str) -> Told:
    from crossdock.runtime.host import store_of
    from crossdock.store.stories import order_story

    story = await store_of(host).read(order_story, order_id)
    told = [_outcome(one, asked_at, error) for one in story.promises if one.kind == "confirm" and one.key in keys]
    return max((code for code, _ in told), default=DONE), [line for _, line in told]


def _outcome(kept: "PromiseView", asked_at: "datetime", error: str) -> tuple[int, str]:
    if kept.state == "done" and kept.found_at and kept.found_at >= asked_at:
        return DONE, f"{kept.key}: the cart has it (its id there: {kept.ref}); nothing was sent."
    if kept.state == "done":
        return DONE, f"{kept.key}: the cart did not have it; it was sent again (its id there: {kept.ref})."
    if kept.state == "rejected":
        return NOT_DONE, f"{kept.key}: the cart refuses it: {kept.error}"
    return NOT_DONE, f"{kept.key} is noted, and will be looked up again by the next run: {kept.error or error}"
