"""`crossdock orders cancel` and `crossdock orders refund`: the cart is asked, exactly once."""

from collections.abc import Sequence
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
    none_of,
    this_person,
)

if TYPE_CHECKING:
    from crossdock.domain import AdjustedAmounts, AdjustmentReason
    from crossdock.engine.adjustment_plan import AdjustmentWish
    from crossdock.runtime.host import Host
    from crossdock.store.queries import Pipelines

NumberArgument = Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")]
LineOption = Annotated[str, typer.Option(help="Only this line of the order, by its id (see `orders show`).")]
QuantityOption = Annotated[int | None, typer.Option(help="Only so many units of the line.", min=1)]
ReasonOption = Annotated[str, typer.Option(help="Why: the marketplace is told.")]
RestockOption = Annotated[bool, typer.Option("--restock", help="Put the units back into the cart's stock.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet-at-marketplace", help="Have it recorded at the cart only; no marketplace is told.")
]
AgainOption = Annotated[bool, typer.Option("--again", help="Ask although the very same was asked for before.")]
DONE, REFUSED = 0, 1


def cancel(
    number: NumberArgument,
    reason: ReasonOption,
    line: LineOption = "",
    quantity: QuantityOption = None,
    restock: RestockOption = False,
    quiet_at_marketplace: QuietOption = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Although the warehouse has the order already.")] = False,
    again: AgainOption = False,
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Cancel units that have not left: a whole order, a line, or some units of a line.

    Asked of the cart exactly once. Until the marketplace has agreed, nothing of the order goes to the warehouse; then
    what is left goes. A refusal is a problem, and holds the order until a person decides.

    \b
    Reasons: general, not_available, returned, could_not_ship, alternate_item, buyer_cancelled, exchange, not_received,
    undeliverable.

    \b
    Examples:
      crossdock orders cancel 113-0082699-0001126 --reason not_available
      crossdock orders cancel 113-0082699-0001126 --line 9001 --quantity 1 --reason not_available --restock

    Exit codes: 0 the cart has it, or the crossdock that runs asks it; 1 the cart refused, or did not answer yet;
    2 this cannot be asked for.
    """
    from crossdock.domain import AdjustmentKind
    from crossdock.engine.adjustment_plan import AdjustmentWish

    wish = AdjustmentWish(
        AdjustmentKind.CANCELLATION,
        read_reason(reason),
        line,
        quantity,
        restock=restock,
        tell_marketplace=not quiet_at_marketplace,
    )
    _ask_and_tell(config, number, chosen(config, pipeline, client), wish, by, again=again, anyway=anyway)


def refund(
    number: NumberArgument,
    reason: ReasonOption,
    line: LineOption = "",
    quantity: QuantityOption = None,
    amount: Annotated[
        list[str] | None,
        typer.Option(metavar="WHAT=MONEY", help="What is paid back; what is not named the cart works out."),
    ] = None,
    restock: RestockOption = False,
    quiet_at_marketplace: QuietOption = False,
    again: AgainOption = False,
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Pay back money for units that have left: for a whole order, a line, or some units of a line.

    Asked of the cart exactly once. What is paid back: item, tax, shipping, shipping_tax, gift_wrap, gift_wrap_tax,
    recycling_fee, in the order's currency. Reasons are those of `crossdock orders cancel`.

    \b
    Examples:
      crossdock orders refund 113-0082699-0001126 --line 9001 --quantity 1 --reason returned
      crossdock orders refund 113-0082699-0001126 --line 9001 --reason returned --amount item=5.00 --amount shipping=0

    Exit codes: 0 the cart has it, or the crossdock that runs asks it; 1 the cart refused, or did not answer yet;
    2 this cannot be asked for.
    """
    from crossdock.domain import AdjustmentKind
    from crossdock.engine.adjustment_plan import AdjustmentWish

    wish = AdjustmentWish(
        AdjustmentKind.REFUND,
        read_reason(reason),
        line,
        quantity,
        read_amounts(amount or ()),
        restock=restock,
        tell_marketplace=not quiet_at_marketplace,
    )
    _ask_and_tell(config, number, chosen(config, pipeline, client), wish, by, again=again)


def read_reason(text: str) -> "AdjustmentReason":
    """The reason that a person means; raises a sentence with the nearest one."""
    from crossdock.domain import AdjustmentReason

    wanted = text.strip().casefold().replace("-", "_").replace(" ", "_")
    if wanted in [*AdjustmentReason]:
        return AdjustmentReason(wanted)
    raise typer.BadParameter(none_of(text, list(AdjustmentReason)), param_hint="--reason")


def read_amounts(texts: Sequence[str]) -> "AdjustedAmounts | None":
    """The amounts that a person gives as `WHAT=MONEY`; none at all when none is given."""
    from decimal import Decimal, InvalidOperation

    from crossdock.domain import AdjustedAmounts

    amounts: dict[str, Decimal] = {}
    for text in texts:
        what, _, money = text.partition("=")
        if what not in AdjustedAmounts.model_fields:
            raise typer.BadParameter(none_of(what, list(AdjustedAmounts.model_fields)), param_hint="--amount")
        try:
            amounts[what] = Decimal(money)
        except InvalidOperation:
            raise typer.BadParameter(f"'{text}' has no amount, such as {what}=5.00", param_hint="--amount") from None
        if not amounts[what].is_finite() or amounts[what] < 0:
            raise typer.BadParameter(f"'{text}': only amounts from 0 up can be paid back", param_hint="--amount")
    return AdjustedAmounts(**amounts) if amounts else None


def _ask_and_tell(
    config: Path,
    number: str,
    pipeline: "Pipelines",
    wish: "AdjustmentWish",
    by: str,
    *,
    again: bool,
    anyway: bool = False,
) -> None:
    who = by or this_person()
    code, told = ask_host(config, lambda host: _ask(host, number, pipeline, wish, who, again=again, anyway=anyway))
    typer.secho(told, fg="yellow" if code else None)
    raise typer.Exit(code)


async def _ask(
    host: "Host", number: str, pipeline: "Pipelines", wish: "AdjustmentWish", by: str, *, again: bool, anyway: bool
) -> tuple[int, str]:
    """The exit code, and what is to be said."""
    from crossdock.runtime.at_once import do_at_once, pipeline_of
    from crossdock.runtime.host import store_of
    from crossdock.store.adjusting import ask_adjustment
    from crossdock.store.queries import the_order

    store = store_of(host)
    order = await store.read(the_order, number, pipeline=pipeline)
    source = pipeline_of(host, order.pipeline).source
    _check_able(source.connection, source.role)
    how = {"again": again, "anyway": anyway}
    asked = await store.write(ask_adjustment, order.id, source.connection, wish, **how, by=by, now=host.clock.now())
    reports = await do_at_once(host, order.pipeline, ("adjust",))
    if reports is None:
        return DONE, f"Noted as {asked.key}: the crossdock that runs asks the cart within seconds."
    return await _outcome(host, order.id, asked.key, reports["adjust"].error)


def _check_able(connection: str, role: object) -> None:
    from crossdock.hooks.errors import Unsupported
    from crossdock.hooks.features import AdjustsOrders, FetchesOrder

    if not isinstance(role, AdjustsOrders):
        raise Unsupported(f"connection {connection} has no way to cancel or refund; do it in the cart's own pages")
    if not isinstance(role, FetchesOrder):
        raise Unsupported(
            f"connection {connection} cannot give a single order, so that nobody would know what is left of one: "
            "cancel and refund in the cart's own pages"
        )


async def _outcome(host: "Host", order_id: int, key: str, error: str) -> tuple[int, str]:
    from crossdock.runtime.host import store_of
    from crossdock.store.stories import order_story

    story = await store_of(host).read(order_story, order_id)
    kept = next(item for item in story.promises if item.key == key)
    if kept.state == "done":
        return DONE, f"The cart has it ({key}, its id there: {kept.ref}). What the marketplace says is told later."
    if kept.state == "rejected":
        return REFUSED, f"The cart refuses {key}: {kept.error}"
    return REFUSED, f"{key} is noted, and will be asked again by the next run: {kept.error or error}"
