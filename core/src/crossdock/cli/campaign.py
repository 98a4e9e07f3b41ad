"""`crossdock campaign`: a pipeline between simulators, with faults and kills, and what must hold at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import CONFIG, json_or_text

if TYPE_CHECKING:
    from crossdock.testing.campaign import Outcome

ROUNDS, ORDERS = 12, 20


def campaign(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            envvar="CROSSDOCK_CONFIG",
            help="The config; without one a simulated cart and warehouse.",
            show_default=str(CONFIG),
        ),
    ] = None,
    pipeline: Annotated[str | None, typer.Option(help="Only this pipeline.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed plans the same.", show_default="a random one", min=0)
    ] = None,
    rounds: Annotated[int | None, typer.Option(help="How many rounds.", show_default=str(ROUNDS), min=1)] = None,
    minutes: Annotated[float | None, typer.Option(help="As many rounds as fit.", min=0.01)] = None,
    orders: Annotated[int, typer.Option(help="How many orders each cart has in the beginning.", min=0)] = ORDERS,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="CONNECTION.KEY=JSON", help="An option of a simulator; may be repeated."
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report to this HTML file.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep config, database and log in this empty folder.")] = None,
    save_test: Annotated[Path | None, typer.Option(help="Write a test that plays the same again.")] = None,
) -> None:
    """Play a pipeline against simulators of its systems while answers are lost, systems fail and crossdock is killed.

    Each round people work in the systems, faults are set, and crossdock runs; often it is killed in the middle. At the
    end the faults stop, everything comes to rest, and all sides are asked what they know. Nothing of it reaches a real
    system: every connection leads to the simulator of its connector, and credentials, alerts, webhooks and printers of
    the config are left out. docs/howto/fault-campaigns.md says what is asked.

    \b
    Examples:
      crossdock campaign
      crossdock campaign --config crossdock.toml --pipeline main --minutes 10 --report campaign.html
      crossdock campaign --seed 7 --rounds 20 --save-test tests/test_seed_7.py
      crossdock campaign -o 'warehouse.areas=["EAST", "WEST"]' --keep campaign

    Exit codes: 0 everything held, 1 something is broken, 2 it could not be played, 130 it was stopped by Ctrl-C.
    """
    from random import randrange

    from crossdock.cli.campaign_screen import Screen, show_ending
    from crossdock.cli.screen import open_console
    from crossdock.cli.written import require_writable
    from crossdock.testing.campaign import Campaign, hold_campaign
    from crossdock.testing.campaign.story import DEMO

    if rounds is not None and minutes is not None:
        raise typer.BadParameter("say either how many rounds or how many minutes", param_hint="--rounds, --minutes")
    if save_test is not None and save_test.exists():
        raise typer.BadParameter(f"{save_test} is there already; name another file", param_hint="--save-test")
    require_writable(report, save_test)
    chosen = config or (CONFIG if CONFIG.exists() else DEMO)
    seed = randrange(2**32) if seed is None else seed
    wanted = Campaign(chosen, pipeline, seed, rounds or ROUNDS, minutes, orders, _options(option or ()))
    console = open_console()
    played = "a simulated cart and warehouse" if chosen == DEMO else str(chosen)
    console.print(f"seed {seed}: {played}", markup=False)
    with _folder(keep) as folder, Screen(console, wanted) as screen:
        outcome = hold_campaign(wanted, folder, screen)
    show_ending(console, outcome)
    _write(outcome, report, save_test)
    raise typer.Exit(0 if outcome.held else 1)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder that was named, or one that is gone afterwards."""
    from tempfile import TemporaryDirectory

    if keep is not None:
        yield keep
        return
    with TemporaryDirectory(prefix="crossdock-campaign-") as gone:
        yield Path(gone)


def _options(written: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Options of simulators by connection; the value is JSON, or text if it is none."""
    options: dict[str, dict[str, Any]] = {}
    for text in written:
        place, equals, value = text.partition("=")
        connection, dot, key = place.partition(".")
        if not (connection and dot and key and equals):
            raise typer.BadParameter(f"'{text}' is not CONNECTION.KEY=JSON", param_hint="--option")
        options.setdefault(connection, {})[key] = json_or_text(value)
    return options


def _write(outcome: "Outcome", report: Path | None, save_test: Path | None) -> None:
    from crossdock.cli.campaign_page import page
    from crossdock.cli.written import write
    from crossdock.testing.campaign.again import saved_test

    if report is not None:
        write(report, page(outcome))
        typer.echo(f"report         {report}")
    if save_test is not None:
        write(save_test, saved_test(outcome.campaign, len(outcome.rounds), save_test))
        typer.echo(f"test           {save_test}")
