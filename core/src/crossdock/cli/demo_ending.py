"""The end of the demo: what became of the orders, what it took, and whether all systems agree."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crossdock.cli.screen import open_table
from crossdock.engine.ledger import Kind
from crossdock.engine.ports import OrderState
from crossdock.runtime.demo.story import Ending, FirstLeg

DATABASE = Path(".demo/crossdock.db")


def show_ending(console: Console, ending: Ending, database: Path) -> None:
    """Print the closing summary."""
    console.print(_orders(ending))
    if ending.standing.problems:
        console.print(_problems(ending))
    if ending.first_leg:
        console.print(_requests(ending))
        console.print("\n".join(_times(ending, ending.first_leg)))
    console.print()
    for finding in ending.findings:
        console.print(f"{'[green]✔[/]' if finding.holds else '[red]✘[/]'} {escape(finding.sentence)}")
        for wrong in finding.wrong:
            console.print(f"    [red]{escape(wrong)}[/]")
    if ending.stopped:
        console.print("[yellow]It was stopped before its end; run it again to go on.[/]")
    where = f" --database {database}"
    console.print(f"\nlook around    crossdock orders list{where}", markup=False, style="dim")
    again = "" if database == DATABASE else where
    console.print(f"once more      crossdock demo{again}", markup=False, style="dim")


def _orders(ending: Ending) -> Table:
    table = open_table("orders", "state", "why", right=("orders",))
    order = [*OrderState]
    rows = sorted(ending.standing.orders.items(), key=lambda row: (-order.index(OrderState(row[0][0])), -row[1]))
    for (state, reason), number in rows:
        table.add_row(f"{number:,}", _STATES.get(state, state), escape(reason))
    return table


_STATES = {
    "shipped": "[green]shipped[/]",
    "part_shipped": "[yellow]partly shipped, the rest is open[/]",
    "held": "[yellow]held[/]",
    "waiting": "[yellow]waiting[/]",
    "unreadable": "[red]unreadable[/]",
}


def _problems(ending: Ending) -> Table:
    table = open_table("open", "problem", "for example", right=("open",))
    for one in ending.standing.problems:
        table.add_row(f"{one.count:,}", one.code.replace("_", " "), escape(one.example))
    return table


def _requests(ending: Ending) -> Table:
    table = open_table("system", "requests", "number", "per order", right=("number", "per order"))
    released = ending.standing.done(Kind.ACKNOWLEDGE) or 1
    for system, calls in ending.requests.items():
        for position, (what, number) in enumerate(calls.items()):
            table.add_row("" if position else system, what, f"{number:,}", f"{number / released:.3f}")
        if lost := ending.lost_replies.get(system):
            table.add_row("", "answers lost on purpose", f"{lost}", "")
    return table


def _times(ending: Ending, leg: FirstLeg) -> Iterator[str]:
    orders, seconds = leg.orders or 1, leg.seconds or 1.0
    yield f"requests per order to download, release and mark     [bold]{leg.requests / orders:.3f}[/]"
    yield f"orders per second downloaded, released and marked    [bold]{leg.orders / seconds:,.0f}[/]"
    yield f"time from the first page to the last package         [bold]{ending.seconds:.1f} s[/]"
    if bought := ending.standing.done(Kind.LABEL):
        price = " and ".join(f"{amount:,.2f} {currency}" for currency, amount in ending.spent.items())
        yield f"labels bought, and what the carriers took for them   [bold]{bought:,} for {price}[/]"
    if lost := ending.lost_replies:
        yield f"answers lost on purpose, and nothing done twice      [bold]{sum(lost.values())}[/]"
