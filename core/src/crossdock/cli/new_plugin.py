"""`crossdock new-plugin`: a plugin to begin with, and what is left to do in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from crossdock.testing.scaffold import Draft

HINTS = {"name": "NAME", "title": "--title", "role": "--role", "folder": "--into"}


def new_plugin(
    name: Annotated[str, typer.Argument(help="What configs call the connector, such as my_cart.")],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", "-r", metavar="ROLE", help="What it is to be, such as order_source; may be repeated."),
    ] = None,
    title: Annotated[str, typer.Option(help="What people call the system.", show_default="the name, in capitals")] = "",
    into: Annotated[
        Path | None, typer.Option(help="The folder to write, empty or new.", show_default="crossdock-NAME")
    ] = None,
) -> None:
    """Write a plugin that installs, loads and brings a simulator; its roles are promised and not yet written.

    Its test puts it through every law of the conformance kit: those that fail are what is left to do. Roles:
    order_source, fulfillment_target, shipping_provider, inventory_sink, inventory_source, catalog_source, catalog_sink.

    \b
    Examples:
      crossdock new-plugin my_cart --role order_source
      crossdock new-plugin shopware --title Shopware -r order_source -r inventory_sink --into plugins/shopware

    Exit codes: 0 it is written, 2 it cannot be (a name, a role, a folder that is not empty).
    """
    from crossdock.testing.scaffold import Unfit, draft, write

    try:
        wanted = draft(name, role or (), title)
        _check_free(name)
        folder = into or Path(wanted.distribution)
        written = write(wanted, folder)
    except Unfit as refusal:
        raise typer.BadParameter(str(refusal), param_hint=HINTS[refusal.part]) from None
    _tell(wanted, folder, written)


def _check_free(name: str) -> None:
    """Two plugins of one name keep each other from loading."""
    from crossdock.registry import installed_plugins
    from crossdock.testing.scaffold import Unfit

    if offers := installed_plugins().get(name):
        raise Unfit("name", f"'{name}' is what {offers[0]} offers already; take another name")


def _tell(wanted: "Draft", folder: Path, written: list[Path]) -> None:
    """What was written, what is left, and how to go on."""
    for file in written:
        typer.echo(f"written: {file}")
    typer.echo("\nNot written yet:")
    for role in wanted.roles:
        names = ", ".join(wanted.skeleton_of(role).names)
        typer.echo(f"  {role}: {names}")
    typer.echo(
        f"\nGo on with:\n"
        f"  cd {folder}\n"
        f"  pip install --editable '.[test]'\n"
        f"  crossdock plugins why {wanted.name}\n"
        f"  pytest                      each law that fails is left to do\n"
        f"\nThe way from here to gold: docs/howto/integrators.md"
    )
