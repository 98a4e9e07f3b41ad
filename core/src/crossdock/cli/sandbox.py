"""`crossdock sandbox`: the simulator of one remote system, alone, for any HTTP client."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import json_or_text

if TYPE_CHECKING:
    from threading import Event

    from crossdock.registry import Registry


def sandbox(
    name: Annotated[str, typer.Argument(help="The connector whose remote system is simulated.")],
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    orders: Annotated[int, typer.Option(help="How many orders there are in the beginning.", min=0)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed plays the same.")] = 1,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="KEY=JSON", help="An option of this simulator; may be repeated."),
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="A fault plan in JSON: lost replies, errors, slowness.", exists=True)
    ] = None,
) -> None:
    """Serve the simulator of a remote system until Ctrl-C; point any HTTP client at it.

    It keeps its state in memory, asks for credentials, pages, limits and refuses as the real system does. The README of
    its plugin says where its options are described, and the paths by which people work in it.

    \b
    Examples:
      crossdock sandbox channeladvisor --port 8701 --orders 500
      crossdock sandbox channeladvisor -o page_size=20 -o 'odd=["no_lines"]'
      crossdock sandbox warehouseos --port 8702 --faults faults.json

    A fault plan: {"seed": 7, "rates": {"lost_reply": 0.02, "error_503": 0.05}}.

    Exit codes: 0 ended by a signal, 2 it could not start (unknown name, wrong option, port in use).
    """
    from crossdock.cli.screen import Silent
    from crossdock.hooks.context import Scenario
    from crossdock.registry import load_plugins
    from crossdock.sandbox import SandboxServer

    options = dict(map(_parsed, option or ()))
    if faults:
        options["faults"] = _plan(faults)
    registry = load_plugins([name], log=Silent())
    app = _open(registry, name, Scenario(seed=seed, orders=orders, options=options))
    ended = _signals()  # before anybody can know that we are here, and end us
    with SandboxServer(app, port=port) as server:
        _introduce(name, server.url)
        ended.wait()


def _parsed(text: str) -> tuple[str, Any]:
    """`key=value`, where the value is JSON, or text if it is none."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise typer.BadParameter(f"'{text}' is not KEY=JSON, such as page_size=20", param_hint="--option")
    return key, json_or_text(value)


def _plan(file: Path) -> Any:
    import json

    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON: {error}", param_hint="--faults") from None


def _open(registry: "Registry", name: str, scenario: Any) -> Any:
    """The simulator; what its options model refuses becomes a sentence."""
    from pydantic import ValidationError

    from crossdock.hooks.errors import NeedsConfig
    from crossdock.registry import PluginFault

    if failure := registry.quarantined.get(name):
        raise NeedsConfig(f"'{name}' cannot be simulated: {failure}")
    if not registry.has_sandbox(name):
        raise NeedsConfig(f"the plugin '{name}' brings no simulator of its remote system")
    try:
        return registry.open_sandbox(name, scenario)
    except PluginFault as fault:
        if not isinstance(cause := fault.__cause__, ValidationError):
            raise
        wrong = [f"{'.'.join(map(str, one['loc'])) or 'all together'}: {one['msg']}" for one in cause.errors()]
        raise typer.BadParameter("; ".join(wrong), param_hint="--option") from None


def _introduce(name: str, url: str) -> None:
    """Say where it listens and how to get in, as far as the simulator tells."""
    import httpx

    typer.echo(f"{name} is simulated at {url} (Ctrl-C ends it)")
    with httpx.Client() as client:
        about = client.get(f"{url}/_about")
    if about.is_success:
        typer.echo(about.text)


def _signals() -> "Event":
    """Set by the first signal that asks for the end."""
    import signal
    from threading import Event

    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended
