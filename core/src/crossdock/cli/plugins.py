"""`crossdock plugins`: which plugins there are, and why one of them does not work."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, CsvOption, JsonOption

if TYPE_CHECKING:
    import httpx
    from rich.table import Table

    from crossdock.config import Config
    from crossdock.registry import Installed, Registry, Step
    from crossdock.testing.evidence import Standing

app = typer.Typer(no_args_is_help=True, help="Which plugins there are, and why one of them does not work.")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="CROSSDOCK_CONFIG", help=f"The config file; {CONFIG} if there is one."),
]


@dataclass(frozen=True, slots=True)
class PluginView:
    """One plugin; `state` is not named (by the config), ready or quarantined, `stopped_at` the check that it failed.

    `grade` follows from the laws that it kept when the conformance kit tried it; `ungraded` says why there is none.
    """

    name: str
    title: str
    distributions: list[str]
    versions: list[str]
    roles: list[str]
    state: str
    stopped_at: str
    extension: bool
    grade: str
    ungraded: str


@app.command("list")
def list_plugins(as_json: JsonOption = False, as_csv: CsvOption = False, config: ConfigOption = None) -> None:
    """Show every installed plugin, its grade, and how those that the config names are doing.

    Only what the config names is imported. The grade is worked out from the laws that the plugin kept when the
    conformance kit was run on these very files; see docs/reference/laws.md.

    \b
    Examples:
      crossdock plugins list
      crossdock plugins list --json --config /etc/crossdock/crossdock.toml

    Exit codes: 0 all that are named are ready, 1 one of them cannot be used.
    """
    from crossdock.cli.listing import show
    from crossdock.cli.screen import Silent
    from crossdock.registry import load_plugins

    written = _config(config)
    registry = load_plugins(written.plugin_names if written else (), log=Silent())
    found, empty = _found(registry), "No plugin is installed."
    show(found, lambda: _overview(found), empty=empty, as_json=as_json, as_csv=as_csv, kind=PluginView)
    if not written:
        nothing = f"There is no {CONFIG} here, so nothing was imported; `crossdock plugins why NAME` tries one."
        typer.echo(nothing, err=as_json or as_csv)
    raise typer.Exit(1 if registry.quarantined else 0)


@app.command()
def why(
    name: Annotated[str, typer.Argument(help="The name of the plugin, as `connector = …` names it.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Follow one plugin through everything that it must pass, and say what to do where it stops.

    With a config, the roles of its connections are opened too, without any network. Without one, the plugin is
    imported because you ask for it.

    \b
    Examples:
      crossdock plugins why channeladvisor

    Exit codes: 0 it passes every check, 1 it does not.
    """
    from crossdock.cli.screen import Silent, as_json_text, open_console
    from crossdock.registry import State, load_plugins

    written = _config(config)
    registry = load_plugins(written.plugin_names if written else [name], log=Silent())
    if written:
        _open_roles(registry, written)
    steps = registry.why(name)
    if as_json:
        typer.echo(as_json_text(steps))
    else:
        open_console().print(_checklist(steps))
    raise typer.Exit(1 if any(step.state is State.FAILED for step in steps) else 0)


def _open_roles(registry: "Registry", config: "Config") -> None:
    """Open every role of every valid connection; the registry remembers how it went."""
    from crossdock.cli.screen import Silent
    from crossdock.config import survey_connections
    from crossdock.hooks.context import ConnectionContext, SystemClock
    from crossdock.hooks.errors import CrossdockError

    connections, _ = survey_connections(config, registry)
    for connection in connections.values():
        ctx = ConnectionContext(connection.name, connection.settings, _Offline(), Silent(), SystemClock())
        for role in sorted(registry.roles(connection.connector)):
            with suppress(CrossdockError):
                registry.open_role(connection.connector, role, ctx)


class _Offline:
    """An HTTP client without a network: factories have no use for one."""

    async def get(self, url: str, **options: object) -> "httpx.Response":
        raise _no_network(url)

    async def send(self, method: str, url: str, **options: object) -> "httpx.Response":
        raise _no_network(url)

    async def download(self, url: str, into: object) -> None:
        raise _no_network(url)

    async def renew(self, refused: "httpx.Response") -> None:
        raise _no_network("a token")


def _no_network(url: str) -> Exception:
    from crossdock.hooks.errors import Unavailable

    return Unavailable(f"{url} was not asked: this is a trial without a network")


def _config(path: Path | None) -> "Config | None":
    """What the config says, mistakes or not; None when there is none and none was asked for."""
    from crossdock.config import ConfigMistakes, survey_config

    if path is None and not CONFIG.exists():
        return None
    config, mistakes = survey_config(path or CONFIG)
    if not config.file.exists():
        raise ConfigMistakes(mistakes)
    if mistakes:
        typer.echo(f"{config.file} has {len(mistakes)} mistake(s): `crossdock check` names them.", err=True)
    return config


def _found(registry: "Registry") -> list[PluginView]:
    names = sorted({*registry.installed, *registry.plugins})
    return [_view(registry, name) for name in names]


def _view(registry: "Registry", name: str) -> PluginView:
    plugin, offers = registry.plugins.get(name), registry.installed.get(name, ())
    standing = _standing(name, offers)
    state = "not named" if plugin is None else "quarantined" if plugin.failure else "ready"
    return PluginView(
        name=name,
        title=plugin.info.title if plugin and plugin.info else "",
        distributions=[offer.distribution for offer in offers],
        versions=[offer.version for offer in offers],
        roles=sorted(registry.roles(name)),
        state=state,
        stopped_at=plugin.failure.check.value if plugin and plugin.failure else "",
        extension=bool(plugin and not plugin.info and not plugin.failure),
        grade=str(standing.grade or ""),
        ungraded=standing.why_not,
    )


def _standing(name: str, offers: "Sequence[Installed]") -> "Standing":
    from crossdock.testing.evidence import Standing, standing_of

    return standing_of(name, offers[0].entry_point) if len(offers) == 1 else Standing()


def _overview(found: "list[PluginView]") -> "Table":
    from crossdock.cli.screen import open_table

    table = open_table("name", "title", "distribution", "version", "roles", "grade", "state")
    for one in found:
        offers = ("\n".join(one.distributions), "\n".join(one.versions))
        table.add_row(
            one.name, one.title, *offers, ", ".join(one.roles), one.grade or f"[dim]{one.ungraded}[/]", _state(one)
        )
    return table


def _state(one: PluginView) -> str:
    if one.state == "not named":
        return "not named by the config"
    if one.state == "quarantined":
        return f"[red]quarantined[/] at '{one.stopped_at}'"
    return "[green]ready[/] (extension)" if one.extension else "[green]ready[/]"


def _checklist(steps: "list[Step]") -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table
    from crossdock.registry import State

    looks = {State.PASSED: "green", State.WARNED: "yellow", State.FAILED: "red", State.NOT_REACHED: "dim"}
    table = open_table("check", "state", "what was found", "what to do")
    for step in steps:
        look = looks[step.state]
        table.add_row(step.check.value, f"[{look}]{step.state.value}[/]", escape(step.detail), escape(step.advice))
    return table
