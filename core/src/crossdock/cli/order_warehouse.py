"""`crossdock orders withdraw` and `replace`: what a person wants back from the warehouse."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ClientOption, ConfigOption, PipelineOption, ask_host, chosen

if TYPE_CHECKING:
    from crossdock.engine.amendment import Purpose
    from crossdock.runtime.host import Host
    from crossdock.store.queries import OrderSummary, Pipelines

NumberArgument = Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")]
DONE, STAYS = 0, 1


def withdraw(
    number: NumberArgument,
    yes: YesOption = False,
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Take an order back from the warehouse, and keep it here until a person releases it again.

    Whole or not at all: where work on a part of a split order has begun, the other parts are sent again as they were.
    What is taken back is gone there only when a look-up has shown it.

    \b
    Example:
      crossdock orders withdraw 113-0082699-0001126

    Exit codes: 0 it is back, or the crossdock that runs takes it back; 1 the warehouse keeps it, or did not answer yet;
    2 it cannot be asked for.
    """
    from crossdock.engine.amendment import Purpose

    if not yes:
        typer.confirm(f"Have the warehouse forget order {number}?", abort=True)
    _amend_and_tell(config, number, chosen(config, pipeline, client), Purpose.KEEP)


def replace(
    number: NumberArgument,
    yes: YesOption = False,
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Take an order back from the warehouse, and send the newest version that is known of it.

    With the same number, and only when the warehouse has forgotten all of the older version. `crossdock orders fetch`
    before it makes sure that the newest version is known.

    \b
    Example:
      crossdock orders replace 113-0082699-0001126

    Exit codes: 0 it is on its way again, or the crossdock that runs does it; 1 the warehouse keeps it, or did not
    answer yet; 2 it cannot be asked for.
    """
    from crossdock.engine.amendment import Purpose

    if not yes:
        typer.confirm(f"Have the warehouse forget order {number}, and send its newest version?", abort=True)
    _amend_and_tell(config, number, chosen(config, pipeline, client), Purpose.REPLACE)


def _amend_and_tell(config: Path, number: str, pipeline: "Pipelines", purpose: "Purpose") -> None:
    code, told = ask_host(config, lambda host: _amend(host, number, pipeline, purpose))
    typer.secho(told, fg="yellow" if code else None)
    raise typer.Exit(code)


async def _amend(host: "Host", number: str, pipeline: "Pipelines", purpose: "Purpose") -> tuple[int, str]:
    """The exit code, and what is to be said."""
    from crossdock.engine.amendment import Amendment
    from crossdock.engine.flows.amend import withdraws
    from crossdock.runtime.at_once import do_at_once, pipeline_of
    from crossdock.runtime.host import store_of
    from crossdock.store.queries import the_order
    from crossdock.store.withdrawals import ask_withdrawal, requests_at_warehouse

    store = store_of(host)
    order = await store.read(the_order, number, pipeline=pipeline)
    its = pipeline_of(host, order.pipeline)
    for asked in await store.read(requests_at_warehouse, order.id):
        if asked.connection in its.targets:
            withdraws(its, asked.connection)
    amendment = Amendment(purpose=purpose)
    key = await store.write(ask_withdrawal, order.id, its.targets, amendment, now=host.clock.now())
    reports = await do_at_once(host, order.pipeline, ("amend", "release"))
    if reports is None:
        return DONE, f"Noted: the crossdock that runs takes order {order.number} back within seconds."
    return await _outcome(host, order, key, reports["amend"].error)


async def _outcome(host: "Host", order: "OrderSummary", key: str, error: str) -> tuple[int, str]:
    from crossdock.runtime.host import store_of
    from crossdock.store.stories import order_story

    story = await store_of(host).read(order_story, order.id)
    kept = next(item for item in story.promises if item.kind == "withdraw" and item.key == key)
    if kept.state == "rejected":
        return STAYS, f"The warehouse keeps order {order.number}: {kept.error}. What is left to do is a person's task."
    if kept.state != "done":
        return (
            STAYS,
            f"Order {order.number} is noted, and will be asked for again by the next run: {kept.error or error}",
        )
    reason = f" ({story.order.reason})" if story.order.reason else ""
    return DONE, f"The warehouse has forgotten order {order.number}. It is {story.order.state} now{reason}."
