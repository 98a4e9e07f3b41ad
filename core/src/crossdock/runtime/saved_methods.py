"""The ship methods of the config together with those that people saved; the store is only looked at."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from crossdock.config import Config, Mistake, store_url
from crossdock.config.mistakes import dotted
from crossdock.engine.rules import PipelineRules
from crossdock.engine.unanswered import command_for
from crossdock.mapping import CarrierNames, Direction, Disagreement
from crossdock.mapping.method_table import by_direction
from crossdock.runtime.rules import rules_of
from crossdock.store.look import glance
from crossdock.store.ship_methods import SavedRule, saved_rules

KnownNames = Mapping[str, CarrierNames]
"""By pipeline, the pairs by which carriers usually go at its cart."""


def rules_with(
    config: Config, pipeline: str, saved: Sequence[SavedRule], known: KnownNames | None = None
) -> PipelineRules:
    """The rules of a pipeline, with those of the saved ship methods that are its own, and what its cart knows."""
    own = [one.entry for one in saved if one.pipeline == pipeline]
    rules = rules_of(pipeline, config.pipelines[pipeline])
    rules = replace(rules, outbound=rules.outbound.with_known((known or {}).get(pipeline, {})))
    return rules.with_saved(by_direction(own))


def with_saved_methods(config: Config, rules: PipelineRules) -> PipelineRules:
    """The rules of a pipeline, with the ship methods that people saved for it; none where there is no database yet."""
    return rules.with_saved(by_direction([one.entry for one in _saved_in(config, [rules.name])]))


def disagreements(config: Config) -> Sequence[Mistake]:
    """The rules of the config that contradict one that a person saved."""
    saved = _saved_in(config, config.pipelines)
    return [mistake for name in config.pipelines for mistake in _of_pipeline(config, name, saved)]


def _saved_in(config: Config, pipelines: Collection[str]) -> Sequence[SavedRule]:
    return glance(store_url(config), lambda conn: saved_rules(conn, pipelines)) or []


def _of_pipeline(config: Config, name: str, saved: Sequence[SavedRule]) -> Iterator[Mistake]:
    by = {one.entry.key: one for one in saved if one.pipeline == name}
    for direction, methods in rules_with(config, name, saved).ship_methods.items():
        for found in methods.disagreements.values():
            key = dotted(("pipelines", name, "ship_methods", direction.value, methods.rules.index(found.rule)))
            yield _mistake(config, key, direction, found, by[direction, found.rule.key])


def _mistake(config: Config, key: str, direction: Direction, found: Disagreement, saved: SavedRule) -> Mistake:
    command = command_for("remove", saved.pipeline, direction, found.rule)
    return Mistake(
        config.files["pipelines", saved.pipeline],
        key,
        f"{found} (by {saved.saved_by}, {saved.saved_at:%Y-%m-%d %H:%M} UTC); neither is used",
        advice=f"Change it here, or `{command}`.",
    )
