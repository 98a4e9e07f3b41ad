"""`crossdock plugins`: which plugins there are, and why one of them does not work."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.config import Config
    from crossdock.registry import Registry, Step

DEFAULT_CONFIG = Path("crossdock.toml")

app = typer.Typer(no_args_is_help=True, help="Which plugins there are, and why one of them does not work.")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="CROSSDOCK_CONFIG", help="The config file; crossdock.toml if there is one."),
]


@app.command("list")
def list_plugins(config: ConfigOption = None) -> None:
    """Show every installed plugin, and how those that the config names are doing.

    Only what the config names is imported. Exits with 1 when a named plugin cannot be used.
    """
    from rich.console import Console

    from crossdock.registry import load_plugins

    written = _config(config)
    registry = load_plugins(written.plugin_names if written else (), log=_Silent())
    Console().print(_overview(registry))
    if not written:
        typer.echo("There is no crossdock.toml here, so nothing was imported; `crossdock plugins why NAME` tries one.")
    raise typer.Exit(1 if registry.quarantined else 0)


@app.command()
def why(
    name: Annotated[str, typer.Argument(help="The name of the plugin, as `connector = …` names it.")],
    config: ConfigOption = None,
) -> None:
    """Follow one plugin through everything that it must pass, and say what to do where it stops.

    Without a config the plugin is imported because you ask for it. Exits with 1 when a check fails.
    """
    from rich.console import Console

    from crossdock.registry import State, load_plugins

    written = _config(config)
    named = written is None or name in written.plugin_names
    registry = load_plugins([name] if named else (), log=_Silent())
    steps = registry.why(name)
    Console().print(_checklist(steps))
    raise typer.Exit(1 if any(step.state is State.FAILED for step in steps) else 0)


class _Silent:
    """The tables say it all."""

    def info(self, event: str, **details: object) -> None:
        pass

    def warning(self, event: str, **details: object) -> None:
        pass


def _config(path: Path | None) -> "Config | None":
    """What the config says, mistakes or not; None when there is none and none was asked for."""
    from crossdock.config import survey_config

    if path is None and not DEFAULT_CONFIG.exists():
        return None
    config, mistakes = survey_config(path or DEFAULT_CONFIG)
    if not config.file.exists():
        typer.echo(f"There is no config file {config.file}.", err=True)
        raise typer.Exit(1)
    if mistakes:
        typer.echo(f"{config.file} has {len(mistakes)} mistake(s): `crossdock check` names them.", err=True)
    return config


def _overview(registry: "Registry") -> "Table":
    from rich.table import Table

    table = Table("name", "title", "distribution", "version", "roles", "state")
    for name in sorted({*registry.installed, *registry.plugins}):
        plugin, offers = registry.plugins.get(name), registry.installed.get(name, ())
        table.add_row(
            name,
            plugin.info.title if plugin and plugin.info else "",
            "\n".join(offer.distribution for offer in offers),
            "\n".join(offer.version for offer in offers),
            ", ".join(sorted(registry.roles(name))),
            _state(registry, name),
        )
    return table


def _state(registry: "Registry", name: str) -> str:
    plugin = registry.plugins.get(name)
    if plugin is None:
        return "not named by the config"
    if plugin.failure:
        return f"[red]quarantined[/] at '{plugin.failure.check}'"
    return "[green]ready[/]" if plugin.info else "[green]ready[/] (extension)"


def _checklist(steps: "list[Step]") -> "Table":
    from rich.markup import escape
    from rich.table import Table

    from crossdock.registry import State

    looks = {State.PASSED: "green", State.WARNED: "yellow", State.FAILED: "red", State.NOT_REACHED: "dim"}
    table = Table("check", "state", "what was found", "what to do")
    for step in steps:
        look = looks[step.state]
        table.add_row(step.check.value, f"[{look}]{step.state.value}[/]", escape(step.detail), escape(step.advice))
    return table
