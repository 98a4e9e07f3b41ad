"""Options that several commands have in common, and the store that they lead to."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
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


def ask_store(config: Path, database: Path | None, work: "Callable[[CrossdockStore], Awaitable[T]]") -> T:
    """Open the store that these options name, if it is there, and let the work have it."""
    import asyncio

    from crossdock.store import open_store

    async def ask() -> T:
        async with open_store(_address(config, database)) as store:
            return await work(store)

    return asyncio.run(ask())


def _address(config: Path, database: Path | None) -> str:
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
    if url.startswith("sqlite:///") and not file.exists():
        raise NeedsConfig(f"there is no database {file} yet; `crossdock run` makes it")
    return url
