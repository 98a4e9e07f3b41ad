"""What the commands for ship methods have in common: the pipeline that is meant, and the way to what was saved."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from crossdock.cli.options import chosen, pipeline_with

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from crossdock.config import Config
    from crossdock.engine.rules import PipelineRules
    from crossdock.mapping.method_table import Entry
    from crossdock.runtime.saved_methods import KnownNames
    from crossdock.store.ship_methods import Change, Changed, SavedRule

T = TypeVar("T")

Way = Literal["inbound", "outbound"]
DirectionOption = Annotated[
    Way, typer.Option(help="inbound: cart to warehouse; outbound: warehouse to cart.", show_default=True)
]
AnyDirectionOption = Annotated[Way | None, typer.Option("--direction", help="Only of this direction.")]
SiteOption = Annotated[str, typer.Option(help="Marketplace or shop: exact, or a pattern such as 'Amazon*'.")]
CarrierOption = Annotated[str, typer.Option(help="Carrier, exact or as a pattern.")]
ServiceOption = Annotated[str, typer.Option(help="Service or class, exact or as a pattern.")]


def the_pipeline(config: Path, pipeline: str | None) -> "tuple[Config, PipelineRules]":
    """The config, and the rules of the pipeline that is meant as the config has them."""
    from crossdock.runtime.rules import rules_of

    written, name = pipeline_with("order_source", config, pipeline)
    return written, rules_of(name, written.pipelines[name])


def the_pipelines(config: Path, pipeline: str | None, client: str | None) -> "tuple[Config, list[str]]":
    """The config, and those of the pipelines that are meant which carry orders."""
    from crossdock.config import ConfigMistakes, survey_config
    from crossdock.hooks.errors import NeedsConfig

    written, mistakes = survey_config(config)
    if wrong := [one for one in mistakes if not one.key or one.key.startswith(("store", "pipelines"))]:
        raise ConfigMistakes(wrong)
    meant = chosen(config, pipeline, client)
    able = [name for name, one in written.pipelines.items() if one.order_source]
    found = [name for name in able if meant is None or name in meant]
    if not found:
        names = ", ".join(able) or "none"
        raise NeedsConfig(f"no pipeline of {written.file} like that carries orders; those that do: {names}")
    return written, found


def look(written: "Config", query: "Callable[[Connection], T]") -> T | None:
    """What the store answers; None where no database was made yet."""
    from crossdock.config import store_url
    from crossdock.store.look import is_there

    return _with_store(written, query, writes=False) if is_there(store_url(written)) else None


def saved_for(written: "Config", pipelines: Collection[str]) -> "Sequence[SavedRule]":
    """The rules that people saved for these pipelines."""
    from crossdock.store.ship_methods import saved_rules

    return look(written, lambda conn: saved_rules(conn, pipelines)) or []


def known_names(written: "Config", pipelines: Collection[str]) -> "KnownNames":
    """The pairs by which carriers usually go at the carts of these pipelines."""
    import asyncio

    from crossdock.runtime.carrier_names import carrier_names

    return asyncio.run(carrier_names(written, pipelines))


def weigh(written: "Config", rules: "PipelineRules", change: "Change") -> "Changed":
    """What a change would be and do; nothing is written."""
    from crossdock.mapping.method_table import compare
    from crossdock.store.ship_methods import Changed, weigh_change

    weighed = look(written, lambda conn: weigh_change(conn, rules, change))
    return weighed or Changed(compare((), change(())), 0, 0)


def save(written: "Config", rules: "PipelineRules", change: "Change", by: str, note: str = "") -> "Changed":
    """Make the change, and put to work what it answers; a database is made where there is none yet."""
    from crossdock.store.ship_methods import change_methods

    now = datetime.now(UTC)
    return _with_store(
        written, lambda conn: change_methods(conn, rules, change, by=by, note=note, now=now), writes=True
    )


def refusal(rules: "PipelineRules", entry: "Entry") -> str:
    """Why a rule is not saved: the config has another target for the same; empty when it has not."""
    from crossdock.mapping.method_table import contradicted

    written = contradicted(entry, rules.ship_methods)
    if written is None:
        return ""
    return f"the config says '{written.to}' for {entry}; change it there, or the two rules would disagree"


def at_work(changed: "Changed", would: bool = False) -> str:
    """What a change puts to work, as a sentence."""
    parts = [_count(changed.orders, "order"), _count(changed.shipments, "shipment")]
    these = " and ".join(part for part in parts if part)
    if not these:
        return "Nothing waited for it."
    return f"{these} would be put to work." if would else f"{these} put to work."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}" if number else ""


def _with_store(written: "Config", work: "Callable[[Connection], T]", *, writes: bool) -> T:
    import asyncio

    from crossdock.config import store_url
    from crossdock.store import open_store

    async def ask() -> T:
        async with open_store(store_url(written)) as store:
            return await (store.write(work) if writes else store.read(work))

    return asyncio.run(ask())
