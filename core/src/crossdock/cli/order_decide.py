"""`crossdock orders release` and `crossdock orders unacknowledge`: a person decides about one order."""

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, DatabaseOption, PipelineOption, ask_host, ask_store

if TYPE_CHECKING:
    from crossdock.runtime.host import Host
    from crossdock.store import CrossdockStore
    from crossdock.store.queries import OrderSummary

NumberArgument = Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")]


def release(
    number: NumberArgument,
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Have an order shipped after all that is held, or that was given back to the cart.

    What still hinders it (no rule for its ship method, no address) holds it again. A cancellation of it that was
    refused is dropped; one that is under way must be answered first. A running crossdock releases it within a minute;
    otherwise the next run does.

    \b
    Example:
      crossdock orders release 113-0082699-0001126

    Exit codes: 0 it is back at work, 2 it cannot be.
    """
    from datetime import UTC, datetime

    from crossdock.store.deciding import release_after_all
    from crossdock.store.queries import the_order

    async def work(store: "CrossdockStore") -> str:
        order = await store.read(the_order, number, pipeline=pipeline)
        await store.write(release_after_all, order.id, now=datetime.now(UTC))
        return order.number

    typer.echo(f"Order {ask_store(config, database, work)} is put back to work.")


def unacknowledge(number: NumberArgument, pipeline: PipelineOption = None, config: ConfigOption = CONFIG) -> None:
    """Give an order back: take our mark off it at the cart at once, and work on it no more.

    For an order that somebody else is to ship. The cart lists it as new again, for whoever asks; here it stays skipped
    until `crossdock orders release` takes it back. An order that the warehouse has is not given back.

    \b
    Example:
      crossdock orders unacknowledge 113-0082699-0001126

    Exit codes: 0 the mark is off, 2 it is not.
    """
    order = ask_host(config, lambda host: _give_back(host, number, pipeline))
    typer.echo(f"Order {order.number} is given back to {order.connection}.")


async def _give_back(host: "Host", number: str, pipeline: str | None) -> "OrderSummary":
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
    await store.write(give_back, order.id, now=host.clock.now())
    try:
        await source.role.unacknowledge_order(order.external_id)
    except CrossdockError as error:
        raise CrossdockError(
            f"order {order.number} is not worked on here any more, but the cart still counts it as ours: {error}. "
            "Run the same command again."
        ) from error
    await store.write(note_given_back, order.id)
    return order
