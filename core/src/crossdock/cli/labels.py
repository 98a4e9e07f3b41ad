"""`crossdock labels`: the labels that were bought, what they cost, and what a person decides about them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli import labels_decide
from crossdock.cli.options import (
    CONFIG,
    ClientOption,
    ConfigOption,
    CsvOption,
    DatabaseOption,
    JsonOption,
    OfPipelineOption,
    ask_store,
    chosen,
    none_of,
)

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.store.label_views import LabelStory, LabelView

app = typer.Typer(no_args_is_help=True, help="Labels that are bought for packed boxes, and what they cost.")

app.command("approve", short_help="Have a label bought that waits for a person's word.")(labels_decide.approve)
app.command("void", short_help="Take a label back, and perhaps buy another one.")(labels_decide.void)

KeyArgument = Annotated[str, typer.Argument(help="Our key of the label (see `labels list`): NUMBER/BOX.")]
COLORS = {"bought": "green", "by_hand": "green", "refused": "red", "in_doubt": "yellow", "voided": "dim"}


@app.command("list", short_help="List labels, what became of them and what they cost.")
def list_labels(
    number: Annotated[str, typer.Option(help="Only of this order, or with this tracking number.")] = "",
    state: Annotated[str | None, typer.Option(help="Only in this state, such as refused.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List labels, the newest first: for which order and box, how it travels, its number and its price.

    \b
    waiting     it will be bought
    buying      it is being bought now
    in doubt    no answer came to its purchase; it is looked for, and not bought twice
    bought      we bought it
    by hand     somebody else bought it, and the box travels with that one
    voided      it was taken back
    refused     a person must act: `crossdock problems list`
    not needed  the box got a number otherwise, or was taken back

    \b
    Examples:
      crossdock labels list
      crossdock labels list --state refused
      crossdock labels list --client acme --limit 5000 --csv > costs.csv
    """
    from crossdock.cli.listing import show as show_rows
    from crossdock.store import label_views

    wanted = state.strip().casefold().replace(" ", "_") if state else None
    if wanted is not None and wanted not in label_views.STATES:
        raise typer.BadParameter(none_of(wanted, label_views.STATES), param_hint="--state")
    pipelines = chosen(config, pipeline, client)
    found = ask_store(
        config,
        database,
        lambda store: store.read(
            label_views.list_labels, number=number, state=wanted, pipelines=pipelines, limit=limit
        ),
    )
    show_rows(
        found,
        lambda: _listed(found),
        empty="No label is like that.",
        as_json=as_json,
        as_csv=as_csv,
        kind=label_views.LabelView,
        limit=limit,
        first="newest",
    )


def _listed(found: "Sequence[LabelView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    columns = ("label", "order", "state", "service", "cost", "tracking number", "bought (UTC)", "why not")
    table = open_table(*columns, right=("cost",), sentences=True)
    for one in found:
        words, color = one.state.replace("_", " "), COLORS.get(one.state)
        table.add_row(
            escape(one.key),
            escape(one.order_number),
            f"[{color}]{words}[/]" if color else words,
            escape(f"{one.carrier} {one.service_level}".strip()),
            f"{one.cost} {one.currency}".strip(),
            escape(one.tracking_number),
            day_and_minute(one.bought_at),
            escape(one.error),
        )
    return table


@app.command(short_help="Show one label: its offers, its price, and how far it is.")
def show(
    key: KeyArgument,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Show one label: what became of it, for what it was offered, and what was chosen.

    \b
    Example:
      crossdock labels show 113-0082699-0001126/B1
    """
    from crossdock.cli.screen import as_json_text
    from crossdock.store.label_views import label_story

    pipelines = chosen(config, pipeline, client)
    story = ask_store(config, database, lambda store: store.read(label_story, key, pipelines=pipelines))
    if as_json:
        typer.echo(as_json_text(story))
        return
    for line in _told(story):
        typer.echo(line)


def _told(story: "LabelStory") -> Iterator[str]:
    from crossdock.cli.screen import day_and_minute

    one = story.label
    yield f"label {one.key} of order {one.order_number} at {one.connection}, pipeline {one.pipeline}"
    facts = {
        "state": one.state.replace("_", " "),
        "why not": one.error,
        "weight": story.weight,
        "asked for": story.asked_for,
        "bought": f"{day_and_minute(one.bought_at)} UTC" if one.bought_at else "",
        "travels": f"{one.carrier} {one.service_level}".strip() if one.tracking_number else "",
        "costs": f"{one.cost} {one.currency}" if one.tracking_number and one.cost else "",
        "number": one.tracking_number,
        "link": story.tracking_url,
        "taken back": f"{day_and_minute(one.voided_at)} UTC" if one.voided_at else "",
        "in doubt": f"since {day_and_minute(story.tried_at)} UTC" if story.tried_at else "",
        "next look": f"{day_and_minute(story.next_attempt)} UTC" if story.next_attempt else "",
        "file": f"kept; `crossdock labels save {one.key} FILE` writes it" if one.has_file else "",
    }
    yield from (f"  {name:<11} {value}" for name, value in facts.items() if value)
    if story.offers:
        yield "  offers"
    for offer in story.offers:
        days = f"  {offer.days} days" if offer.days is not None else ""
        yield f"  {'->' if offer.chosen else '  '} {offer.name:<40} {offer.cost:>9} {offer.currency}{days}"
    yield from (f"     {words}" for words in story.words)


@app.command(short_help="Write the file of a label, for the printer.")
def save(
    key: KeyArgument,
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Write the file of a label as it was bought: PDF, ZPL or PNG, as `labels.format` said.

    \b
    Example:
      crossdock labels save 113-0082699-0001126/B1 label.pdf
    """
    from crossdock.hooks.errors import NeedsConfig
    from crossdock.store.label_views import label_content

    if file.exists() and not force:
        raise NeedsConfig(f"{file} is there already; --force overwrites it")
    pipelines = chosen(config, pipeline, client)
    found = ask_store(config, database, lambda store: store.read(label_content, key, pipelines=pipelines))
    try:
        file.write_bytes(found.content)
    except OSError as error:
        raise NeedsConfig(f"{file} cannot be written: {error.strerror}") from error
    typer.echo(f"{file}: {found.format.value}, {len(found.content):,} bytes")
