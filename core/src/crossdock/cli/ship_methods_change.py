"""`crossdock ship-methods set` and `remove`: one rule, saved or removed."""

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import CONFIG, ByOption, ConfigOption, PipelineOption, this_person
from crossdock.cli.ship_methods_open import (
    CarrierOption,
    DirectionOption,
    ServiceOption,
    SiteOption,
    at_work,
    refusal,
    save,
    saved_for,
    the_pipeline,
)

if TYPE_CHECKING:
    from crossdock.mapping.method_table import Entry
    from crossdock.store.ship_methods import Changed


def set_rule(
    direction: DirectionOption,
    site: SiteOption = "*",
    carrier: CarrierOption = "*",
    service: ServiceOption = "*",
    to_carrier: Annotated[str, typer.Option(help="The carrier to take.")] = "",
    to_service: Annotated[str, typer.Option(help="Its service or class.")] = "",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Save what to take when this is asked for, and put to work at once all that waits for it.

    What is not named fits anything; an empty text fits what was left unsaid. There is one rule for the same site,
    carrier and service, upper and lower case alike: saving it again changes it. One that the config contradicts is
    refused. A running crossdock uses it from its next round on.

    \b
    Examples:
      crossdock ship-methods set --direction inbound --service "Standard*" --to-carrier UPS --to-service Ground
      crossdock ship-methods set --direction outbound --carrier "Royal Mail" --to-carrier RM --to-service 24

    Exit codes: 0 it is saved, 2 it is not.
    """
    from crossdock.hooks.errors import NeedsConfig
    from crossdock.mapping.method_table import put

    if not (to_carrier or to_service):
        raise typer.BadParameter("say what to take, with --to-carrier and --to-service")
    written, rules = the_pipeline(config, pipeline)
    wanted = _entry(direction, site, carrier, service, to_carrier, to_service)
    if why := refusal(rules, wanted):
        raise NeedsConfig(why)
    changed = save(written, rules, lambda table: put(table, [wanted], rules.ship_methods), by or this_person())
    typer.echo(f"{_what(changed, wanted)} {at_work(changed)}")


def _what(changed: "Changed", wanted: "Entry") -> str:
    if changed.table.added:
        return f"Saved: {wanted} -> {wanted.rule.to}."
    if changed.table.changed:
        [(old, new)] = changed.table.changed
        return f"Changed: {new} -> {new.rule.to} (it was {old.rule.to})."
    return f"{wanted} -> {wanted.rule.to} is what the rules say already."


def remove_rule(
    direction: DirectionOption,
    site: SiteOption = "*",
    carrier: CarrierOption = "*",
    service: ServiceOption = "*",
    by: ByOption = "",
    pipeline: PipelineOption = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Remove a rule that was saved; what a disagreement with the config held is put to work at once.

    A rule of the config is removed in the config. Orders that are with the warehouse stay as they are.

    \b
    Example:
      crossdock ship-methods remove --direction inbound --service "Standard*"

    Exit codes: 0 it is removed, 2 there is no such rule.
    """
    from crossdock.hooks.errors import NeedsConfig
    from crossdock.mapping.method_table import without

    written, rules = the_pipeline(config, pipeline)
    unwanted = _entry(direction, site, carrier, service, "", "")
    if unwanted.key not in {one.entry.key for one in saved_for(written, [rules.name])}:
        in_config = rules.ship_methods[unwanted.direction].written(unwanted.rule.key)
        place = f"it stands in {written.files['pipelines', rules.name]}; remove it there"
        raise NeedsConfig(
            f"nobody saved a rule for {unwanted}: {place if in_config else '`crossdock ship-methods list` shows all'}"
        )
    changed = save(written, rules, lambda table: without(table, unwanted), by or this_person())
    typer.echo(f"Removed: {unwanted}. {at_work(changed)}")


def _entry(direction: str, site: str, carrier: str, service: str, to_carrier: str, to_service: str) -> "Entry":
    from crossdock.mapping import Direction, ShipMethod, ShipMethodRule
    from crossdock.mapping.method_table import Entry

    return Entry(Direction(direction), ShipMethodRule(ShipMethod(to_carrier, to_service), site, carrier, service))
