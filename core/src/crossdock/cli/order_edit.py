"""`crossdock orders edit`: a person corrects what the cart says of an order."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    CsvOption,
    JsonOption,
    PipelineOption,
    ask_host,
    chosen,
    this_person,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.runtime.host import Host
    from crossdock.store.edits import Correction
    from crossdock.store.queries import OrderSummary, Pipelines

DONE, STAYS = 0, 1


@dataclass(frozen=True)
class Field:
    """A field that can be corrected: what counts, what the cart says, and who corrected it when."""

    field: str
    value: str
    cart: str
    by: str
    at: datetime | None


def edit(
    number: Annotated[str, typer.Argument(help="The order's number, or its id at the cart.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE; can be given several times.")] = None,
    unset: Annotated[list[str] | None, typer.Option("--unset", help="A field that is the cart's again.")] = None,
    note: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "",
    by: ByOption = "",
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Correct where and how an order is shipped; without --set and --unset, show what can be corrected.

    What can be: ship_to.*, requested_carrier, requested_service, deliver_by, notes, tags (with commas between them),
    custom_fields.NAME and lines.ID.sku. Quantities and money are the cart's word: it would wait for units that never
    ship; `crossdock orders cancel` cancels units there.

    A correction stays when the order is read again, and ends when the cart itself changes that very field. An order
    that the warehouse refused is sent again with it; one that the warehouse has needs `crossdock orders replace` after.

    \b
    Examples:
      crossdock orders edit 113-0082699-0001126
      crossdock orders edit 113-0082699-0001126 --set ship_to.line1="12 Mill Lane" --set requested_service=Ground
      crossdock orders edit 113-0082699-0001126 --unset ship_to.line1 --note "the buyer was right"

    Exit codes: 0 it is corrected, and nothing hinders it; 1 it is corrected, and held or refused all the same; 2 it is
    not corrected.
    """
    if not set_ and not unset:
        _show_fields(
            ask_host(config, lambda host: _fields(host, number, chosen(config, pipeline, client))),
            as_json=as_json,
            as_csv=as_csv,
        )
        return
    from crossdock.store.edits import Correction

    wish = Correction(dict(map(_parsed, set_ or [])), unset or [], by or this_person(), note)
    code, told = ask_host(config, lambda host: _correct(host, number, chosen(config, pipeline, client), wish))
    typer.secho(told, fg="yellow" if code else None)
    raise typer.Exit(code)


def _parsed(written: str) -> tuple[str, str]:
    field, equals, value = written.partition("=")
    if not equals or not field.strip():
        raise typer.BadParameter(f"'{written}' is not FIELD=VALUE", param_hint="--set")
    return field.strip(), value


def _show_fields(fields: list[Field], *, as_json: bool, as_csv: bool) -> None:
    from crossdock.cli.listing import show

    show(fields, lambda: _table(fields), empty="Nothing of it can be corrected.", as_json=as_json, as_csv=as_csv)


def _table(fields: list[Field]) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    table = open_table("field", "value", "corrected", sentences=True)
    for one in fields:
        corrected = f"by {one.by}, {day_and_minute(one.at)} UTC; the cart says: {one.cart}" if one.at else ""
        table.add_row(escape(one.field), escape(one.value), escape(corrected))
    return table


async def _fields(host: "Host", number: str, pipeline: "Pipelines") -> list[Field]:
    from crossdock.engine.edits import fields_of, lay_over, shown
    from crossdock.runtime.at_once import pipeline_of
    from crossdock.runtime.host import store_of
    from crossdock.store.edits import correctable
    from crossdock.store.queries import the_order

    store = store_of(host)
    order = await store.read(the_order, number, pipeline=pipeline)
    read = pipeline_of(host, order.pipeline).source.role.read_order
    found = await store.read(correctable, order.id, read)
    edits = {one.path: one for one in found.edits if one.changes}
    values, cart = fields_of(lay_over(found.cart, found.edits).order), fields_of(found.cart)
    return [
        Field(
            path,
            shown(value),
            shown(cart.get(path)),
            edits[path].by if path in edits else "",
            edits[path].at if path in edits else None,
        )
        for path, value in values.items()
    ]


async def _correct(host: "Host", number: str, pipeline: "Pipelines", wish: "Correction") -> tuple[int, str]:
    """The exit code, and what is to be said."""
    from crossdock.runtime.at_once import do_at_once, pipeline_of
    from crossdock.runtime.host import store_of
    from crossdock.store.edits import correct_order
    from crossdock.store.queries import the_order

    store = store_of(host)
    order = await store.read(the_order, number, pipeline=pipeline)
    opened = pipeline_of(host, order.pipeline)
    read = opened.source.role.read_order
    corrected = await store.write(correct_order, order.id, read, wish, now=host.clock.now())
    if corrected.told:
        return DONE, _told_already(order)
    reports = await do_at_once(host, order.pipeline, ("release",))
    if reports is None:
        return DONE, f"Noted: the crossdock that runs plans order {order.number} again within seconds."
    if error := reports["release"].error:
        return STAYS, f"Noted: order {order.number} is planned again by the next run of its release; this one: {error}"
    now = await store.read(the_order, order.external_id, pipeline=order.pipeline)
    why = f": {now.reason}" if now.reason else ""
    return STAYS if now.state == "held" else DONE, f"Order {now.number} is corrected and {_words(now.state)}{why}."


def _told_already(order: "OrderSummary") -> str:
    """The warehouse is not told by itself: work on the order may have begun."""
    return (
        f"Noted. The warehouse has order {order.number} as it was: `crossdock orders replace {order.number}` takes it "
        "back and sends it corrected, while nobody works on it; else correct it there by hand."
    )


def _words(state: str) -> str:
    return state.replace("_", " ")
