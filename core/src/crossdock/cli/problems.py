"""`crossdock problems`: what waits for a person, and what to do about it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, DatabaseOption, ask_store

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.store import CrossdockStore
    from crossdock.store.queries import ProblemView

app = typer.Typer(no_args_is_help=True, help="What waits for a person: look, retry, resolve.")

MOST = 1000
"""How many problems of one kind are retried at once."""
IdArgument = Annotated[int, typer.Argument(help="The problem's number in the list.")]


@app.command("list", short_help="List what waits for a person.")
def list_problems(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are resolved or ignored.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most; the newest come first.", min=1)] = 50,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """List what waits for a person: what happened, and what to do.

    \b
    Examples:
      crossdock problems list
      crossdock problems list --all --limit 200

    Exit codes: 0 no problem is open, 1 at least one is.
    """
    from crossdock.cli.screen import open_console
    from crossdock.store import queries

    async def work(store: "CrossdockStore") -> "list[ProblemView]":
        return await store.read(queries.list_problems, state="all" if everything else "open", limit=limit)

    found = ask_store(config, database, work)
    console = open_console()
    console.print(_listed(found) if found else "[green]No problem is open.[/]")
    if len(found) == limit:
        console.print(f"[dim]The newest {limit}; --limit shows more.[/]")
    raise typer.Exit(1 if any(one.state == "open" for one in found) else 0)


def _listed(found: "list[ProblemView]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    table = open_table("id", "times", "last (UTC)", "kind", "what happened, and what to do", right=("id", "times"))
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


@app.command(short_help="Show one problem in full.")
def show(problem: IdArgument, config: ConfigOption = CONFIG, database: DatabaseOption = None) -> None:
    """Show one problem: what was seen, since when, what to do, and where to look further.

    \b
    Example:
      crossdock problems show 17
    """
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_console

    one, number = ask_store(config, database, lambda store: _with_number(store, problem))
    rows = {
        "kind": one.code.replace("_", " "),
        "state": f"{one.state} {one.closed_how}".strip(),
        "seen": f"{day_and_minute(one.first_seen)} UTC{_again(one)}",
        "about": one.subject,
        "details": one.detail,
        "to do": one.action,
        "story": f"crossdock orders show {number}" if number else "",
        "then": f"crossdock problems retry {one.id}   or   crossdock problems resolve {one.id} --note TEXT",
    }
    console = open_console()
    console.print(f"[bold]{escape(one.title)}[/]")
    for name, text in rows.items():
        if text:
            console.print(f"  {name:<8} {escape(text)}")


def _again(one: "ProblemView") -> str:
    from crossdock.cli.screen import day_and_minute

    return f", {one.count:,} times until {day_and_minute(one.last_seen)}" if one.count > 1 else ""


async def _with_number(store: "CrossdockStore", problem: int) -> "tuple[ProblemView, str]":
    """The problem, and the number of the order that it is about."""
    from crossdock.store.queries import problem_of
    from crossdock.store.stories import order_story

    one = await store.read(problem_of, problem)
    if one.order_id is None:
        return one, ""
    order = (await store.read(order_story, one.order_id)).order
    return one, order.number or order.external_id


@app.command(short_help="Try again after you corrected the cause.")
def retry(
    problem: Annotated[int | None, typer.Argument(help="The problem's number in the list.")] = None,
    code: Annotated[str | None, typer.Option(help="Every open problem of this kind, such as release_refused.")] = None,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Put what a problem stands for back to work, after you have corrected its cause.

    What may have been done before is looked up first, so that nothing is done twice. A running crossdock takes it up
    within a second; otherwise the next run does.

    \b
    Examples:
      crossdock problems retry 17
      crossdock problems retry --code release_refused

    Exit codes: 0 it is back at work, 2 it stands for nothing that could be tried again.
    """
    if (problem is None) == (code is None):
        raise typer.BadParameter("name one problem, or a kind of problems with --code")
    for line in ask_store(config, database, lambda store: _retry(store, problem, code)):
        typer.echo(line)


async def _retry(store: "CrossdockStore", problem: int | None, code: str | None) -> list[str]:
    from crossdock.store.queries import list_problems
    from crossdock.store.repair import retry_problem

    chosen = [problem] if problem is not None else []
    if code is not None:
        found = await store.read(list_problems, limit=MOST)
        chosen = [one.id for one in found if one.code == code.replace(" ", "_")]
    told = [f"{id_}: {await store.write(retry_problem, id_, now=datetime.now(UTC))}" for id_ in chosen]
    return told or [f"No problem of the kind {code} is open."]


@app.command(short_help="Close a problem that you have settled.")
def resolve(
    problem: IdArgument,
    note: Annotated[str, typer.Option(help="How it was settled, for whoever reads it later.")],
    ignore: Annotated[bool, typer.Option("--ignore", help="Stay quiet when its cause comes again.")] = False,
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Close a problem that a person has settled.

    \b
    Examples:
      crossdock problems resolve 17 --note "stock corrected by hand"
      crossdock problems resolve 18 --note "test order" --ignore
    """
    from crossdock.store.repair import resolve_problem

    async def work(store: "CrossdockStore") -> None:
        await store.write(resolve_problem, problem, note, now=datetime.now(UTC), ignore=ignore)

    ask_store(config, database, work)
    typer.echo(f"Problem {problem} is {'ignored' if ignore else 'resolved'}.")
