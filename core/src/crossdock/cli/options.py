"""Options that several commands have in common, and the store that they lead to."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from crossdock.config import Config
    from crossdock.runtime.host import Host
    from crossdock.store import CrossdockStore

T = TypeVar("T")

CONFIG = Path("crossdock.toml")
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="CROSSDOCK_CONFIG", help="The config file.", show_default=True)
]
DatabaseOption = Annotated[
    Path | None, typer.Option("--database", help="Look into this SQLite file; no config is needed then.")
]

JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="As CSV, for spreadsheets.")]
ClientOption = Annotated[str | None, typer.Option(help="Only of this client's pipelines.")]
OfPipelineOption = Annotated[str | None, typer.Option("--pipeline", help="Only of this pipeline.")]
ByOption = Annotated[
    str, typer.Option("--by", envvar="CROSSDOCK_OPERATOR", help="Who does it; by default the user of this machine.")
]


def this_person() -> str:
    """Who sits at this machine."""
    import getpass

    return getpass.getuser()


def none_of(text: str, known: Iterable[str]) -> str:
    """That a word is none of those there are, and which one was probably meant."""
    from difflib import get_close_matches

    words = [*known]
    near = get_close_matches(text, words, n=1)
    meant = f"; did you mean '{near[0]}'?" if near else ""
    return f"'{text}' is none of {', '.join(words)}{meant}"


PipelineOption = Annotated[str | None, typer.Option(help="The pipeline, where several could be meant.")]


def ask_host(config: Path, work: "Callable[[Host], Awaitable[T]]") -> T:
    """Open everything that the config names, and let the work have it."""
    import asyncio

    from crossdock.config import load_config
    from crossdock.runtime.host import open_host

    written = load_config(config)

    async def ask() -> T:
        async with open_host(written, quiet=True) as host:
            return await work(host)

    return asyncio.run(ask())


def ask_store(
    config: Path, database: Path | None, work: "Callable[[CrossdockStore], Awaitable[T]]", *, make: bool = False
) -> T:
    """Open the store that these options name, and let the work have it; it must be there, unless it is to be made."""
    import asyncio

    from crossdock.store import open_store

    async def ask() -> T:
        async with open_store(_address(config, database, make=make)) as store:
            return await work(store)

    return asyncio.run(ask())


def _address(config: Path, database: Path | None, *, make: bool) -> str:
    from crossdock.config import ConfigMistakes, store_url, survey_config
    from crossdock.hooks.errors import NeedsConfig

    if database:
        url = f"sqlite:///{database.absolute()}"
    else:
        written, mistakes = survey_config(config)
        # What is wrong with a connection is no reason to hide the orders from a person.
        if wrong := [one for one in mistakes if not one.key or one.key.startswith("store")]:
            raise ConfigMistakes(wrong)
        url = store_url(written)
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not make and not file.exists():
        raise NeedsConfig(f"there is no database {file} yet; `crossdock run` makes it")
    return url


def pipelines_of(config: Path, client: str | None) -> list[str] | None:
    """The pipelines of a client, None for all; raises a sentence when no pipeline is that client's."""
    from crossdock.config import survey_config
    from crossdock.hooks.errors import NeedsConfig

    if client is None:
        return None
    written, _ = survey_config(config)
    found = [name for name, one in written.pipelines.items() if one.client == client]
    if not found:
        known = ", ".join(sorted({one.client for one in written.pipelines.values() if one.client})) or "none"
        raise NeedsConfig(f"no pipeline of {written.file} is of client '{client}'; the clients are: {known}")
    return found


def _must_be_known(config: Path, pipeline: str) -> None:
    """Raise a sentence when the config names no such pipeline: a list of nothing would look as if all were well."""
    from crossdock.config import survey_config
    from crossdock.hooks.errors import NeedsConfig

    known = survey_config(config)[0].pipelines if config.exists() else {}
    if known and pipeline not in known:
        raise NeedsConfig(f"the config has no pipeline '{pipeline}'; it has {', '.join(known)}")


def chosen(config: Path, pipeline: str | None, client: str | None) -> list[str] | None:
    """The pipelines that are meant, None for all; raises a sentence when the pipeline is not that client's."""
    from crossdock.hooks.errors import NeedsConfig

    of_client = pipelines_of(config, client)
    if pipeline is not None:
        _must_be_known(config, pipeline)
    if pipeline is None or of_client is None:
        return of_client if pipeline is None else [pipeline]
    if pipeline not in of_client:
        raise NeedsConfig(f"pipeline '{pipeline}' is not one of client '{client}': {', '.join(of_client)}")
    return [pipeline]


def pipeline_with(role: str, config: Path, pipeline: str | None, client: str | None = None) -> "tuple[Config, str]":
    """The config, and the pipeline that is meant: the one that was named, or the only one that has this role bound."""
    from crossdock.config import ConfigMistakes, survey_config
    from crossdock.hooks.errors import NeedsConfig

    written, mistakes = survey_config(config)
    if wrong := [one for one in mistakes if not one.key or one.key.startswith(("store", "pipelines"))]:
        raise ConfigMistakes(wrong)
    meant = pipelines_of(config, client)
    ours = {name: one for name, one in written.pipelines.items() if meant is None or name in meant}
    able = [name for name, one in ours.items() if one.enabled and role in one.roles]
    names, words = ", ".join(able) or "none", role.replace("_", " ")
    if not able:
        whose = f" of client '{client}'" if client else ""
        raise NeedsConfig(f"no enabled pipeline{whose} of {written.file} names a connection as its `{role}`")
    if pipeline is None and len(able) > 1:
        raise NeedsConfig(f"several pipelines have an {words} ({names}): say which one with --pipeline")
    if pipeline is not None and pipeline not in able:
        raise NeedsConfig(f"there is no enabled pipeline '{pipeline}' with an {words}; those that have one: {names}")
    return written, pipeline or able[0]


def ask_source(
    config: Path, pipeline: str | None, work: "Callable[[Any], Awaitable[T]]", *, client: str | None = None
) -> "tuple[Config, str, T]":
    """Open the inventory source that is meant, without a store, and let the work have it; also which one it was."""
    import asyncio

    from crossdock.runtime.host import open_connections, open_role

    role = "inventory_source"
    written, name = pipeline_with(role, config, pipeline, client)

    async def ask() -> T:
        async with open_connections(written, capture=lambda call: None, quiet=True) as host:
            return await work(open_role(host, role, written.pipelines[name].roles[role]).role)

    return written, name, asyncio.run(ask())


def json_or_text(value: str) -> Any:
    """What somebody wrote as the value of an option: JSON, or text if it is none."""
    import json

    try:
        return json.loads(value)
    except ValueError:
        return value
