"""`crossdock carriers`: the table of carriers and services, and whose a tracking number is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CsvOption, JsonOption

if TYPE_CHECKING:
    from rich.table import Table

    from crossdock.mapping.carriers import Carrier

app = typer.Typer(no_args_is_help=True, help="Carriers, services, and whose a tracking number is.")


@dataclass(frozen=True, slots=True)
class CarrierView:
    """One carrier; `words` are what else it is called, `tracking_url` has %s where the number goes."""

    code: str
    title: str
    services: int
    words: list[str]
    tracking_url: str


@dataclass(frozen=True, slots=True)
class CarrierServiceView:
    """One service of a carrier; `words` are what else it is called."""

    carrier: str
    code: str
    title: str
    words: list[str]


@dataclass(frozen=True, slots=True)
class NumberView:
    """What a tracking number can be; `by` is check digit, shape or nothing, and then `why_not` says why."""

    number: str
    carrier: str
    title: str
    kind: str
    service: str
    by: str
    link: str
    why_not: str


@app.command("list", short_help="List all carriers.")
def list_carriers(as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """List the carriers that crossdock knows by name; the table is made from published lists, which `show` names.

    Other carriers can be used all the same: what a warehouse or a shipping system calls them is mapped by rules.

    \b
    Examples:
      crossdock carriers list
      crossdock carriers list --csv > carriers.csv
    """
    from crossdock.cli.listing import show
    from crossdock.mapping.carriers import carrier_table

    found = [_view(one) for one in carrier_table().carriers.values()]
    show(found, lambda: _overview(found), empty="", as_json=as_json, as_csv=as_csv, kind=CarrierView)


@app.command("show", short_help="Show the services of one carrier.")
def show_carrier(
    carrier: Annotated[str, typer.Argument(help="Its code, its title, or what anybody calls it.")],
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show the services of one carrier with their codes, and where all of it is from.

    \b
    Examples:
      crossdock carriers show ups
      crossdock carriers show "USPS - Stamps.com"

    Exit codes: 0 shown, 2 the table has no such carrier.
    """
    from crossdock.cli.listing import show
    from crossdock.mapping.carriers import carrier_document, carrier_table

    found = carrier_table().carriers[_code(carrier)]
    services = [CarrierServiceView(found.code, one.code, one.title, [*one.words]) for one in found.services]
    if not (as_json or as_csv):
        typer.echo(_head(found))
    empty = "The lists name no services of it."
    show(services, lambda: _listed(services), empty=empty, as_json=as_json, as_csv=as_csv, kind=CarrierServiceView)
    if not (as_json or as_csv):
        sources = ("{name} {version}, {licence}".format(**one) for one in carrier_document()["sources"])
        typer.echo(f"From: {'; '.join(sources)}.")


@app.command("recognise", short_help="Say whose tracking numbers these are.")
def recognise(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER", help="Tracking numbers; spaces and hyphens too.")],
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Say which carrier each tracking number can be of, what it says of the service, and where it is followed.

    By its check digit, or by its shape alone, which is no proof. A check digit is one of ten, or one of seven: a number
    of somebody else can pass. With several carriers nothing is decided.

    \b
    Examples:
      crossdock carriers recognise 1Z5R89390357567127
      crossdock carriers recognise "0307 1790 0005 2348 3741" EE123456785US --json

    Exit codes: 0 each is of one carrier by its check digit, 1 one of them is not.
    """
    from crossdock.cli.listing import show
    from crossdock.mapping.carriers_by_number import the_carrier

    found = [view for number in numbers for view in _readings(number)]
    show(found, lambda: _recognised(found), empty="", as_json=as_json, as_csv=as_csv, kind=NumberView)
    raise typer.Exit(0 if all(map(the_carrier, numbers)) else 1)


def _code(carrier: str) -> str:
    from difflib import get_close_matches

    from crossdock.hooks.errors import NeedsConfig
    from crossdock.mapping.carriers import carrier_of, carrier_table, folded

    if code := carrier_of(carrier):
        return code
    near = get_close_matches(folded(carrier), carrier_table().names, n=1)
    meant = f"; did you mean '{carrier_table().names[near[0]]}'?" if near else "; `crossdock carriers list` has all"
    raise NeedsConfig(f"there is no carrier '{carrier}' in the table{meant}")


def _view(one: "Carrier") -> CarrierView:
    return CarrierView(one.code, one.title, len(one.services), [*one.words], one.tracking_url)


def _readings(number: str) -> list[NumberView]:
    from crossdock.mapping.carriers_by_number import recognised, why_not

    found = [
        NumberView(
            number,
            one.carrier,
            one.title,
            one.kind,
            one.service,
            by="check digit" if one.checked else "shape",
            link=one.link,
            why_not="",
        )
        for one in recognised(number)
    ]
    return found or [NumberView(number, "", "", "", "", by="nothing", link="", why_not=why_not(number))]


def _head(found: "Carrier") -> str:
    also = f", also called {', '.join(found.words)}" if found.words else ""
    return f"{found.title} ({found.code}){also}" + (f"; followed at {found.tracking_url}" if found.tracking_url else "")


def _overview(found: Sequence[CarrierView]) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("code", "title", "services", "also called", "link", right=("services",))
    for one in found:
        count, link = str(one.services or ""), "yes" if one.tracking_url else ""
        table.add_row(one.code, escape(one.title), count, escape(", ".join(one.words)), link)
    return table


def _listed(services: Sequence[CarrierServiceView]) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("code", "title", "the carrier's own word")
    for one in services:
        table.add_row(one.code, escape(one.title), escape(", ".join(one.words)))
    return table


def _recognised(found: Sequence[NumberView]) -> "Table":
    from rich.markup import escape

    from crossdock.cli.screen import open_table

    table = open_table("number", "carrier", "kind", "service", "by", "link, or why not", sentences=True)
    for one in found:
        carrier = f"{one.title} ({one.carrier})" if one.carrier else one.title
        table.add_row(*map(escape, (one.number, carrier, one.kind, one.service, one.by, one.link or one.why_not)))
    return table
