"""`crossdock problems`: what waits for a person, and what to do about it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli import problem_decide
from crossdock.cli.options import (
    CONFIG,
    ClientOption,
    ConfigOption,
    CsvOption,
    DatabaseOption,
    JsonOption,
    OfPipelineOption,
    ask_store,
)
from crossdock.cli.problem_decide import CodeOption, IdArgument, LikeOption, OrderOption, narrowed, which_of

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.store import CrossdockStore
    from crossdock.store.problem_groups import ProblemGroup, Which
    from crossdock.store.queries import ProblemView

app = typer.Typer(no_args_is_help=True, help="What waits for a person: look, retry, resolve.")


@app.command("list", short_help="List what waits for a person.")
def list_problems(
    each: Annotated[bool, typer.Option("--each", help="One by one, not by cause.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are resolved or ignored.")] = False,
    code: CodeOption = None,
    like: LikeOption = None,
    order: OrderOption = None,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List what waits for a person: what happened, and what to do.

    Problems of one kind that one correction would probably settle stand on one line, with an example, and are retried
    or resolved together. --each, --all, --like and --order list them one by one.

    \b
    Examples:
      crossdock problems list
      crossdock problems list --each --code release_refused
      crossdock problems list --client acme --json

    Exit codes: 0 no problem is open, 1 at least one is.
    """
    which = which_of(config, code, pipeline, client, state="all" if everything else "open")
    if each or everything or like is not None or order is not None:
        alone = ask_store(config, database, lambda store: _chosen(store, which, like, order, limit))
        _show(alone, lambda: _table(alone), as_json, as_csv, limit)
        raise typer.Exit(1 if any(one.state == "open" for one in alone) else 0)
    groups = ask_store(config, database, lambda store: _groups(store, which, limit))
    _show(groups, lambda: _by_cause(groups), as_json, as_csv, limit)
    raise typer.Exit(1 if groups else 0)


def _show(
    rows: "list[ProblemView] | list[ProblemGroup]",
    table: "Callable[[], Table]",
    as_json: bool,
    as_csv: bool,
    limit: int,
) -> None:
    from crossdock.cli.listing import show

    empty = "[green]No problem is open.[/]"
    show(rows, table, empty=empty, as_json=as_json, as_csv=as_csv, limit=limit, first="newest")


async def _groups(store: "CrossdockStore", which: "Which", limit: int) -> "list[ProblemGroup]":
    from crossdock.store.problem_groups import problem_groups

    return await store.read(problem_groups, which, limit=limit)


async def _chosen(
    store: "CrossdockStore", which: "Which", like: int | None, order: str | None, limit: int
) -> "list[ProblemView]":
    from crossdock.store.problem_groups import chosen_problems

    which = await narrowed(store, which, like, order)
    return await store.read(chosen_problems, which, limit=limit)


def _by_cause(groups: "list[ProblemGroup]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    table = open_table(
        "id", "problems", "since", "last (UTC)", "pipelines", "kind", "what happened, and what to do",
        right=("id", "problems"), sentences=True,
    )  # fmt: skip
    for one in groups:
        example = f"{one.title} (and {one.count - 1:,} more)" if one.count > 1 else one.title
        then = "\n".join((one.action, *one.then) if one.count > 1 else (one.action,))
        table.add_row(
            str(one.id),
            f"{one.count:,}",
            day_and_minute(one.first_seen),
            day_and_minute(one.last_seen),
            escape(", ".join(one.pipelines)),
            one.code.replace("_", " "),
            f"{escape(example)}\n[dim]{escape(then)}[/]",
        )
    return table


def _table(found: "list[ProblemView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    table = open_table(
        "id", "times", "last (UTC)", "kind", "what happened, and what to do", right=("id", "times"), sentences=True
    )
    for one in found:
        then = one.action if one.state == "open" else f"{one.state}: {one.closed_how}"
        table.add_row(
            str(one.id),
            f"{one.count:,}",
            day_and_minute(one.last_seen),
            one.code.replace("_", " "),
            f"{escape(one.title)}\n[dim]{escape(then)}[/]",
        )
    return table


@app.command(short_help="Show one problem in full, and those like it.")
def show(
    problem: IdArgument,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Show one problem: what was seen, since when, what to do, how it ends, and how many more there are like it.

    \b
    Example:
      crossdock problems show 17
    """
    from dataclasses import asdict

    from rich.markup import escape
    from rich.table import Table

    from crossdock.cli.screen import as_json_text, open_console

    one, group, number = ask_store(config, database, lambda store: _in_full(store, problem))
    if as_json:
        typer.echo(as_json_text(asdict(one) | {"order": number, "group": group and asdict(group)}))
        return
    console = open_console()
    console.print(f"[bold]{escape(one.title)}[/]")
    rows = Table.grid(padding=(0, 1))
    for name, text in _rows(one, group, number).items():
        if text:
            rows.add_row(f"  {name:<8}", escape(text))
    console.print(rows)


def _rows(one: "ProblemView", group: "ProblemGroup | None", number: str) -> dict[str, str]:
    from crossdock.cli.screen import day_and_minute
    from crossdock.engine.closing import ENDINGS
    from crossdock.engine.problems import Code

    commands = f"crossdock problems retry {one.id}   or   crossdock problems resolve {one.id} --note TEXT"
    return {
        "kind": one.code.replace("_", " "),
        "state": f"{one.state} {one.closed_how}".strip(),
        "pipeline": one.pipeline,
        "seen": f"{day_and_minute(one.first_seen)} UTC{_again(one)}",
        "about": one.subject,
        "details": one.detail,
        "to do": one.action,
        "story": f"crossdock orders show {number}" if number else "",
        "then": commands if one.state == "open" else f"crossdock problems reopen {one.id}",
        "closes": ENDINGS[Code(one.code)].when,
        "like it": _like_it(one, group),
    }


def _like_it(one: "ProblemView", group: "ProblemGroup | None") -> str:
    if group is None or group.count < 2:
        return ""
    return f"{group.count:,} in all: crossdock problems list --like {one.id}   or   {group.then[0]}"


def _again(one: "ProblemView") -> str:
    from crossdock.cli.screen import day_and_minute

    return f", {one.count:,} times until {day_and_minute(one.last_seen)}" if one.count > 1 else ""


async def _in_full(store: "CrossdockStore", problem: int) -> "tuple[ProblemView, ProblemGroup | None, str]":
    """The problem, all that are open of its cause, and the number of the order that it is about."""
    from crossdock.store.problem_groups import Which, like, problem_groups
    from crossdock.store.queries import problem_of

    one = await store.read(problem_of, problem)
    groups = await store.read(problem_groups, await store.read(like, Which(), problem)) if one.state == "open" else []
    return one, groups[0] if groups else None, await _number(store, one)


async def _number(store: "CrossdockStore", one: "ProblemView") -> str:
    from crossdock.store.stories import order_story

    if one.order_id is None:
        return ""
    order = (await store.read(order_story, one.order_id)).order
    return order.number or order.external_id


app.command("retry", short_help="Try again after you corrected the cause.")(problem_decide.retry)
app.command("resolve", short_help="Close what you have settled, or what you ignore.")(problem_decide.resolve)
app.command("reopen", short_help="Open what was resolved or ignored.")(problem_decide.reopen)
