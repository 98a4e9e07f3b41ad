"""Options that the commands of `crossdock reconcile` have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import none_of

if TYPE_CHECKING:
    from crossdock.engine.report import Cause

ReportArgument = Annotated[int | None, typer.Argument(metavar="ID", help="The report's number; else the newest.")]
CausesOption = Annotated[
    list[str] | None, typer.Option("--cause", help="Only differences of this likely cause; may be said again.")
]
SkusOption = Annotated[
    list[str] | None, typer.Option("--sku", help="Only of this SKU, by either side's name; may be said again.")
]


def causes_named(words: Sequence[str] | None) -> "list[Cause]":
    """The causes that are meant; a word that is none is refused, with the nearest one."""
    from crossdock.engine.report import Cause

    names = [word.strip().casefold().replace(" ", "_").replace("-", "_") for word in words or ()]
    for name in names:
        if name not in [*Cause]:
            raise typer.BadParameter(none_of(name, Cause), param_hint="--cause")
    return [Cause(name) for name in names]
