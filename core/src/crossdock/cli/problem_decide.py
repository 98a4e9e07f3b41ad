"""`crossdock problems retry`, `resolve` and `reopen`: a person decides about one problem, or about many at once."""

from collections.abc import Awaitable, Callable
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
    DatabaseOption,
    OfPipelineOption,
    ask_store,
    chosen,
    none_of,
    this_person,
)

if TYPE_CHECKING:
    from crossdock.store import CrossdockStore
    from crossdock.store.problem_groups import Which

MANY = 10
"""So many problems are retried or resolved without asking whether it is meant."""
NAMED = 5
"""So many ids are named in a line."""
DONE, SOME = 0, 1

IdArgument = Annotated[int, typer.Argument(help="The problem's number in the list.")]
IdsArgument = Annotated[list[int] | None, typer.Argument(metavar="ID", help="The problems' numbers in the list.")]
CodeOption = Annotated[str | None, typer.Option(help="Only of this kind, such as release_refused.")]
LikeOption = Annotated[int | None, typer.Option(help="All of the same kind and cause as this one.", metavar="ID")]
OrderOption = Annotated[
    str | None, typer.Option("--order", help="Only of this order: its number, or its id at the cart.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")]


@dataclass(frozen=True)
class Choice:
    """Which problems a person means who names none by its id."""

    like: int | None = None
    code: str | None = None
    order: str | None = None
    pipeline: str | None = None
    client: str | None = None


Decide = Callable[["CrossdockStore", int], Awaitable[str]]
"""Does something about one problem and says what."""


def which_of(
    config: Path, code: str | None, pipeline: str | None, client: str | None, *, state: str = "open"
) -> "Which":
    """The problems that these options mean; raises a sentence where one of them names nothing."""
    from crossdock.engine.problems import Code
    from crossdock.store.problem_groups import Scope, Which

    kind = code.replace(" ", "_") if code else None
    if kind is not None and kind not in [*Code]:
        raise typer.BadParameter(none_of(kind, Code), param_hint="--code")
    names = chosen(config, pipeline, client)
    return Which(state, kind, scope=Scope(names, _connections(config, names)) if names is not None else None)


def _connections(config: Path, pipelines: list[str]) -> list[str]:
    """What these pipelines talk to, as far as the config tells."""
    from crossdock.config import survey_config

    if not config.exists():
        return []
    written, _ = survey_config(config)
    return [name for one in pipelines if one in written.pipelines for name in written.pipelines[one].roles.values()]


def retry(
    problems: IdsArgument = None,
    like: LikeOption = None,
    code: CodeOption = None,
    order: OrderOption = None,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    yes: YesOption = False,
    by: ByOption = "",
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Put what problems stand for back to work, after you have corrected their cause.

    What may have been done before is looked up first, so that nothing is done twice. A running crossdock takes it up
    within a second; otherwise the next run does.

    \b
    Examples:
      crossdock problems retry 17
      crossdock problems retry 17 18 23
      crossdock problems retry --like 17
      crossdock problems retry --code release_refused --client acme --yes

    Exit codes: 0 all are back at work, 1 some are not, 2 they stand for nothing that could be tried again.
    """
    from crossdock.store.repair import retry_problem

    who = by or this_person()

    async def again(store: "CrossdockStore", problem: int) -> str:
        return await store.write(retry_problem, problem, by=who, now=datetime.now(UTC))

    ids = _chosen(config, database, problems, Choice(like, code, order, pipeline, client))
    _ask(ids, "Try", "again", yes=yes)
    _decide(config, database, ids, again)


def resolve(
    note: Annotated[str, typer.Option(help="How it was settled, for whoever reads it later.")],
    problems: IdsArgument = None,
    ignore: Annotated[bool, typer.Option("--ignore", help="Stay quiet when its cause comes again.")] = False,
    like: LikeOption = None,
    code: CodeOption = None,
    order: OrderOption = None,
    pipeline: OfPipelineOption = None,
    client: ClientOption = None,
    yes: YesOption = False,
    by: ByOption = "",
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Close problems that a person has settled.

    \b
    Examples:
      crossdock problems resolve 17 --note "stock corrected by hand"
      crossdock problems resolve 18 --note "test order" --ignore
      crossdock problems resolve --like 17 --note "settled with the carrier" --yes

    Exit codes: 0 all are closed, 1 some were not, 2 none was.
    """
    from crossdock.store.repair import resolve_problem

    who, what = by or this_person(), "ignored" if ignore else "resolved"

    async def close(store: "CrossdockStore", problem: int) -> str:
        await store.write(resolve_problem, problem, note, by=who, now=datetime.now(UTC), ignore=ignore)
        return what

    ids = _chosen(config, database, problems, Choice(like, code, order, pipeline, client))
    _ask(ids, "Call", what, yes=yes)
    _decide(config, database, ids, close)


def reopen(
    problems: Annotated[list[int], typer.Argument(metavar="ID", help="The problems' numbers in the list.")],
    note: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "",
    by: ByOption = "",
    config: ConfigOption = CONFIG,
    database: DatabaseOption = None,
) -> None:
    """Open problems again that were resolved or ignored.

    One that was ignored is told of again when its cause comes again. `crossdock problems list --all` shows which
    there are.

    \b
    Example:
      crossdock problems reopen 18

    Exit codes: 0 all are open, 1 some are not, 2 none is.
    """
    from crossdock.store.repair import reopen_problem

    who = by or this_person()

    async def open_again(store: "CrossdockStore", problem: int) -> str:
        await store.write(reopen_problem, problem, by=who, note=note, now=datetime.now(UTC))
        return "open again"

    _decide(config, database, list(dict.fromkeys(problems)), open_again)


def _chosen(config: Path, database: Path | None, problems: list[int] | None, choice: Choice) -> list[int]:
    """The ids that are meant, the oldest first."""
    from crossdock.store.problem_groups import chosen_problems

    if bool(problems) == (choice != Choice()):
        raise typer.BadParameter(
            "name problems by their ids, or choose them with --like, --code, --order, --pipeline, --client"
        )
    if problems:
        return list(dict.fromkeys(problems))

    async def ids(store: "CrossdockStore") -> list[int]:
        which = which_of(config, choice.code, choice.pipeline, choice.client)
        which = await narrowed(store, which, choice.like, choice.order)
        return sorted(one.id for one in await store.read(chosen_problems, which))

    return ask_store(config, database, ids)


async def narrowed(store: "CrossdockStore", which: "Which", like: int | None, order: str | None) -> "Which":
    """Only those like one of them, and only those of one order, where that is wanted."""
    from crossdock.store.problem_groups import like as like_problem
    from crossdock.store.queries import the_order

    if like is not None:
        which = await store.read(like_problem, which, like)
    if order is not None:
        within = which.scope.pipelines if which.scope else None
        which = replace(which, order_id=(await store.read(the_order, order, pipeline=within)).id)
    return which


def _ask(ids: list[int], verb: str, rest: str, *, yes: bool) -> None:
    if len(ids) > MANY and not yes:
        typer.confirm(f"{verb} {len(ids):,} problems {rest}?", abort=True)


def _decide(config: Path, database: Path | None, ids: list[int], decide: Decide) -> None:
    """Decide about each in a transaction of its own: what one of them meets is no matter of the others."""
    from crossdock.hooks.errors import CrossdockError
    from crossdock.store import StoreUnavailable

    done: dict[str, list[int]] = {}
    refused: dict[int, str] = {}

    async def work(store: "CrossdockStore") -> None:
        for problem in ids:
            try:
                done.setdefault(await decide(store, problem), []).append(problem)
            except StoreUnavailable:
                raise
            except CrossdockError as error:
                if len(ids) == 1:
                    raise
                refused[problem] = str(error)

    ask_store(config, database, work)
    _tell(ids, done, refused)


def _tell(ids: list[int], done: dict[str, list[int]], refused: dict[int, str]) -> None:
    from crossdock.cli.failure import FAILED

    if not ids:
        typer.echo("No such problem is open.")
        return
    for what, these in done.items():
        typer.echo(f"{_named(these)}: {what}")
    for problem, why in refused.items():
        typer.secho(f"{problem}: not done: {why}", fg="yellow", err=True)
    if len(ids) > 1:
        typer.echo(f"{len(ids) - len(refused):,} of {len(ids):,} problems.")
    raise typer.Exit(DONE if not refused else SOME if done else FAILED)


def _named(ids: list[int]) -> str:
    shown = ", ".join(map(str, ids[:NAMED]))
    return f"{shown} and {len(ids) - NAMED:,} more" if len(ids) > NAMED else shown
