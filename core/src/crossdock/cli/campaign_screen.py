"""A campaign as it goes, a line a round, and what came of it."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape

from crossdock.cli.screen import counted, open_table
from crossdock.engine.ports import BEFORE_RELEASE
from crossdock.testing.campaign import Campaign, Outcome
from crossdock.testing.campaign.again import command_of
from crossdock.testing.campaign.story import Played

MOST_SHOWN = 3
"""So many findings of an invariant are printed; the report has more."""


class Screen:
    """Prints each round when it is over; on a terminal it says meanwhile what goes on."""

    def __init__(self, console: Console, campaign: Campaign) -> None:
        self._console, self._campaign, self._round = console, campaign, 1
        self._status = console.status("the simulators start")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()
        if kind is KeyboardInterrupt:
            self._console.print(f"stopped in round {self._round}: nothing was judged, and nothing is written")
            _again(self._console, self._campaign, self._round)

    def round(self, played: Played) -> None:
        """One line."""
        number, of = played.round.number, "" if self._campaign.minutes else f" of {self._campaign.rounds}"
        self._console.print(f"{number:>4}  {escape('; '.join(told(played)))}")
        self._round = number + 1
        self._status.update(f"round {self._round}{of}")

    def resting(self) -> None:
        """The last step."""
        self._status.update("the faults have ended: everything comes to rest")


def told(played: Played) -> Iterator[str]:
    """What happened in a round, in phrases."""
    for name, did in played.did.items():
        if did:
            yield f"people at {name}: {counted(did)}"
    for name, faults in played.faults.items():
        if faults:
            yield f"{name} failed: {counted(faults)}"
    yield ending_of(played)


def ending_of(played: Played) -> str:
    """How the runner of a round ended."""
    life = played.life
    if life.died:
        return f"killed {played.round.death}"
    if life.trouble:
        return f"crossdock ended by itself: {life.trouble}"
    return "it ran to its end, with errors" if life.errors else "it ran to its end"


def show_ending(console: Console, outcome: Outcome) -> None:
    """Print what was played, every invariant, the first findings, and how to play it again."""
    console.print(f"\n{escape(summary(outcome))}")
    table = open_table("", "invariant", "broken", "what must hold", right=("broken",), sentences=True)
    for one in outcome.verdicts:
        mark = "[green]✔[/]" if one.holds else "[red]✘[/]"
        table.add_row(mark, one.id, f"{one.broken:,}" if one.broken else "", escape(one.sentence))
    console.print(table)
    for one in outcome.verdicts:
        for finding in one.findings[:MOST_SHOWN]:
            console.print(f"[red]{one.id}[/]  {escape(finding)}")
        if one.broken > MOST_SHOWN:
            console.print(f"[red]{one.id}[/]  and {one.broken - MOST_SHOWN:,} more")
    verdict = "[green]everything held[/]" if outcome.held else "[red]something is broken[/]"
    console.print(f"{verdict} in {outcome.seconds:.0f} s")
    if found := untried(outcome):
        console.print(f"[yellow]{escape(found)}[/]")
    _again(console, outcome.campaign, len(outcome.rounds))


def _again(console: Console, campaign: Campaign, rounds: int) -> None:
    console.print(f"play it again  {command_of(campaign, rounds)}", markup=False, soft_wrap=True)


def untried(outcome: Outcome) -> str:
    """What makes the verdict worth little: that most orders stayed here; empty text where it is not so."""
    known = sum(outcome.orders.values())
    gone = known - sum(outcome.orders.get(state.value, 0) for state in BEFORE_RELEASE)
    if gone * 2 >= known:
        return ""
    return (
        f"only {gone:,} of {many(known, 'order')} went to a warehouse, so that little was tried of what follows: most "
        "of what the simulators sell is held or skipped by your rules. --keep FOLDER keeps them, with the reasons"
    )


def summary(outcome: Outcome) -> str:
    """How much there was of everything."""
    return (
        f"{many(len(outcome.rounds), 'round')}, {many(outcome.kills, 'kill')}, "
        f"{many(outcome.faults, 'request')} that went wrong; "
        f"{many(sum(outcome.orders.values()), 'order')}: {_listed(outcome.orders)}; "
        f"open problems: {_listed(outcome.problems)}"
    )


def many(number: int, noun: str) -> str:
    """A number of things: `1 round`, `2,000 orders`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(counts: Mapping[str, int]) -> str:
    return counted(counts) or "none"
