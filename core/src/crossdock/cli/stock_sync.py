"""`crossdock stock sync`: what the cart would be told of the warehouse's levels, and the word that lets it go."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    from collections.abc import Mapping

    from rich.table import Table

    from crossdock.engine.run_ports import RunReport
    from crossdock.runtime.host import Host
    from crossdock.runtime.level_sync import LevelLine, LevelSync

COLUMNS = ("SKU", "centre", "told before", "for sale at the cart", "promised there", "would be told", "made of")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a person's word: what each service did, or nothing where a running crossdock does it."""

    plan: "LevelSync"
    reports: "Mapping[str, RunReport] | None" = None
    is_off: bool = False


def sync(
    yes: Annotated[bool, typer.Option("--yes", help="Send them; without it, they are only shown.")] = False,
    limit: Annotated[
        int, typer.Option(help="How many levels to show at most: those that become zero first.", min=1)
    ] = 50,
    note: Annotated[str, typer.Option("--note", help="Why, for whoever reads it later.")] = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Count what lies in the warehouse, and show which levels are news to the cart; with --yes they are sent.

    The first levels of a pipeline, and runs that would change or empty more of them than `stock.ask_above` allows, wait
    for this word. What is sent is what the run finds that follows within a day, unless it is clearly more than what was
    shown. Nothing is sent without --yes. The cart is read for the levels that are shown.

    \b
    Examples:
      crossdock stock sync
      crossdock stock sync --limit 100000 --csv > plan.csv
      crossdock stock sync --yes --note "first sync, checked with the warehouse"

    Exit codes: 0 shown, sent or due for the crossdock that runs; 1 it is let go, and not all could be sent; 2 it is not
    clear which pipeline is meant, one side cannot be read, or the plan has grown since it was shown.
    """
    among = chosen(config, pipeline, client)
    if not yes:
        _show(ask_host(config, lambda host: _planned(host, among, limit)), limit, as_json=as_json, as_csv=as_csv)
        return
    if as_json or as_csv:
        raise typer.BadParameter("it goes with neither --json nor --csv", param_hint="--yes")
    told = ask_host(config, lambda host: _let_go(host, among, by or this_person(), note))
    typer.echo(_totals(told.plan))
    well, line = _then(told)
    typer.secho(line, fg=None if well else "red")
    raise typer.Exit(0 if well else 1)


async def _planned(host: "Host", among: "Sequence[str] | None", limit: int) -> "LevelSync":
    from crossdock.runtime.level_sync import plan_of, remember

    plan = await plan_of(host, among, limit)
    await remember(host, plan)
    return plan


async def _let_go(host: "Host", among: "Sequence[str] | None", by: str, note: str) -> Told:
    from crossdock.runtime.at_once import do_at_once
    from crossdock.runtime.level_sync import approve, is_off, plan_of

    plan = await plan_of(host, among, 0)
    if not plan.changes:
        return Told(plan, {})
    await approve(host, plan, by=by, note=note)
    reports = await do_at_once(host, plan.pipeline, ("levels", "stock"))
    return Told(plan, reports, is_off=is_off(host, plan.pipeline))


def _show(plan: "LevelSync", limit: int, *, as_json: bool, as_csv: bool) -> None:
    from crossdock.cli.listing import show
    from crossdock.runtime.level_sync import LevelLine

    show(
        plan.lines,
        lambda: _table(plan.lines),
        empty=_nothing_new(plan),
        as_json=as_json,
        as_csv=as_csv,
        kind=LevelLine,
        limit=limit,
    )
    if as_json or as_csv:
        return
    typer.echo(_totals(plan))
    if kept := _kept_back(plan):
        typer.echo(kept)
    if plan.changes:
        why = f", because {plan.why}" if plan.why else ""
        what = "waits for `crossdock stock sync --yes`" if plan.why else "goes out with the next run of `levels`"
        typer.echo(f"Nothing was sent. It {what}{why}.")


def _nothing_new(plan: "LevelSync") -> str:
    if plan.levels:
        return "The cart was told all of it: no level is news, and there is nothing to send."
    return "There is no level to tell: nothing lies in the warehouse that the cart has a name for."


def _totals(plan: "LevelSync") -> str:
    left = [
        (plan.refused, "are refused by the cart until a problem is settled"),
        (plan.left_out, "SKUs are left out by `stock.leave_out`"),
        (plan.nameless, f"SKUs have no alias of type {plan.alias} that is theirs alone"),
        (plan.unmapped, "pieces lie where nobody says that they count"),
    ]
    more = "".join(f"; {number:,} {words}" for number, words in left if number)
    return (
        f"Pipeline {plan.pipeline}: of {plan.levels:,} levels {plan.changes:,} would change, {plan.zeros:,} of them to "
        f"zero{more}."
    )


def _kept_back(plan: "LevelSync") -> str:
    """Why levels are lower than what they are made of; empty where they are not."""
    rules = [
        (plan.buffer, f"the buffer of {plan.buffer:,} is kept back at every centre"),
        (plan.minimum, f"fewer than {plan.minimum:,} are told as zero"),
    ]
    told = " and ".join(words for number, words in rules if number)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def _table(lines: "Sequence[LevelLine]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table(*COLUMNS, right=COLUMNS[2:6], sentences=True)
    for one in lines:
        numbers = (_number(one.told), _number(one.at_cart), _number(one.reserved), f"{one.level:,}")
        made_of = one.refusal or f"{one.on_hand:,} on hand, {one.allocated:,} allocated, {one.in_flight:,} in flight"
        table.add_row(escape(one.sku), escape(one.center), *numbers, escape(made_of))
    return table


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _then(told: Told) -> tuple[bool, str]:
    """Whether it went well, and what is to be said."""
    from crossdock.cli.screen import counted

    if not told.plan.changes:
        return True, _nothing_new(told.plan)
    if told.reports is None and told.is_off:
        return False, (
            f"Let go, but the service `levels` of pipeline {told.plan.pipeline} is off: the crossdock that runs leaves "
            "it. Switch it on."
        )
    if told.reports is None:
        return True, "Let go: the crossdock that runs sends them within seconds."
    if waiting := told.reports["levels"].counts.get("levels waiting"):
        return False, (
            f"Nothing was sent: {waiting:,} levels would change by now, clearly more than you have let go. Look at it "
            "again with `crossdock stock sync`."
        )
    error = "; ".join(report.error for report in told.reports.values() if report.error)
    if error:
        return False, f"Let go, but not all could be sent; the next run goes on: {error}"
    lines = [f"{service}: {counted(report.counts) or 'nothing to do'}." for service, report in told.reports.items()]
    return True, "\n".join(lines)
