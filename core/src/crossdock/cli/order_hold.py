"""`crossdock orders hold` and `resume`: a person keeps orders from going on, here or at the warehouse."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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
    from crossdock.engine.amendment import AskedRequest
    from crossdock.hooks.features import HoldsOrders
    from crossdock.runtime.host import Host
    from crossdock.store.queries import OrderSummary, Pipelines

NumbersArgument = Annotated[list[str], typer.Argument(help="The orders' numbers, or their ids at the cart.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for whoever reads it later.")]
UntilOption = Annotated[
    str, typer.Option(help="When the hold ends by itself: a length of time such as 2h, or a moment in UTC.")
]
NOT_DONE = 2


@dataclass(frozen=True)
class Wish:
    """Who wants an order held, why, and until when."""

    by: str
    reason: str = ""
    until: datetime | None = None


def hold(
    numbers: NumbersArgument,
    reason: ReasonOption = "",
    until: UntilOption = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Hold orders, until `crossdock orders resume` or the moment that is named.

    An order that the warehouse has not got is held here: what the cart changes meanwhile still counts, and a
    cancellation ends it. One that it has is held there; such a hold has no end of its own.

    \b
    Examples:
      crossdock orders hold 113-0082699-0001126 --reason "the buyer calls back" --until 2h
      crossdock orders hold 113-0082699-0001126 113-0082699-0001127 --until 2026-11-30T08:00

    Exit codes: 0 all of them are held; 2 at least one is not.
    """
    wish = Wish(by or this_person(), reason, _moment(until) if until else None)
    pipelines = chosen(config, pipeline, client)
    _each(config, numbers, lambda host, number: _hold(host, number, pipelines, wish))


def resume(
    numbers: NumbersArgument,
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Let orders go on that a person holds, here or at the warehouse.

    What else keeps an order here still does; `crossdock orders release` is a person's word that it may go.

    \b
    Example:
      crossdock orders resume 113-0082699-0001126

    Exit codes: 0 all of them go on; 2 at least one does not.
    """
    wish = Wish(by or this_person())
    pipelines = chosen(config, pipeline, client)
    _each(config, numbers, lambda host, number: _resume(host, number, pipelines, wish))


def _moment(text: str) -> datetime:
    """A moment that is to come; raises what people read when it is none."""
    from datetime import UTC

    now = datetime.now(UTC)
    try:
        moment = _after(now, text) or datetime.fromisoformat(text)
    except ValueError:
        wanted = "a length of time such as 30m, 2h or 1d, nor a moment such as 2026-11-30T08:00 (UTC)"
        raise typer.BadParameter(f"'{text}' is neither {wanted}", param_hint="--until") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= now:
        raise typer.BadParameter(f"{moment:%Y-%m-%d %H:%M} UTC is over", param_hint="--until")
    return moment


def _after(now: datetime, text: str) -> datetime | None:
    """The end of a length of time; None for what is none."""
    from crossdock.config.schedule import Every, parse_schedule

    try:
        length = parse_schedule(text)
    except ValueError:
        return None
    return length.next_after(now) if isinstance(length, Every) else None


def _each(config: Path, numbers: Sequence[str], work: "Callable[[Host, str], Awaitable[str]]") -> None:
    """Do it with one order after the other; what goes wrong with one stops no other."""
    from crossdock.hooks.errors import CrossdockError

    async def all_of_them(host: "Host") -> int:
        failed = 0
        for number in numbers:
            try:
                typer.echo(await work(host, number))
            except CrossdockError as error:
                if len(numbers) == 1:
                    raise
                failed += 1
                typer.secho(f"{number}: {error}", fg="red", err=True)
        return failed

    if ask_host(config, all_of_them):
        raise typer.Exit(NOT_DONE)


async def _hold(host: "Host", number: str, pipeline: "Pipelines", wish: Wish) -> str:
    from crossdock.hooks.errors import CrossdockError
    from crossdock.runtime.host import store_of
    from crossdock.store.deciding import hold_here
    from crossdock.store.withdrawals import note_held_there

    order, requests = await _found(host, number, pipeline)
    store, now = store_of(host), host.clock.now()
    if not requests:
        await store.write(hold_here, order.id, by=wish.by, why=wish.reason, until=wish.until, now=now)
        until = f" until {wish.until:%Y-%m-%d %H:%M} UTC" if wish.until else ""
        return f"Order {order.number} is held here{until}; `crossdock orders resume {order.number}` lets it go on."
    if wish.until:
        raise CrossdockError(
            f"the warehouse has order {order.number}, and a hold there has no end of its own; hold it without --until"
        )
    await _ask_there(host, order, requests, resume=False)
    await store.write(note_held_there, order.id, resumed=False, by=wish.by, note=wish.reason, now=now)
    return f"Order {order.number} is held at the warehouse; `crossdock orders resume {order.number}` lets it go on."


async def _resume(host: "Host", number: str, pipeline: "Pipelines", wish: Wish) -> str:
    from crossdock.runtime.host import store_of
    from crossdock.store.deciding import resume_here
    from crossdock.store.withdrawals import note_held_there

    order, requests = await _found(host, number, pipeline)
    store, now = store_of(host), host.clock.now()
    if not requests:
        await store.write(resume_here, order.id, by=wish.by, now=now)
        return f"Order {order.number} goes on."
    await _ask_there(host, order, requests, resume=True)
    await store.write(note_held_there, order.id, resumed=True, by=wish.by, now=now)
    return f"Work on order {order.number} may begin."


async def _found(host: "Host", number: str, pipeline: "Pipelines") -> "tuple[OrderSummary, Sequence[AskedRequest]]":
    """The order, and what warehouses have of it."""
    from crossdock.runtime.host import store_of
    from crossdock.store.queries import the_order
    from crossdock.store.withdrawals import requests_at_warehouse

    order = await store_of(host).read(the_order, number, pipeline=pipeline)
    return order, await store_of(host).read(requests_at_warehouse, order.id)


async def _ask_there(host: "Host", order: "OrderSummary", asked: "Sequence[AskedRequest]", *, resume: bool) -> None:
    """Ask at once, request by request; what was asked stands in the order's story."""
    from crossdock.engine.trace import subject
    from crossdock.hooks.errors import CrossdockError

    there = [(one.request, _holder(host, order.pipeline, one.connection)) for one in asked]
    subject.set(order.id)
    told: list[str] = []
    for request, warehouse in there:
        try:
            await (warehouse.resume_order(request) if resume else warehouse.hold_order(request))
        except CrossdockError as error:
            done = f"; {', '.join(told)} was {'resumed' if resume else 'held'} before" if told else ""
            raise CrossdockError(f"the warehouse did not do it with {request.number}: {error}{done}") from error
        told.append(request.number)


def _holder(host: "Host", pipeline: str, connection: str) -> "HoldsOrders":
    """The warehouse that is to be asked; raises when it cannot be."""
    from crossdock.hooks.errors import Unsupported
    from crossdock.hooks.features import HoldsOrders
    from crossdock.runtime.at_once import pipeline_of

    target = pipeline_of(host, pipeline).targets.get(connection)
    if target is None or not isinstance(target.role, HoldsOrders):
        raise Unsupported(f"connection {connection} has no way to hold an order; do it there by hand")
    return target.role
