"""`crossdock orders release` and `crossdock orders unacknowledge`: a person decides about one order."""

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    DatabaseOption,
    PipelineOption,
    ask_host,
    ask_store,
    chosen,
    this_person,
)

if TYPE_CHECKING:
    from crossdock.runtime.host import Host
    from crossdock.store import CrossdockStore
    from crossdock.store.queries import OrderSummary, Pipelines

NumberArgument = Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")]


def release(
    numbers: Annotated[list[str] | None, typer.Argument(help="The orders' numbers, or their ids at the cart.")] = None,
    all_held_for: Annotated[
        str, typer.Option(help="All orders that are held for this reason, such as order_review.")
    ] = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Have orders shipped after all that are held, or that were given back to the cart.

    It is a person's word that an order may go: the hold window, tags, flags and reviews do not hold it again, unless
    the cart changes what is to be shipped, or where. What still hinders it (no rule for its ship method, no address)
    holds it again. A cancellation of it that was refused is dropped; one that is under way must be answered first. A
    running crossdock releases it within a minute; otherwise the next run does.

    \b
    Examples:
      crossdock orders release 113-0082699-0001126
      crossdock orders release --all-held-for order_review

    Exit codes: 0 all of them are back at work; 2 at least one cannot be.
    """
    if bool(numbers) == bool(all_held_for):
        raise typer.BadParameter("name orders, or a reason with --all-held-for")
    pipelines = chosen(config, pipeline, client)
    released, refused = ask_store(
        config,
        database,
        lambda store: _release(store, numbers or [], all_held_for.replace(" ", "_"), by or this_person(), pipelines),
    )
    if all_held_for:
        others = "" if released or refused else ask_store(config, database, lambda store: _others(store, pipelines))
        typer.echo(f"{len(released):,} {'order is' if len(released) == 1 else 'orders are'} put back to work{others}.")
    for number in () if all_held_for else released:
        typer.echo(f"Order {number} is put back to work.")
    for why in refused:
        typer.secho(why, fg="red", err=True)
    if refused:
        raise typer.Exit(2)


async def _release(
    store: "CrossdockStore", numbers: list[str], reason: str, by: str, pipeline: "Pipelines"
) -> tuple[list[str], list[str]]:
    """The orders that are back at work, and why others are not."""
    from datetime import UTC, datetime

    from crossdock.store.deciding import NotPossible, held_for, release_after_all
    from crossdock.store.queries import the_order

    meant = [(one.id, one.number) for one in [await store.read(the_order, n, pipeline=pipeline) for n in numbers]]
    if reason:
        meant = await store.read(held_for, reason, pipeline=pipeline)
    released, refused = [], []
    for order_id, number in meant:
        try:
            await store.write(release_after_all, order_id, by=by, now=datetime.now(UTC))
            released.append(number)
        except NotPossible as error:
            refused.append(str(error))
    return released, refused


async def _others(store: "CrossdockStore", pipeline: "Pipelines") -> str:
    """For what else orders are held, for a person who mistyped the reason."""
    from crossdock.store.deciding import hold_reasons

    held = await store.read(hold_reasons, pipeline=pipeline)
    return f"; held are {', '.join(f'{number:,} for {why}' for why, number in held.items())}" if held else ""


def unacknowledge(
    number: NumberArgument,
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Give an order back: take our mark off it at the cart at once, and work on it no more.

    For an order that somebody else is to ship. The cart lists it as new again, for whoever asks; here it stays skipped
    until `crossdock orders release` takes it back. An order that the warehouse has is not given back.

    \b
    Example:
      crossdock orders unacknowledge 113-0082699-0001126

    Exit codes: 0 the mark is off, 2 it is not.
    """
    pipelines = chosen(config, pipeline, client)
    order = ask_host(config, lambda host: _give_back(host, number, pipelines, by or this_person()))
    typer.echo(f"Order {order.number} is given back to {order.connection}.")


async def _give_back(host: "Host", number: str, pipeline: "Pipelines", by: str) -> "OrderSummary":
    """First it is written down that we leave the order alone: whatever happens then, nobody ships it twice."""
    from crossdock.hooks.errors import CrossdockError, Unsupported
    from crossdock.hooks.features import UndoesAcknowledgement
    from crossdock.runtime.at_once import pipeline_of
    from crossdock.runtime.host import store_of
    from crossdock.store.deciding import give_back, note_given_back
    from crossdock.store.queries import the_order

    store = store_of(host)
    order = await store.read(the_order, number, pipeline=pipeline)
    source = pipeline_of(host, order.pipeline).source
    if not isinstance(source.role, UndoesAcknowledgement):
        raise Unsupported(f"connection {source.connection} has no way to take a mark off an order")
    await store.write(give_back, order.id, by=by, now=host.clock.now())
    try:
        await source.role.unacknowledge_order(order.external_id)
    except CrossdockError as error:
        raise CrossdockError(
            f"order {order.number} is not worked on here any more, but the cart still counts it as ours: {error}. "
            "Run the same command again."
        ) from error
    await store.write(note_given_back, order.id)
    return order
