"""`crossdock reconcile repair`: the cart is told what it should have, where a person says so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import (
    CONFIG,
    ByOption,
    ClientOption,
    ConfigOption,
    CsvOption,
    JsonOption,
    OfPipelineOption,
    ask_store,
    chosen,
    pipeline_with,
    this_person,
)
from crossdock.cli.reconcile_options import CausesOption, ReportArgument, SkusOption, causes_named

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.cli.reconcile_lines import Sheet
    from crossdock.domain import StockChange
    from crossdock.engine.report import Cause
    from crossdock.store import CrossdockStore

DONE, SOME, FAILED = 0, 1, 2
MOST_NAMED = 5
"""So many SKUs that are left for one reason are named one by one."""


@dataclass(frozen=True, slots=True)
class RepairLine:
    """One SKU of a report: `change` is what the cart is told, or would be; `left` is why it is told nothing."""

    report: int
    pipeline: str
    sku: str
    quantities: dict[str, int]
    change: str
    state: str
    left: str = ""


@dataclass(frozen=True)
class Corrections:
    """What a report can correct of what was chosen, and by SKU why others are left.

    `told`: it was promised to the cart. `is_off`: the config switches the service off that would tell it.
    """

    sheet: "Sheet"
    changes: "Sequence[StockChange]"
    left: Mapping[str, str]
    told: bool = False
    is_off: bool = False


def repair(
    report: ReportArgument = None,
    sku: SkusOption = None,
    cause: CausesOption = None,
    everything: Annotated[bool, typer.Option("--all", help="All differences that can be corrected.")] = False,
    at_most: Annotated[
        int | None, typer.Option("--at-most", help="Leave SKUs that differ by more pieces at a centre.", min=1)
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Tell the cart; without it, what it would be told is shown.")
    ] = False,
    note: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "",
    by: ByOption = "",
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Correct differences of the newest report at the cart, each by as many pieces as it differed, exactly once.

    Without --yes nothing is told: what would be is shown. What is sold meanwhile stays sold. Left are differences that
    are in doubt, of items that one side does not know, in unmapped areas, or sold meanwhile, and SKUs of which a change
    was promised since the report. A report is good for a day.

    \b
    Examples:
      crossdock reconcile repair --cause manual_change
      crossdock reconcile repair 17 --sku TEE-RED-M --yes
      crossdock reconcile repair --all --at-most 5 --yes --note "count of Saturday"

    Exit codes: 0 all that was chosen is noted, or could be; 1 some of it is left; 2 nothing can be corrected.
    """
    if bool(sku or cause) == everything:
        raise typer.BadParameter("choose differences with --sku and --cause, or all with --all")
    causes, pipelines, who = causes_named(cause), chosen(config, pipeline, client), by or this_person()

    async def work(store: "CrossdockStore") -> Corrections:
        sheet = await _the_sheet(store, report, pipelines)
        cart, is_off = _cart_of(config, sheet.report.pipeline)
        found = replace(_choose(sheet, causes, sku or [], at_most), is_off=is_off)
        return await (_tell(store, cart, found, who, note) if yes else _look(store, cart, found))

    done = ask_store(config, None, work)
    _show(done, as_json=as_json, as_csv=as_csv)
    raise typer.Exit(FAILED if not done.changes else SOME if done.left else DONE)


async def _the_sheet(store: "CrossdockStore", report: int | None, pipelines: list[str] | None) -> "Sheet":
    """The report that is meant; raises a sentence where several could be."""
    from crossdock.cli.reconcile_sheets import sheets_of
    from crossdock.hooks.errors import NeedsConfig

    sheets = await sheets_of(store, pipelines, report, complete=True)
    if len(sheets) > 1:
        names = ", ".join(f"{one.id} of pipeline {one.report.pipeline}" for one in sheets)
        raise NeedsConfig(f"say which report is meant, by its number or with --pipeline: {names}")
    return sheets[0]


def _choose(sheet: "Sheet", causes: "Sequence[Cause]", skus: Sequence[str], at_most: int | None) -> Corrections:
    """The corrections of what a person chose of a report, as far as the report itself allows them."""
    from crossdock.cli.reconcile_lines import narrowed
    from crossdock.engine.repairs import repairs
    from crossdock.hooks.errors import NeedsConfig

    found = narrowed(sheet, causes, skus).differences
    if not found:
        raise NeedsConfig(f"report {sheet.id} has no such difference; `crossdock reconcile show {sheet.id}` lists them")
    _check_names(sheet, skus)
    large = {one.sku for one in found if at_most is not None and abs(one.difference) > at_most}
    left = dict.fromkeys(sorted(large), f"it differs by more than {at_most:,} pieces" if at_most else "")
    possible = repairs(sheet.id, sheet.report, [one for one in found if one.sku not in large])
    return Corrections(sheet, possible.changes, {**left, **possible.left})


def _check_names(sheet: "Sheet", skus: Sequence[str]) -> None:
    """Raise a sentence where one of several names is a mistake."""
    from crossdock.cli.reconcile_lines import narrowed
    from crossdock.hooks.errors import NeedsConfig

    if wrong := [sku for sku in skus if not narrowed(sheet, (), [sku]).differences]:
        names, lists = ", ".join(wrong), f"`crossdock reconcile show {sheet.id}` lists them"
        raise NeedsConfig(f"report {sheet.id} has no difference of {names}; {lists}")


def _cart_of(config: Path, pipeline: str) -> tuple[str, bool]:
    """The connection that tells the cart of stock, and whether the config switches that off."""
    from crossdock.config import Never

    written, name = pipeline_with("inventory_sink", config, pipeline)
    meant = written.pipelines[name]
    return meant.roles["inventory_sink"], isinstance(meant.services.stock, Never)


async def _look(store: "CrossdockStore", cart: str, found: Corrections) -> Corrections:
    """What would be told of it at this moment."""
    from crossdock.store.reconciliations import left_now

    now = datetime.now(UTC)
    return _without(found, await store.read(left_now, cart, found.sheet.id, found.changes, now=now))


async def _tell(store: "CrossdockStore", cart: str, found: Corrections, by: str, note: str) -> Corrections:
    """Have the cart told, and note who wanted it."""
    from crossdock.store.reconciliations import store_repairs

    now = datetime.now(UTC)
    done = await store.write(store_repairs, cart, found.sheet.id, found.changes, by=by, note=note, now=now)
    return replace(_without(found, done.left), told=True)


def _without(found: Corrections, left: Mapping[str, str]) -> Corrections:
    changes = [change for change in found.changes if change.item.sku not in left]
    return replace(found, changes=changes, left={**found.left, **left})


def _lines(found: Corrections) -> list[RepairLine]:
    """The corrections in the order of the SKUs, then what is left."""
    from crossdock.cli.stock_lines import what

    state = "noted" if found.told else "possible"
    of = (found.sheet.id, found.sheet.report.pipeline)
    corrected = [
        RepairLine(*of, one.item.sku, {at.distribution_center: at.quantity for at in one.centers}, what(one), state)
        for one in found.changes
    ]
    return [*corrected, *(RepairLine(*of, sku, {}, "", "left", why) for sku, why in found.left.items())]


def _show(found: Corrections, *, as_json: bool, as_csv: bool) -> None:
    from crossdock.cli.listing import show

    lines = _lines(found)
    show(lines, lambda: _listed(lines), empty="", as_json=as_json, as_csv=as_csv, kind=RepairLine)
    if not (as_json or as_csv):
        typer.echo(_then(found))


def _listed(lines: Sequence[RepairLine]) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    colors = {"left": "yellow", "noted": "green", "possible": "cyan"}
    table = open_table("SKU", "change", "state", "why it is left", sentences=True)
    for names, one in _by_reason(lines):
        table.add_row(escape(names), escape(one.change), f"[{colors[one.state]}]{one.state}[/]", escape(one.left))
    return table


def _by_reason(lines: Sequence[RepairLine]) -> Iterator[tuple[str, RepairLine]]:
    """Each correction, and what is left: where many are left for one reason, all of them in one row."""
    alike: defaultdict[str, list[RepairLine]] = defaultdict(list)
    for one in lines:
        if one.left:
            alike[one.left].append(one)
        else:
            yield one.sku, one
    for group in alike.values():
        if len(group) <= MOST_NAMED:
            yield from ((one.sku, one) for one in group)
        else:
            yield f"{group[0].sku} and {len(group) - 1:,} more", group[0]


def _then(found: Corrections) -> str:
    from crossdock.cli.reconcile_lines import numbered

    places = numbered(sum(len(change.centers) for change in found.changes), "difference")
    if not found.changes:
        return "Nothing of it can be corrected."
    if not found.told:
        return f"{places} would be corrected; nothing was told to the cart. With --yes it is."
    if found.is_off:
        return f"{places} noted. The service `stock` of the pipeline is off: switch it on to have the cart told."
    return f"{places} noted. A running crossdock tells the cart at once; otherwise `crossdock run --once` does."
