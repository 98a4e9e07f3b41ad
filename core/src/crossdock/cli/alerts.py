"""`crossdock alerts`: who is told when something waits for a person, and what they would be told now."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ConfigOption, CsvOption, JsonOption, ask_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from crossdock.config import Config
    from crossdock.engine.alerts import Digest
    from crossdock.runtime.receivers import AlertReceiver
    from crossdock.store import CrossdockStore
    from crossdock.store.alerts import Progress

app = typer.Typer(no_args_is_help=True, help="Who is told when something waits for a person.")


@dataclass(frozen=True)
class ReceiverRow:
    """One receiver of alerts; `next_message` is the earliest moment of the next one, empty: as soon as there is news.

    `fails` is how often in a row it could not be reached.
    """

    name: str
    kind: str
    place: str
    every: str
    clients: tuple[str, ...]
    codes: tuple[str, ...]
    last_sent: datetime | None
    next_message: datetime | None
    fails: int
    error: str


@app.command("list", short_help="List who is told, and how that went.")
def list_receivers(as_json: JsonOption = False, as_csv: CsvOption = False, config: ConfigOption = CONFIG) -> None:
    """List the receivers of alerts: what they want, when they got the last message, and what went wrong.

    \b
    Examples:
      crossdock alerts list
      crossdock alerts list --json

    Exit codes: 0 all of them can be reached, 1 one cannot, 2 it could not be found out.
    """
    from crossdock.cli.listing import show
    from crossdock.config import load_config
    from crossdock.store.alerts import progress_of

    written = load_config(config)
    progress = ask_store(config, None, lambda store: store.read(progress_of))
    rows = _rows(written, progress)
    empty = r"Nobody is told: the config has no \[alerts.email.NAME] and no \[alerts.webhook.NAME]."
    show(rows, lambda: _listed(rows), empty=empty, as_json=as_json, as_csv=as_csv, kind=ReceiverRow)
    raise typer.Exit(1 if any(row.error for row in rows) else 0)


def _rows(config: "Config", progress: "Mapping[str, Progress]") -> list[ReceiverRow]:
    from crossdock.engine.alerts import next_message
    from crossdock.runtime.receivers import open_receivers
    from crossdock.store.alerts import NEVER_TOLD

    opened, found = open_receivers(config), []
    for name, one in config.alerts.receivers.items():
        far = progress.get(name, NEVER_TOLD)
        kind = "email" if name in config.alerts.email else "webhook"
        soonest = next_message(far.sent_at, far.try_again_at, opened[name].every)
        wants = (str(one.every), one.clients, one.codes)
        found.append(
            ReceiverRow(name, kind, opened[name].way.place, *wants, far.sent_at, soonest, far.fails, far.error)
        )
    return found


def _listed(rows: list[ReceiverRow]) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import day_and_minute, open_table

    table = open_table(
        "name", "to", "every", "only", "last sent (UTC)", "not before (UTC)", "what went wrong", sentences=True
    )
    for row in rows:
        only = ", ".join((*row.clients, *row.codes))
        last, soonest = day_and_minute(row.last_sent), day_and_minute(row.next_message)
        error = f"[red]{escape(row.error)}[/]" if row.error else ""
        table.add_row(row.name, escape(f"{row.kind} {row.place}"), row.every, escape(only), last, soonest, error)
    return table


NameArgument = Annotated[str, typer.Argument(help="The receiver's name in the config.")]


@app.command("test", short_help="Send a test message now.")
def send_test_message(name: NameArgument, config: ConfigOption = CONFIG) -> None:
    """Send a test message to one receiver now, and say what came of it.

    \b
    Example:
      crossdock alerts test operators

    Exit codes: 0 it was taken, 1 it was not.
    """
    import asyncio
    from datetime import UTC

    from crossdock.config import load_config
    from crossdock.engine.alerts import Digest
    from crossdock.runtime.alerts import deliver

    receiver = _named(load_config(config), name)
    came = asyncio.run(deliver(receiver, Digest(datetime.now(UTC), ())))
    if came.error:
        typer.secho(f"{name} did not take it: {came.error}", err=True, fg="red")
        raise typer.Exit(1)
    typer.echo(f"{name} took it: {receiver.way.place}")
    if came.warning:
        typer.secho(came.warning, err=True, fg="yellow")
        raise typer.Exit(1)


def _named(config: "Config", name: str) -> "AlertReceiver":
    from crossdock.hooks.errors import NeedsConfig
    from crossdock.runtime.receivers import open_receivers

    receivers = open_receivers(config)
    if name not in receivers:
        known = ", ".join(receivers) or "none is written yet"
        raise NeedsConfig(f"{config.file} has no receiver of alerts called '{name}'; there are: {known}")
    return receivers[name]


@app.command(short_help="Show what would be sent now.")
def preview(
    name: Annotated[str | None, typer.Argument(help="Only for this receiver.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Show what each receiver would be told now, were its time come; nothing is sent.

    With --json, the documents that programs are called with.

    \b
    Examples:
      crossdock alerts preview
      crossdock alerts preview operators --json
    """
    from crossdock.cli.screen import as_json_text
    from crossdock.config import load_config
    from crossdock.engine.alerts import as_document, as_text
    from crossdock.runtime.receivers import open_receivers

    written = load_config(config)
    receivers = {name: _named(written, name)} if name else open_receivers(written)
    digests = ask_store(config, None, lambda store: _digests(store, written, receivers))
    if as_json:
        typer.echo(as_json_text({one: as_document(digest) for one, digest in digests.items() if digest}))
        return
    for one, digest in digests.items():
        what = f"\nSubject: {digest.title}\n\n{as_text(digest)}" if digest else " there is nothing new."
        typer.echo(f"{one}:{what}")


async def _digests(
    store: "CrossdockStore", config: "Config", receivers: "Mapping[str, AlertReceiver]"
) -> "dict[str, Digest | None]":
    from datetime import UTC

    from crossdock.runtime.alerts import digest_for
    from crossdock.runtime.receivers import clients_of
    from crossdock.store.alerts import NEVER_TOLD, progress_of

    now, progress, clients = datetime.now(UTC), await store.read(progress_of), clients_of(config)
    return {
        name: await digest_for(store, one, progress.get(name, NEVER_TOLD), clients, until=now, now=now)
        for name, one in receivers.items()
    }
