"""`crossdock connect`: from an account at a remote system to a connection that works, step by step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import CONFIG, ConfigOption

if TYPE_CHECKING:
    from pydantic import BaseModel

    from crossdock.config import Connection
    from crossdock.hooks.connecting import ConnectSteps
    from crossdock.registry import Registry
    from crossdock.runtime.authorize import Approval

REDIRECT_URI = "http://127.0.0.1:8400/callback"


def _bare(name: str) -> str:
    """The name, if it is a key that TOML takes as it is."""
    if not name or re.fullmatch(r"[A-Za-z0-9_-]+", name):
        return name
    raise typer.BadParameter(f"'{name}' may only have letters, digits, - and _ in it")


@dataclass(frozen=True)
class Given:
    """The value of one setting, and how the config is to refer to it; empty: it is still to be kept somewhere."""

    value: Any
    written: str


def connect(
    connector: Annotated[str, typer.Argument(help="The connector, such as channeladvisor.")],
    name: Annotated[
        str, typer.Option(help="What to call the connection.", show_default="as its connector", callback=_bare)
    ] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting that is no secret; may be repeated."),
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", metavar="KEY=PATH", help="A setting that stands in a file; may be repeated."),
    ] = None,
    redirect_uri: Annotated[
        str, typer.Option(help="Where the approval sends the browser.", show_default=REDIRECT_URI)
    ] = "",
    by_hand: Annotated[bool, typer.Option("--by-hand", help="Ask for a token made by hand, not for approval.")] = False,
    browser: Annotated[
        bool | None,
        typer.Option("--browser/--no-browser", help="Open the page in a browser.", show_default="at a terminal"),
    ] = None,
    wait: Annotated[float, typer.Option(help="How many seconds to wait for the approval.", min=1)] = 600,
    secrets: Annotated[Path, typer.Option(help="Where new secrets are kept, beside the config.")] = Path("secrets"),
    replace: Annotated[bool, typer.Option("--replace", help="Replace secrets that are kept there already.")] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Get the credentials of a new connection, try them, and show what to write into the config.

    What is needed is asked for; secrets are typed unseen, kept in files that only you can read, and never shown.
    Without a terminal they come from files (--file) or from the environment: the shared secret of channeladvisor from
    CHANNELADVISOR_SHARED_SECRET. The answer to the approval is received on this machine, or read as a line.

    \b
    Examples:
      crossdock connect channeladvisor
      crossdock connect channeladvisor --redirect-uri https://shop.example/crossdock
      crossdock connect channeladvisor --by-hand --name cart_eu --set 'profile_ids=[12345678]'

    Exit codes: 0 it works, 1 it has credentials and could not be tried, 2 it has none.
    """
    from crossdock.cli.screen import Silent
    from crossdock.config import Connection
    from crossdock.registry import load_plugins
    from crossdock.runtime.authorize import info_of, read_settings

    registry = load_plugins([connector], log=Silent())
    steps, model = info_of(registry, connector).connecting, info_of(registry, connector).settings
    grants = steps.grants if steps else ""
    plain, files = _pairs(setting, "--set"), _pairs(file, "--file")
    kept = {key: config.parent / secrets / f"{name or connector}.{key}" for key in model.model_fields}
    if not replace:
        _check_free([path for key, path in kept.items() if key not in files])
    given = _collect(connector, model, grants, plain, files, config.parent)
    if steps and by_hand and grants not in given:
        typer.echo(f"\n{steps.by_hand}")
        given[grants] = _asked(connector, model, grants)
    connection = Connection(name or connector, connector, read_settings(model, _values(given, grants)))
    if steps and grants not in given:
        redirect_uri = redirect_uri or _ask_redirect_uri(steps)
        granted = _approve(registry, steps, connection, given, redirect_uri, browser=browser, seconds=wait)
        given[grants] = Given(granted, "")
        connection = Connection(connection.name, connector, read_settings(model, _values(given, grants)))
    failure = _try(registry, connection, _secrets(given, model))
    for key in [key for key, one in given.items() if not one.written]:
        given[key] = _keep(kept[key], given[key], config.parent)
    _show(connection, given, config)
    if failure:
        typer.secho(str(failure), err=True, fg="red")
        raise typer.Exit(1)


def _collect(
    connector: str,
    model: "type[BaseModel]",
    grants: str,
    plain: Mapping[str, str],
    files: Mapping[str, str],
    folder: Path,
) -> dict[str, Given]:
    """Every setting that was given, and every one that is needed; what is missing is asked for."""
    from crossdock.hooks.errors import NeedsConfig

    if unknown := sorted({*plain, *files} - model.model_fields.keys()):
        raise NeedsConfig(f"{connector} has no setting {', '.join(unknown)}; it has {', '.join(model.model_fields)}")
    if shown := [key for key in plain if _is_secret(model, key)]:
        raise NeedsConfig(f"{', '.join(shown)} is a secret and would stay in the shell's history; use --file")
    given = {key: _plain(model, key, value) for key, value in plain.items()}
    given |= {key: _from_file(Path(path), folder) for key, path in files.items()}
    for key in _missing(model, given) | {grants: None}:
        if key in given or not key:
            continue
        if from_environment := _from_environment(connector, key):
            given[key] = from_environment
        elif key != grants:
            given[key] = _asked(connector, model, key)
    return given


def _missing(model: "type[BaseModel]", given: Mapping[str, Given]) -> dict[str, None]:
    """The settings that cannot be left out beside those that are given, in the model's order."""
    from pydantic import ValidationError

    try:
        model.model_validate({key: one.value for key, one in given.items()})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        missing = {fault["loc"][0] for fault in faults if fault["type"] == "missing" and len(fault["loc"]) == 1}
        return {key: None for key in model.model_fields if key in missing}
    return {}


def _plain(model: "type[BaseModel]", key: str, value: str) -> Given:
    """Text where text is wanted, else JSON."""
    import json

    if model.model_fields[key].annotation is not str:
        try:
            return Given(json.loads(value), value)
        except ValueError:
            pass
    return Given(value, json.dumps(value, ensure_ascii=False))


def _from_file(path: Path, folder: Path) -> Given:
    from crossdock.config.references import Reference

    whole = path.absolute()
    place = whole.relative_to(folder.absolute()) if whole.is_relative_to(folder.absolute()) else whole
    reference = Reference("file", str(place))
    return Given(reference.resolve(folder), str(reference))


def _from_environment(connector: str, key: str) -> Given | None:
    import os

    from crossdock.config.references import Reference

    reference = Reference("env", _variable(connector, key))
    return Given(os.environ[reference.place], str(reference)) if os.environ.get(reference.place) else None


def _asked(connector: str, model: "type[BaseModel]", key: str) -> Given:
    """What a person types, secrets unseen; raises a sentence where nobody is there."""
    import json
    import sys

    from crossdock.hooks.errors import NeedsConfig

    secret = _is_secret(model, key)
    if not sys.stdin.isatty():
        option = "--file" if secret else "--set"
        variable = _variable(connector, key)
        raise NeedsConfig(f"{key} is missing: give it with {option} {key}=… or in the environment as {variable}")
    typer.echo(f"\n{model.model_fields[key].description or ''}")
    value = typer.prompt(key, hide_input=secret).strip()
    return Given(value, "" if secret else json.dumps(value, ensure_ascii=False))


def _ask_redirect_uri(steps: "ConnectSteps") -> str:
    import sys

    if not sys.stdin.isatty():
        return REDIRECT_URI
    typer.echo(f"\nAfter the approval the browser is sent on to a redirect address. {steps.redirect_note}")
    return str(typer.prompt("redirect address", default=REDIRECT_URI)).strip()


def _approve(
    registry: "Registry",
    steps: "ConnectSteps",
    connection: "Connection",
    given: Mapping[str, Given],
    redirect_uri: str,
    *,
    browser: bool | None,
    seconds: float,
) -> str:
    """What the approval of a person in a browser grants."""
    import asyncio

    from crossdock.runtime.authorize import ask_approval, exchange_code, read_redirected, receive_code

    approval = ask_approval(steps, connection.settings, redirect_uri)
    if approval.comes_here:
        code = asyncio.run(receive_code(approval, seconds=seconds, ready=lambda: _open(approval, browser)))
    else:
        _open(approval, browser)
        code = read_redirected(_pasted(), approval)
    secrets = _secrets(given, type(connection.settings))
    return asyncio.run(exchange_code(registry, steps, connection, approval, code, secrets=secrets))


def _open(approval: "Approval", browser: bool | None) -> None:
    import sys
    import webbrowser

    typer.echo(f"\nOpen this address in a browser, log in and approve:\n\n{approval.url}\n")
    if browser or (browser is None and sys.stdout.isatty()):
        webbrowser.open(approval.url)
    if approval.comes_here:
        typer.echo(f"Waiting for the answer at {approval.redirect_uri} (Ctrl-C gives up)")


def _pasted() -> str:
    import sys

    typer.echo("Then paste the whole address that the browser was sent to, and press Enter:")
    return sys.stdin.readline()


def _try(registry: "Registry", connection: "Connection", secrets: list[str]) -> Exception | None:
    """Say what is reached; credentials that are refused end everything, another failure is given back."""
    import asyncio

    from crossdock.cli.screen import Silent
    from crossdock.hooks.errors import CrossdockError, NeedsAuth
    from crossdock.runtime.authorize import try_connection

    try:
        lines = asyncio.run(try_connection(registry, connection, Silent(), secrets=secrets))
    except NeedsAuth:
        raise
    except CrossdockError as error:
        return error
    typer.secho(f"\n{connection.name} works:", fg="green")
    for line in lines:
        typer.echo(f"  {line}")
    return None


def _keep(path: Path, given: Given, folder: Path) -> Given:
    """The value in a file that only its owner can read."""
    import os
    import tempfile

    from crossdock.config.references import Reference

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with mode 600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{given.value}\n")
    Path(draft).replace(path)
    place = path.relative_to(folder) if path.is_relative_to(folder) else path
    return Given(given.value, str(Reference("file", str(place))))


def _check_free(paths: list[Path]) -> None:
    from crossdock.hooks.errors import NeedsConfig

    if there := [str(path) for path in paths if path.exists()]:
        raise NeedsConfig(
            f"{', '.join(there)} is there already: say --replace to replace it, or --name for another connection"
        )


def _show(connection: "Connection", given: Mapping[str, Given], config: Path) -> None:
    """What to write into the config: references to secrets, never the secrets."""
    typer.echo(f"\nWrite this into {config}:\n\n[connections.{connection.name}]")
    typer.echo(f'connector = "{connection.connector}"')
    for key in type(connection.settings).model_fields:
        if key in given:
            typer.echo(f"{key} = {given[key].written}")


def _values(given: Mapping[str, Given], grants: str) -> dict[str, Any]:
    from crossdock.runtime.authorize import NOT_GRANTED

    return ({grants: NOT_GRANTED} if grants else {}) | {key: one.value for key, one in given.items()}


def _secrets(given: Mapping[str, Given], model: "type[BaseModel]") -> list[str]:
    return [str(one.value) for key, one in given.items() if _is_secret(model, key)]


def _is_secret(model: "type[BaseModel]", key: str) -> bool:
    from pydantic import SecretStr

    return model.model_fields[key].annotation is SecretStr


def _variable(connector: str, key: str) -> str:
    return f"{connector}_{key}".upper()


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts or ()]
    if wrong := [key for key, equals, value in pairs if not (key and equals and value)]:
        raise typer.BadParameter(f"'{wrong[0]}' is not KEY=VALUE", param_hint=option)
    return {key: value for key, _, value in pairs}
