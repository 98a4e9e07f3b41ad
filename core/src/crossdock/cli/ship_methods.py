"""`crossdock ship-methods`: what the cart asks for and what the warehouse knows, and the other way round."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli import ship_methods_change, ship_methods_file
from crossdock.cli.options import (
    CONFIG,
    ClientOption,
    ConfigOption,
    CsvOption,
    JsonOption,
    OfPipelineOption,
    PipelineOption,
    ask_store,
)
from crossdock.cli.ship_methods_open import (
    AnyDirectionOption,
    Way,
    known_names,
    look,
    saved_for,
    the_pipeline,
    the_pipelines,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.config import Config
    from crossdock.mapping import Asked, Direction
    from crossdock.runtime.ship_method_views import AnswerView, RuleView, UnmappedView
    from crossdock.store import CrossdockStore

app = typer.Typer(no_args_is_help=True, help="Ship methods: see what waits, map it, import and export.")


@app.command("list", short_help="List the rules, or what waits for one.")
def list_rules(
    direction: AnyDirectionOption = None,
    unmapped: Annotated[bool, typer.Option("--unmapped", help="What orders and shipments wait for.")] = False,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """List all rules in the order in which patterns are tried, those of the config and those that people saved.

    With --direction outbound also what the cart made of each pair of carrier and class in the newest 5,000 shipments.
    With --unmapped what something waits for, the most wanted first, and the pair by which carts usually call it; its
    CSV is a form: fill in to_carrier and to_service, and `crossdock ship-methods import` takes it.

    \b
    Examples:
      crossdock ship-methods list
      crossdock ship-methods list --direction outbound
      crossdock ship-methods list --unmapped
      crossdock ship-methods list --unmapped --csv > to-map.csv

    Exit codes: 0 all is well, 1 with --unmapped: something waits.
    """
    from crossdock.cli.listing import show
    from crossdock.runtime.ship_method_views import RuleView, UnmappedView

    written, names = the_pipelines(config, pipeline, client)
    if unmapped:
        waits = [one for one in _waiting(written, names) if direction in (None, one.direction)]
        empty = "Nothing waits for a ship method."
        show(waits, lambda: _wanted(waits), empty=empty, as_json=as_json, as_csv=as_csv, kind=UnmappedView)
        raise typer.Exit(1 if waits else 0)
    rules = [one for one in _rules(written, names) if direction in (None, one.direction)]
    empty = "There is no rule yet; `crossdock ship-methods set` saves one."
    show(rules, lambda: _listed(rules, direction), empty=empty, as_json=as_json, as_csv=as_csv, kind=RuleView)


def _waiting(written: "Config", names: Sequence[str]) -> "list[UnmappedView]":
    from crossdock.mapping import Direction
    from crossdock.runtime.ship_method_views import unmapped_views
    from crossdock.store.ship_methods import waiting

    sees = {name: written.pipelines[name].ship_methods.recognise == "use" for name in names}
    held = look(written, lambda conn: [one for name in names for one in waiting(conn, name, recognises=sees[name])])
    known = known_names(written, {one.pipeline for one in held or () if one.direction is Direction.OUTBOUND})
    return unmapped_views(written, held or (), saved_for(written, names), known)


def _rules(written: "Config", names: Sequence[str]) -> "list[RuleView]":
    from crossdock.runtime.ship_method_views import rule_views
    from crossdock.store.told_methods import told_methods

    told = look(written, lambda conn: {name: told_methods(conn, name) for name in names}) or {}
    return rule_views(written, names, saved_for(written, names), told)


def _wanted(waits: "Sequence[UnmappedView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    numbers = ("orders", "shipments")
    table = open_table("pipeline", "direction", *_ASKED, *numbers, "since (UTC)", "", right=numbers)
    for one in waits:
        usual = f"usually {one.usual_carrier} / {one.usual_service}" if one.usual_carrier else ""
        why = {"unmapped": usual, "mapped": "mapped since; goes on at the next start"}.get(one.standing, one.standing)
        table.add_row(
            one.pipeline,
            one.direction,
            *map(_cell, (one.site, one.carrier, one.service)),
            *(f"{number:,}" if number else "" for number in (one.orders, one.shipments)),
            day_and_minute(one.since),
            escape(why),
        )
    return table


def _listed(rules: "Sequence[RuleView]", direction: Way | None) -> "Table":
    from crossdock.cli.screen import open_table

    numbers = ("taken", "refused") if direction == "outbound" else ()
    words = ("the cart's newest refusal",) if numbers else ()
    table = open_table("pipeline", "direction", *_ASKED, "to", "from", *numbers, *words, right=numbers)
    for one in rules:
        asked = map(_cell, (one.site, one.carrier, one.service))
        table.add_row(
            one.pipeline,
            one.direction,
            *asked,
            _cell(f"{one.to_carrier} / {one.to_service}"),
            _origin(one),
            *(_told(one) if numbers else ()),
        )
    return table


_ASKED = ("site", "carrier", "service")


def _cell(text: str) -> str:
    """A word of a rule; empty text is what was left unsaid."""
    from rich.markup import escape

    return escape(text) if text else "[dim](unsaid)[/]"


def _origin(one: "RuleView") -> str:
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute

    saved = f"saved by {escape(one.saved_by)} {day_and_minute(one.saved_at)}" if one.saved_at else ""
    places = " and ".join(filter(None, (escape(Path(one.file).name) if one.file else "", saved)))
    return f"{places} [red](disagrees)[/]" if one.disagrees else places


def _told(one: "RuleView") -> "tuple[str, str, str]":
    from rich.markup import escape

    if not one.accepted and not one.refused:
        return "", "", "[dim]never used[/]"
    return f"{one.accepted:,}", f"{one.refused:,}", escape(one.refusal)


@app.command("try", short_help="Say what an order, or some words, would get, and by which rule.")
def try_rules(
    order: Annotated[str | None, typer.Argument(help="An order's number, or its id at the cart.")] = None,
    direction: Annotated[Way, typer.Option(help="In which direction the words are asked.")] = "inbound",
    site: Annotated[str, typer.Option(help="The site, as the cart says it.")] = "",
    carrier: Annotated[str, typer.Option(help="The carrier, as it is asked for.")] = "",
    service: Annotated[str, typer.Option(help="The service or class, as it is asked for.")] = "",
    pipeline: PipelineOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Say what is taken for these words and by which rule; of an order, for it and for each of its shipments.

    \b
    Examples:
      crossdock ship-methods try 113-0082699-0001126
      crossdock ship-methods try --site eBay --service "2nd Day"
      crossdock ship-methods try --direction outbound --carrier UPS --service Ground

    Exit codes: 0 every question has an answer, 1 one has none, 2 there is no such order.
    """
    from crossdock.cli.listing import show

    if (order is None) == (not (site or carrier or service)):
        raise typer.BadParameter("name an order, or say --site, --carrier, --service")
    if order:
        found = _of_order(config, pipeline, order)
    else:
        found = _of_words(config, pipeline, direction, site, carrier, service)
    show(found, lambda: _answers(found), empty="", as_json=as_json, as_csv=False)
    raise typer.Exit(0 if all(one.standing == "mapped" for one in found) else 1)


def _of_words(
    config: Path, pipeline: str | None, direction: Way, site: str, carrier: str, service: str
) -> "list[AnswerView]":
    from crossdock.mapping import Asked, Direction
    from crossdock.runtime.ship_method_views import answer_view

    written, rules = the_pipeline(config, pipeline)
    saved, known = saved_for(written, [rules.name]), known_names(written, [rules.name])
    return [answer_view(written, rules.name, Direction(direction), Asked(carrier, service, site), saved, known)]


def _of_order(config: Path, pipeline: str | None, number: str) -> "list[AnswerView]":
    from crossdock.runtime.ship_method_views import answer_view
    from crossdock.store.queries import the_order
    from crossdock.store.ship_methods import asked_by

    written, names = the_pipelines(config, pipeline, None)

    async def work(store: "CrossdockStore") -> "tuple[str, list[tuple[Direction, Asked]]]":
        order = await store.read(the_order, number, pipeline=names)
        sees = written.pipelines[order.pipeline].ship_methods.recognise == "use"
        return order.pipeline, await store.read(asked_by, order.id, recognises=sees)

    name, questions = ask_store(config, None, work)
    saved, known = saved_for(written, [name]), known_names(written, [name])
    return [answer_view(written, name, direction, asked, saved, known) for direction, asked in questions]


def _answers(found: "Sequence[AnswerView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("direction", *_ASKED, "gets", "because")
    for one in found:
        mapped = one.standing == "mapped"
        gets = escape(f"{one.to_carrier} / {one.to_service}") if mapped else f"[red]{one.standing}[/]"
        by = f", saved by {one.saved_by}" if one.saved_by else ""
        table.add_row(one.direction, *map(_cell, (one.site, one.carrier, one.service)), gets, escape(one.because + by))
    return table


app.command("set", short_help="Save a rule, and put to work what waits for it.")(ship_methods_change.set_rule)
app.command("remove", short_help="Remove a rule that was saved.")(ship_methods_change.remove_rule)
app.command("import", short_help="Save the rules of a CSV file.")(ship_methods_file.import_rules)
app.command("export", short_help="Print the rules as CSV, or as TOML for the config.")(ship_methods_file.export_rules)
